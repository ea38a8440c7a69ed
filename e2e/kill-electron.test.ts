/** kill -9 of the application in the middle of work, and what its next start has. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openInElectron } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { findAllAgain, workUntilKill } from './kill-story.ts'
import { describeWith } from './needs.ts'

describeWith(await electronMissing())('an application that is killed in the middle of a run', () => {
  it('has lost no step, no edit older than two seconds, and shows what was looked at', async () => {
    const data = await mkdtemp(join(tmpdir(), 'tandem-e2e-'))
    let studio = await openInElectron({ data })
    try {
      const before = await workUntilKill(studio.page)
      expect(studio.errors).toEqual([])
      studio.app.process().kill('SIGKILL')
      await studio.close()
      studio = await openInElectron({ data })
      await findAllAgain(studio.page, before)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
      await rm(data, { recursive: true, force: true, maxRetries: 10 })
    }
  })
})
