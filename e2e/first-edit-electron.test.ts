/** The first edit, in Electron. */
import { expect, it } from 'vitest'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { makeFirstEdit } from './first-edit.ts'
import { describeWith } from './needs.ts'

describeWith(await electronMissing())('in Electron', () => {
  it('a newcomer makes a first edit, scrubs it, changes a word, continues, and finds both runs', async () => {
    const studio = await openInElectron()
    try {
      await makeFirstEdit(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  })
})
