/**
 * From a folder with faults to an adapter that is used, in Electron: the folder is chosen in the system's dialog and read
 * where it stands.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mendDataset, writeFaultyFolder } from './datasets.ts'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'
import { compareBeforeAndAfter, exportAndLoadAgain, trainAnAdapter } from './training-story.ts'

describeWith(await electronMissing())('in Electron', () => {
  it('a set is mended, an adapter trained, paused, killed, resumed, used beside its base, exported and loaded', async () => {
    const base = await mkdtemp(join(tmpdir(), 'tandem-e2e-set-'))
    await writeFaultyFolder(join(base, 'set'))
    const studio = await openInElectron()
    const { app, page } = studio
    try {
      // The one thing a test cannot drive: what the person chooses in the system's own windows.
      await app.evaluate(
        ({ dialog, session }, [folder, file]) => {
          dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder!] })
          session.defaultSession.on('will-download', (_event, item) => item.setSavePath(file!))
        },
        [join(base, 'set'), join(base, 'saved.zip')],
      )
      await mendDataset(page, async () => {
        await page.getByRole('button', { name: 'Choose a folder …' }).click()
        await page.getByText('set', { exact: true }).waitFor()
      })
      await trainAnAdapter(page, app.process().pid!)
      await compareBeforeAndAfter(page)
      await exportAndLoadAgain(page, async (act) => {
        const done = app.evaluate(
          ({ session }) =>
            new Promise<string>((resolve) =>
              session.defaultSession.once('will-download', (_event, item) =>
                item.once('done', (_e, how) => resolve(how)),
              ),
            ),
        )
        await act()
        expect(await done).toBe('completed')
        return readFile(join(base, 'saved.zip'))
      })
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
      await rm(base, { recursive: true, force: true, maxRetries: 10 })
    }
  }, 420_000)
})
