/** The system's dialog for a folder. What the person chooses may be read by the service; a page gets a handle of it. */
import { BrowserWindow, dialog } from 'electron'
import type { Service } from '../service/types.ts'

/** Null where the person cancels. */
export async function chooseFolder(
  service: Pick<Service, 'grant'>,
): Promise<{ readonly handle: string; readonly name: string } | null> {
  const options = { properties: ['openDirectory', 'createDirectory'] as ('openDirectory' | 'createDirectory')[] }
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options))
  const [path] = filePaths
  return canceled || path === undefined ? null : service.grant(path)
}
