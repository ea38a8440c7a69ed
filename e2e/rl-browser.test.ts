/** A run from rewards in a browser. */
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'
import {
  lookAtCheckpoints,
  openARollout,
  pauseThere,
  reloadAndResume,
  startFromRewards,
  useTheModel,
} from './rl-story.ts'

describeWith(chromiumMissing())('ParaRL in a browser', () => {
  it('a short run is watched, paused, opened, resumed after a reload, compared with itself, and its model used', async () => {
    const studio = await openInBrowser()
    try {
      await startFromRewards(studio.page)
      await pauseThere(studio.page)
      await openARollout(studio.page)
      await reloadAndResume(studio.page)
      await lookAtCheckpoints(studio.page)
      await useTheModel(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
