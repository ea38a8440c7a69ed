/** The studio's window. */
import { BrowserWindow, dialog, screen } from 'electron'
import { HOME } from './origin.ts'
import { webPreferences } from './security.ts'
import { shownTheme } from './theme.ts'
import { readState, writeState } from './window-state.ts'

/** A page that dies more often than this in a minute is not shown again by itself. */
const MOST_DEATHS = 3
const KEEP_MS = 300

export function openWindow(preload: string, statePath: string): BrowserWindow {
  const state = readState(
    statePath,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const { maximized = false, ...bounds } = state ?? { width: 1440, height: 900 }
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Tandem Studio',
    // The colours of --bg: nothing flashes before the page has drawn itself.
    backgroundColor: shownTheme() === 'dark' ? '#15181d' : '#eceef1',
    autoHideMenuBar: true,
    webPreferences: { ...webPreferences, preload },
  })
  window.once('ready-to-show', () => {
    if (maximized) window.maximize()
    window.show()
  })
  keepPlace(window, statePath)
  revive(window)
  void window.loadURL(HOME)
  return window
}

/** Kept soon after every change: a window that is killed says no goodbye. */
function keepPlace(window: BrowserWindow, path: string): void {
  let timer: NodeJS.Timeout | undefined
  const keep = (): void => {
    clearTimeout(timer)
    if (!window.isDestroyed()) writeState(path, { ...window.getNormalBounds(), maximized: window.isMaximized() })
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(keep, KEEP_MS)
  }
  window.on('resize', soon).on('move', soon).on('maximize', soon).on('unmaximize', soon).on('close', keep)
}

/** A page whose process died comes back: everything it showed is kept by the service. */
function revive(window: BrowserWindow): void {
  let deaths: number[] = []
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return
    const now = Date.now()
    deaths = [...deaths.filter((time) => now - time < 60_000), now]
    if (deaths.length <= MOST_DEATHS) return window.reload()
    void dialog
      .showMessageBox(window, {
        type: 'error',
        message: 'The window keeps failing.',
        detail: `Its process ended (${reason}). Your work is saved.`,
        buttons: ['Try Again', 'Close'],
      })
      .then(({ response }) => (response === 0 ? window.reload() : window.close()))
  })
}

export function focusWindow(): void {
  const [window] = BrowserWindow.getAllWindows()
  if (!window) return
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
