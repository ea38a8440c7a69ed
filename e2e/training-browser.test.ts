/** Fine-tuning in a browser. */
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'
import { compareBeforeAndAfter, exportTheAdapter, trainAnAdapter } from './training-story.ts'

describeWith(chromiumMissing())('in a browser', () => {
  it('an adapter is trained, paused, killed, resumed, used beside its base, and exported', async () => {
    const studio = await openInBrowser()
    try {
      await trainAnAdapter(studio.page, studio.served.process.pid!)
      await exportTheAdapter(studio.page)
      await compareBeforeAndAfter(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
