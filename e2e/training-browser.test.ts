/** From a folder with faults to an adapter that is used, in a browser: the folder is packed and uploaded. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { mendDataset, writeFaultyFolder } from './datasets.ts'
import { describeWith } from './needs.ts'
import { compareBeforeAndAfter, exportAndLoadAgain, trainAnAdapter } from './training-story.ts'

describeWith(chromiumMissing())('in a browser', () => {
  it('a set is mended, an adapter trained, paused, killed, resumed, used beside its base, exported and loaded', async () => {
    const base = await mkdtemp(join(tmpdir(), 'tandem-e2e-set-'))
    await writeFaultyFolder(join(base, 'set'))
    const studio = await openInBrowser()
    const { page } = studio
    try {
      await mendDataset(page, async () => {
        await page.getByLabel('Folder', { exact: true }).setInputFiles(join(base, 'set'))
        await page.getByText(/\d+ files, /).waitFor()
      })
      await trainAnAdapter(page, studio.served.process.pid!)
      await compareBeforeAndAfter(page)
      await exportAndLoadAgain(page, async (act) => {
        const [file] = await Promise.all([page.waitForEvent('download'), act()])
        return readFile(await file.path())
      })
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
      await rm(base, { recursive: true, force: true, maxRetries: 10 })
    }
  }, 420_000)
})
