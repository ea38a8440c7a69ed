/** A connection that drops in the middle of a run and comes back: every step is there, each of them once. */
import type { Locator, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { closeHistory, historyRows, openHistory } from './first-edit.ts'
import { runEnds, setSteps, stepSlider, stopButtons } from './hands.ts'
import { describeWith } from './needs.ts'

const STEPS = 120
const FEW_STEPS = 40
/** Steps of the run told by the service: at the first the page is cut off, from the second on it may come back. */
const CUT_AT = 5
const BACK_AT = 25

/** What lies between the page and the service. */
class Wire {
  #cutAt = Infinity
  #isOver: (steps: number, told: string) => boolean = () => true
  #steps = 0
  #down = false
  /** Steps that came through after the cut as they were made. */
  later = 0

  /** Cuts the page off at so many steps of the next run, until `isOver` says so of what the service tells then. */
  cut(at: number, isOver: (steps: number, told: string) => boolean): void {
    this.#cutAt = at
    this.#isOver = isOver
    this.#steps = 0
    this.later = 0
  }

  /** Carries a connection until it is cut; while nothing gets through, each new one is refused. */
  readonly carry = (page: WebSocketRoute): void => {
    if (this.#down) return void page.close()
    const service = page.connectToServer()
    // What is cut off on one side stays open on the other, to tell how far the run is.
    page.onClose(() => undefined)
    let cut = false
    service.onMessage((message) => {
      const told = message.toString()
      const isStep = told.includes('"run.step"')
      if (isStep) this.#steps++
      if (cut) {
        if (!this.#isOver(this.#steps, told)) return
        this.#down = false
        return void service.close()
      }
      if (this.#steps >= this.#cutAt) {
        this.#cutAt = Infinity
        this.#down = cut = true
        return void page.close()
      }
      if (isStep && this.#cutAt === Infinity) this.later++
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

  async function goesAndComesBack(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const reconnecting = page.getByText('Reconnecting', { exact: true })
    await reconnecting.waitFor()
    expect(await page.getByRole('button', { name: /^Run/ }).isDisabled()).toBe(true)
    await meanwhile()
    await reconnecting.waitFor({ state: 'detached' })
  }

  it('the page says that it is cut off, catches up with every step while the run goes, and doubles none', async () => {
    await runEnds(page, 16)
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.routeWebSocket(/\/socket$/, wire.carry)
    await page.reload()
    await page.getByRole('button', { name: /^Run/ }).waitFor()
    wire.cut(CUT_AT, (steps) => steps >= BACK_AT)
    const said = await hearProgress(page)
    await setSteps(page, STEPS)
    await page.keyboard.press('Control+Enter')
    await goesAndComesBack()
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

  it('a run that ends while the page is cut off has ended when it is back, and its result waits', async () => {
    await closeHistory(page)
    wire.cut(CUT_AT, (_, told) => told.includes('"run.changed"') && told.includes('"state":"done"'))
    await setSteps(page, FEW_STEPS)
    await page.keyboard.press('Control+Enter')
    // What the history asks for now gets no answer.
    await goesAndComesBack(() => openHistory(page))
    await runEnds(page, FEW_STEPS)
    expect(wire.later).toBe(0)
    await expect.poll(() => results().count()).toBe(3)
    await expect.poll(() => historyRows(page).count()).toBe(3)
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
