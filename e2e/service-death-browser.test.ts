/** kill -9 of the service under `tandem serve`: the server stays, its pages come back by themselves, the run can go on. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { openHistory } from './first-edit.ts'
import { runEnds, setSteps, stepSlider } from './hands.ts'
import { describeWith } from './needs.ts'
import { servicePid } from './processes.ts'

describeWith(process.platform === 'linux' ? chromiumMissing() : 'The process table is read as Linux keeps it.')(
  'the service under a server',
  () => {
    let studio: BrowserStudio
    beforeAll(async () => {
      studio = await openInBrowser()
    })
    afterAll(() => studio?.close())

    it('that is killed in the middle of a run comes back under the same server, page and cookie', async () => {
      const { page, served } = studio
      await page.getByRole('button', { name: /Where things are/ }).click()
      await runEnds(page, 16)
      await setSteps(page, 256)
      await openHistory(page)
      await page.keyboard.press('Control+Enter')
      const steps = async (): Promise<number> => Number(await stepSlider(page).getAttribute('aria-valuemax'))
      await page.getByText('of 256').first().waitFor()
      await expect.poll(steps).toBeGreaterThan(4)
      const recorded = await steps()
      const host = served.process.pid!
      const before = await servicePid(host)
      process.kill(before!, 'SIGKILL')
      await page.getByText('The studio ended in the middle of this run.').first().waitFor({ timeout: 30_000 })
      expect(await servicePid(host)).not.toBe(before)
      expect(await steps()).toBeGreaterThanOrEqual(recorded)
      await page.locator('.history-viewed').click()
      await page.getByRole('button', { name: 'Continue', exact: true }).click()
      await runEnds(page, 256)
      expect(served.process.exitCode).toBeNull()
    })

    it('ends with the server', async () => {
      const pid = (await servicePid(studio.served.process.pid!))!
      expect(await studio.served.stop()).toBe(0)
      expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
    })
  },
)
