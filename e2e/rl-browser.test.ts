/** A run from rewards in a browser. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it } from 'vitest'
import { writeClip } from '../src/engine/rl/clip/testing.ts'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'
import { clipStory, rlStory } from './rl-story.ts'

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

  it('a run is rewarded by a CLIP in a folder that is served', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-clip-'))
    await writeClip(join(folder, 'tiny-clip'))
    const studio = await openInBrowser({ args: ['--root', folder] })
    try {
      await clipStory(studio.page, basename(folder), 'tiny-clip')
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
      await rm(folder, { recursive: true })
    }
  }, 240_000)
})
