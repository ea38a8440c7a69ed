/** Saving files: the system's own dialog, for what the studio offers and nothing else. */
import { app, session, type Session } from 'electron'
import { join } from 'node:path'
import { HOME } from './origin.ts'

export function guardDownloads(guarded: Session = session.defaultSession): void {
  guarded.on('will-download', (event, item) => {
    const url = item.getURL()
    if (!url.startsWith(`${HOME}blob/`) && !url.startsWith(`blob:${HOME}`)) return event.preventDefault()
    item.setSaveDialogOptions({ defaultPath: join(app.getPath('downloads'), item.getFilename()) })
  })
}
