/** A run from rewards in Electron. */
import { expect, it } from 'vitest'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'
import { openARollout, pauseAndResume, startFromRewards } from './rl-story.ts'

describeWith(await electronMissing())('ParaRL in Electron', () => {
  it('a short run is watched, a rollout opened, and the run paused and resumed', async () => {
    const studio = await openInElectron()
    try {
      await startFromRewards(studio.page)
      await openARollout(studio.page)
      await pauseAndResume(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
