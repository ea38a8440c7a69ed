/**
 * The application menu. What it does beyond the system's own is done by the screens: commands go to them by name; what
 * depends on where the focus stands, or opens a dialog for which a page needs a key pressed, is handed on as the usual key.
 * Shortcuts belong to the screens, where they can be rebound: the menu takes none away.
 */
import { clipboard, Menu, shell, type BrowserWindow, type MenuItemConstructorOptions } from 'electron'
import type { Service } from '../service/types.ts'
import { sayCommand } from './ipc.ts'
import { openOutside } from './security.ts'

const PAPER = 'https://arxiv.org/abs/2511.09611'

export interface MenuOptions {
  readonly service: Pick<Service, 'call'>
  readonly data: string
  readonly platform: NodeJS.Platform
}

export function installMenu({ service, data, platform }: MenuOptions): void {
  const mac = platform === 'darwin'
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        command('New Project', 'project.new'),
        key('Open …', 'CmdOrCtrl+O', 'o', []),
        command('All Projects …', 'project.list'),
        separator,
        command('Export Project …', 'project.export'),
        command('Export Document as Picture …', 'project.exportPicture'),
        separator,
        command('Preferences …', 'studio.settings'),
        separator,
        { role: mac ? 'close' : 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        key('Undo', 'CmdOrCtrl+Z', 'z', []),
        key('Redo', mac ? 'Cmd+Shift+Z' : 'Ctrl+Y', mac ? 'z' : 'y', mac ? ['shift'] : []),
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [{ role: 'togglefullscreen' }, separator, { role: 'toggleDevTools', label: 'Developer Tools' }],
    },
    ...(mac ? [{ role: 'windowMenu' } as const] : []),
    {
      role: 'help',
      label: '&Help',
      submenu: [
        command('All Commands …', 'studio.palette'),
        command('Shortcuts …', 'studio.shortcuts'),
        separator,
        { label: 'About the Model (arXiv)', click: () => void openOutside(PAPER) },
        { label: 'Show Data Folder', click: () => void shell.openPath(data) },
        separator,
        { label: 'Copy Diagnostics', click: () => void copyDiagnostics(service) },
      ],
    },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))

  function command(label: string, id: string): MenuItemConstructorOptions {
    return {
      label,
      click(_item, window) {
        if (window) sayCommand((window as BrowserWindow).webContents, id)
      },
    }
  }

  function key(label: string, accelerator: string, keyCode: string, more: 'shift'[]): MenuItemConstructorOptions {
    const modifiers = [mac ? ('meta' as const) : ('control' as const), ...more]
    return {
      label,
      accelerator,
      registerAccelerator: false,
      click(_item, window) {
        const contents = (window as BrowserWindow | undefined)?.webContents
        contents?.sendInputEvent({ type: 'keyDown', keyCode, modifiers })
        contents?.sendInputEvent({ type: 'keyUp', keyCode, modifiers })
      },
    }
  }
}

async function copyDiagnostics(service: Pick<Service, 'call'>): Promise<void> {
  const report = await service.call('diagnostics.report', {}).catch((error: unknown) => ({ text: String(error) }))
  void clipboard.writeText((report as { text: string }).text)
}
