/** A run from rewards in Electron. */
import { expect, it } from 'vitest'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'
import { rlStory } from './rl-story.ts'

describeWith(await electronMissing())('ParaRL in Electron', () => {
  it('a short run is watched, paused, opened, resumed after a reload, compared with itself, and its model used', async () => {
    const studio = await openInElectron()
    try {
      await rlStory(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
