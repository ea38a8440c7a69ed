/** A run from rewards in a browser. */
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'
import { rlStory } from './rl-story.ts'

describeWith(chromiumMissing())('ParaRL in a browser', () => {
  it('a short run is watched, paused, opened, resumed after a reload, compared with itself, and its model used', async () => {
    const studio = await openInBrowser()
    try {
      await rlStory(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
