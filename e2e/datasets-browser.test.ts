/** A data set with faults, in a browser: its folder is packed and uploaded. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { mendDataset, writeFaultyFolder } from './datasets.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  it('a folder with three planted faults is taken in, named, mended, and clean', async () => {
    const base = await mkdtemp(join(tmpdir(), 'tandem-e2e-set-'))
    await writeFaultyFolder(join(base, 'set'))
    const studio = await openInBrowser()
    try {
      await mendDataset(studio.page, async (page) => {
        await page.getByLabel('Folder', { exact: true }).setInputFiles(join(base, 'set'))
        await page.getByText(/\d+ files, /).waitFor()
      })
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
      await rm(base, { recursive: true, force: true })
    }
  })
})
