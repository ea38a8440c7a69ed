/** Messages between pages and the service: requests from the studio's own page alone, events to every window. */
import { ipcMain, webContents, type WebContents, type WebFrameMain } from 'electron'
import { chooseFolder } from './folders.ts'
import { requestSchema, UNRECORDED, type StudioEvent } from '../../shared/ipc.ts'
import { bridge } from '../../shared/bridge.ts'
import { asFailure, type Failure } from '../service-host/failure.ts'
import type { LaunchedService } from '../service-host/launcher.ts'
import { isStudio } from './origin.ts'

const frameSchema = requestSchema.omit({ id: true })

const refused: { failure: Failure } = {
  failure: { message: 'The request was refused.', remedy: 'Please report this.', kind: 'internal' },
}

/** The top frame of a page of the studio. */
export const isTrusted = (frame: Pick<WebFrameMain, 'url' | 'parent'> | null): boolean =>
  frame !== null && frame.parent === null && isStudio(frame.url)

/** A command of the screens, chosen in the application's menu, to the page of that window. */
export function sayCommand(page: WebContents, command: string): void {
  const event: StudioEvent = { seq: UNRECORDED, name: 'host.command', payload: { command } }
  if (!page.isDestroyed() && isStudio(page.getURL())) page.send(bridge.event, event)
}

export function connectPages(service: LaunchedService): void {
  ipcMain.handle(bridge.request, async ({ senderFrame }, message: unknown) => {
    const frame = frameSchema.safeParse(message)
    if (!isTrusted(senderFrame) || !frame.success) return refused
    try {
      // The one method that needs this machine's own dialog: the path goes to the service, its handle to the page.
      if (frame.data.method === 'folders.choose') return { result: { folder: await chooseFolder(service) } }
      return { result: await service.call(frame.data.method, frame.data.args) }
    } catch (error) {
      return { failure: asFailure(error) }
    }
  })
  const tell = (channel: string, message: unknown): void => {
    for (const contents of webContents.getAllWebContents()) {
      if (!contents.isDestroyed() && isStudio(contents.getURL())) contents.send(channel, message)
    }
  }
  service.subscribe((event) => tell(bridge.event, event))
  service.onConnection((up) => tell(bridge.connection, up))
}
