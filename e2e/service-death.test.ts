/** kill -9 of the service under the real application: the page is told, the service comes back, nothing saved is lost. */
import { readFileSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openInElectron, type ElectronStudio } from './electron.ts'
import { electronMissing } from './electron-launch.ts'
import { describeWith } from './needs.ts'

/** The process whose command line runs the service for a parent. */
function servicePid(parent: number): number | null {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const its = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (its === parent && command.includes('service-host/entry')) return Number(name)
    } catch {
      // It ended meanwhile.
    }
  }
  return null
}

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
      const before = servicePid(main)!
      process.kill(before, 'SIGKILL')
      const heard = (): Promise<boolean[]> =>
        studio.page.evaluate(() => (window as unknown as { heard: boolean[] }).heard)
      await expect.poll(heard, { timeout: 20_000 }).toEqual([false, true])
      expect(servicePid(main)).not.toBe(before)
      expect(await request('projects.list', {})).toMatchObject({
        result: { projects: expect.arrayContaining([expect.objectContaining({ name: 'kept' })]) as unknown },
      })
    })

    it('ends with the application', async () => {
      const pid = servicePid(studio.app.process().pid!)!
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
