/** A data set with faults, in Electron: its folder is chosen in the system's dialog and read where it stands. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mendDataset, writeFaultyFolder } from './datasets.ts'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'

describeWith(await electronMissing())('in Electron', () => {
  it('a folder with three planted faults is taken in, named, mended, and clean', async () => {
    const base = await mkdtemp(join(tmpdir(), 'tandem-e2e-set-'))
    await writeFaultyFolder(join(base, 'set'))
    const studio = await openInElectron()
    try {
      // The one thing a test cannot drive: what the person chooses in the system's own window.
      await studio.app.evaluate(
        ({ dialog }, folder) => {
          dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] })
        },
        join(base, 'set'),
      )
      await mendDataset(studio.page, async (page) => {
        await page.getByRole('button', { name: 'Choose a folder …' }).click()
        await page.getByText('set', { exact: true }).waitFor()
      })
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
      await rm(base, { recursive: true, force: true })
    }
  })
})
