/** Fine-tuning in Electron. */
import { expect, it } from 'vitest'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'
import { compareBeforeAndAfter, trainAnAdapter } from './training-story.ts'

describeWith(await electronMissing())('in Electron', () => {
  it('an adapter is trained, paused, killed, resumed, and used beside its base', async () => {
    const studio = await openInElectron()
    try {
      await trainAnAdapter(studio.page, studio.app.process().pid!)
      await compareBeforeAndAfter(studio.page)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  }, 420_000)
})
