/** A connection that drops in the middle of a run and comes back: every step is there, each of them once. */
import type { Locator, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory } from './first-edit.ts'
import { runEnds, setSteps, stepSlider, stopButtons } from './hands.ts'
import { describeWith } from './needs.ts'

const STEPS = 200
/** Steps of the run told by the service: at the first the page is cut off, from the second on it may come back. */
const CUT_AT = 5
const BACK_AT = 25

/** What lies between the page and the service. */
class Wire {
  #steps = 0
  #down = false
  /** Steps that a connection after the first told the page as they were made. */
  later = 0

  /** Carries a connection until it is cut; while nothing gets through, each new one is refused. */
  readonly carry = (page: WebSocketRoute): void => {
    if (this.#down) return void page.close()
    const service = page.connectToServer()
    // What is cut off on one side stays open on the other.
    page.onClose(() => undefined)
    const first = this.#steps === 0
    let cut = false
    service.onMessage((message) => {
      const isStep = message.includes('"run.step"')
      // Behind the cut the first connection goes on to tell how far the run is.
      if (first && isStep) this.#steps++
      if (cut) {
        if (this.#steps >= BACK_AT) this.#down = false
        return
      }
      if (first && this.#steps >= CUT_AT) {
        cut = true
        this.#down = true
        return void page.close()
      }
      if (!first && isStep) this.later++
      page.send(message)
    })
  }
}

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  const wire = new Wire()

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: /Where things are/ }).click()
  })
  afterAll(() => studio?.close())

  const results = (): Locator => page.getByRole('listbox', { name: 'Staged results' }).getByRole('option')
  /** Both tracks as they are drawn: what each step decided. */
  const tracks = (): Promise<(string | null)[]> =>
    page.locator('.tj-scrubber path').evaluateAll((paths) => paths.map((path) => path.getAttribute('d')))

  it('the page says that it is cut off, catches up with every step while the run goes, and doubles none', async () => {
    await runEnds(page, 16)
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.routeWebSocket(/\/socket$/, wire.carry)
    await page.reload()
    await page.getByRole('button', { name: /^Run/ }).waitFor()
    const said = await hearProgress(page)
    await setSteps(page, STEPS)
    await page.keyboard.press('Control+Enter')
    const reconnecting = page.getByText('Reconnecting', { exact: true })
    await reconnecting.waitFor()
    expect(await page.getByRole('button', { name: /^Run/ }).isDisabled()).toBe(true)
    await reconnecting.waitFor({ state: 'detached' })
    expect(await stopButtons(page).count()).toBe(1)
    await runEnds(page, STEPS)
    // It was back before the end, not after it.
    expect(wire.later).toBeGreaterThan(0)
    expect(wire.later).toBeLessThanOrEqual(STEPS - BACK_AT)

    const steps = await said()
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    await expect.poll(() => results().count()).toBe(2)
    await openHistory(page)
    await expect.poll(() => historyRows(page).count()).toBe(2)
  })

  it('what each step decided is what the service has of it', async () => {
    const heard = await tracks()
    expect(heard.join('').length).toBeGreaterThan(0)
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.reload()
    await expect.poll(() => stepSlider(page).getAttribute('aria-valuemax')).toBe(String(STEPS))
    expect(await tracks()).toEqual(heard)
    await expect.poll(() => results().count()).toBe(2)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})

/** Collects the steps that the screen says a run has come to. */
async function hearProgress(page: Page): Promise<() => Promise<number[]>> {
  const heard = await page.evaluateHandle(() => {
    const steps: number[] = []
    new MutationObserver(() => {
      const step = /^Step (\d+) of/.exec(document.querySelector('.run-going-line')?.textContent ?? '')?.[1]
      if (step !== undefined) steps.push(Number(step))
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
    return steps
  })
  return () => heard.evaluate((steps) => steps)
}
