/** A run from rewards in a browser. */
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'
import { lookAtCheckpoints, openARollout, pauseAndResume, startFromRewards, useTheModel } from './rl-story.ts'

describeWith(chromiumMissing())('ParaRL in a browser', () => {
  it('a short run is watched, opened, paused over a reload, resumed, compared with itself, and its model used', async () => {
    const studio = await openInBrowser()
    try {
      await startFromRewards(studio.page)
      await openARollout(studio.page)
      await pauseAndResume(studio.page)
      await lookAtCheckpoints(studio.page)
      await useTheModel(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
