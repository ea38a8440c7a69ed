/** kill -9 of the service under the real application: the page is told, the service comes back, nothing saved is lost. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StudioJob } from '../src/shared/studio-jobs.ts'
import { completeSettings } from '../src/shared/training-settings.ts'
import { openInElectron, type ElectronStudio } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'
import { servicePid } from './processes.ts'

describeWith(process.platform === 'linux' ? await electronMissing() : 'The process table is read as Linux keeps it.')(
  'the service',
  () => {
    let studio: ElectronStudio

    beforeAll(async () => {
      studio = await openInElectron()
    })
    afterAll(() => studio?.close())

    interface Bridge {
      request(
        method: string,
        args: unknown,
      ): Promise<{ result?: unknown; failure?: { message: string; remedy: string } }>
      onConnection(handle: (up: boolean) => void): void
    }
    const request = (method: string, args: unknown): ReturnType<Bridge['request']> =>
      studio.page.evaluate(([name, value]) => (window as unknown as { tandem: Bridge }).tandem.request(name, value), [
        method,
        args,
      ] as const)

    it('that is killed comes back with what was saved, and the page hears of both', async () => {
      await request('projects.create', { name: 'kept' })
      await studio.page.evaluate(() => {
        const heard: boolean[] = []
        Object.assign(window, { heard })
        ;(window as unknown as { tandem: Bridge }).tandem.onConnection((up) => heard.push(up))
      })
      const main = studio.app.process().pid!
      const before = (await servicePid(main))!
      process.kill(before, 'SIGKILL')
      const heard = (): Promise<boolean[]> =>
        studio.page.evaluate(() => (window as unknown as { heard: boolean[] }).heard)
      await expect.poll(heard, { timeout: 20_000 }).toEqual([false, true])
      expect(await servicePid(main)).not.toBe(before)
      expect(await request('projects.list', {})).toMatchObject({
        result: { projects: expect.arrayContaining([expect.objectContaining({ name: 'kept' })]) as unknown },
      })
    })

    it('that is killed during training leaves a run that goes on from its checkpoint', async () => {
      const spec = {
        kind: 'sft',
        model: 'storybook',
        data: { from: 'world', seed: 1 },
        settings: completeSettings({
          rank: 1,
          steps: 120,
          batch: 1,
          saveEvery: 0.01,
          validationSamples: 1,
          previewEvery: 0,
        }),
        preset: null,
      }
      const started = (await request('jobs.start', { spec })) as { result: StudioJob }
      const get = async (): Promise<StudioJob> => {
        const answer = await request('jobs.get', { job: started.result.id })
        return answer.result as StudioJob
      }
      const done = async (): Promise<number> => (await get())?.progress?.done ?? 0
      await expect.poll(done, { timeout: 60_000 }).toBeGreaterThan(3)
      const [main] = [studio.app.process().pid!]
      const before = (await servicePid(main))!
      process.kill(before, 'SIGKILL')
      await expect
        .poll(() => servicePid(main), { timeout: 20_000 })
        .not.toSatisfy((pid) => pid === null || pid === before)
      await expect.poll(async () => (await get())?.state, { timeout: 20_000 }).toBe('failed')
      const reached = await done()
      expect(reached).toBeGreaterThan(3)

      await request('jobs.resume', { job: started.result.id })
      await expect.poll(async () => (await get())?.state, { timeout: 90_000 }).toBe('done')
      const rows = (await request('training.metrics', { job: started.result.id, cursor: null })) as {
        result: { rows: { kind: string; step?: number }[] }
      }
      // Every step stands in the record once, those before the kill as well.
      const steps = rows.result.rows.filter(({ kind }) => kind === 'train').map(({ step }) => step)
      expect(steps).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
    })

    it('ends with the application', async () => {
      const pid = (await servicePid(studio.app.process().pid!))!
      await studio.app.close()
      await expect
        .poll(() => {
          try {
            return process.kill(pid, 0)
          } catch {
            return false
          }
        })
        .toBe(false)
    })
  },
)
