/** A run from rewards in Electron. */
import { expect, it } from 'vitest'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'
import { openARollout, pauseThere, reloadAndResume, startFromRewards } from './rl-story.ts'

describeWith(await electronMissing())('ParaRL in Electron', () => {
  it('a short run is watched, paused, a rollout opened, and the run resumed', async () => {
    const studio = await openInElectron()
    try {
      await startFromRewards(studio.page)
      await pauseThere(studio.page)
      await openARollout(studio.page)
      await reloadAndResume(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
