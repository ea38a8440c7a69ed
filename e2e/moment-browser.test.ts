/**
 * A run looked at closely: what a word or a cell was decided with, one on the panel and the other on the canvas, and two runs
 * side by side that differ in their mode alone.
 */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isAccessible } from './axe.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory, openReasoning } from './first-edit.ts'
import { canvasOf, goToStep, pixels, placeOf, runEnds, shown, showsOtherThan } from './hands.ts'
import { describeWith } from './needs.ts'

const SIZE = { width: 128, height: 128 }
/** Of the model's grid, along a side. */
const CELLS = 8
const CELL = SIZE.width / CELLS
const STEPS = 16

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: /Where things are/ }).click()
    await openReasoning(page)
  })
  afterAll(() => studio?.close())

  const words = (): Locator => page.getByRole('listbox', { name: /^Reasoning at step/ })
  const pointed = (): Locator => page.locator('.tj-pointed-what')
  const together = (): Promise<string> => page.locator('.tj-pointed .tj-hint').innerText()
  const lit = (): Promise<number[]> =>
    words()
      .locator('.tj-lit')
      .evaluateAll((found) => found.map((word) => Number((word as HTMLElement).dataset['index'])))
  /** Words by the step that decided them, as they are read aloud. */
  const wordsOf = async (step: number): Promise<number[]> => {
    const labels = await words()
      .getByRole('option')
      .evaluateAll((found) => found.map((word) => word.ariaLabel ?? ''))
    return [...labels.keys()].filter((index) => labels[index]!.endsWith(`, step ${step}`))
  }
  async function pointAtCell(cell: number): Promise<number> {
    const [row, column] = [Math.floor(cell / CELLS), cell % CELLS]
    const [x, y] = await placeOf(page, SIZE, [column * CELL + CELL / 2, row * CELL + CELL / 2])
    const box = (await canvasOf(page).boundingBox())!
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height)
    const said = new RegExp(
      `^image cell, row ${row + 1}, column ${column + 1}, confidence (?:< )?[\\d.]+ %, step (\\d+)$`,
    )
    await expect.poll(() => pointed().innerText(), { interval: 10 }).toMatch(said)
    return Number(said.exec(await pointed().innerText())?.[1])
  }

  /** The step that decided each cell, as it is said of it. */
  const decidedAt: number[] = []

  it('a word says its step and how sure it was; words and cells of the same step light up with it', async () => {
    await runEnds(page, STEPS)
    await page.getByRole('button', { name: 'Show the places after the end' }).click()
    const dark = await shown(page)
    await words().locator('[data-index="1"]').focus()
    await expect.poll(() => pointed().innerText()).toMatch(/^\w+, decided, confidence [\d.]+ %, step \d+$/)
    const step = Number(/\d+$/.exec(await pointed().innerText())?.[0])
    const told = await together()
    expect(told).toMatch(
      /^Step \d+ decided \d+ words? and \d+ cells? together: the same moment, no proof that one caused the other\.$/,
    )
    const [at, ofWords, ofCells] = (told.match(/\d+/g) ?? []).map(Number)
    expect(at).toBe(step)
    expect(await lit()).toEqual(await wordsOf(step))
    expect(await lit()).toHaveLength(ofWords!)
    expect(await lit()).toContain(1)
    const lines = await linesBetween(dark, await showsOtherThan(page, dark))

    for (let cell = 0; cell < CELLS ** 2; cell++) decidedAt.push(await pointAtCell(cell))
    const cells = new Set(decidedAt.keys().filter((cell) => decidedAt[cell] === step))
    expect(cells.size).toBe(ofCells)
    expect(cells.size).toBeGreaterThan(0)
    // A line goes around the lit cells: between one and its neighbour where one is lit and the other is not.
    for (const { one, other, drawn } of lines)
      expect({ one, other, drawn }).toEqual({ one, other, drawn: cells.has(one) !== cells.has(other) })
  })

  it('a cell lights up the words of its step; what is not decided yet says so', async () => {
    const steps = [...new Set(decidedAt)].sort((a, b) => a - b)
    expect(steps.length).toBeGreaterThan(1)
    for (const step of [steps[0]!, steps.at(-1)!]) {
      await pointAtCell(decidedAt.indexOf(step))
      await expect.poll(lit).toEqual(await wordsOf(step))
      expect(await together()).toContain(`Step ${step} decided`)
    }
    await page.mouse.move(2, 2)
    await goToStep(page, 0)
    await words().locator('[data-index="1"]').focus()
    await expect.poll(() => pointed().innerText()).toBe('masked')
    expect(await together()).toBe('No step has decided it yet.')
    expect(await lit()).toEqual([])
  })

  /** Whether a line came between each two neighbours of the grid. */
  async function linesBetween(
    before: Buffer,
    after: Buffer,
  ): Promise<{ one: number; other: number; drawn: boolean }[]> {
    const [a, b] = [await pixels(before), await pixels(after)]
    const found: { one: number; other: number; drawn: boolean }[] = []
    for (let cell = 0; cell < CELLS ** 2; cell++) {
      const [row, column] = [Math.floor(cell / CELLS), cell % CELLS]
      const middle = [column * CELL + CELL / 2 - 0.5, row * CELL + CELL / 2 - 0.5] as const
      if (column > 0) found.push({ one: cell - 1, other: cell, drawn: await differs(middle[0] - CELL / 2, middle[1]) })
      if (row > 0) found.push({ one: cell - CELLS, other: cell, drawn: await differs(middle[0], middle[1] - CELL / 2) })
    }
    return found

    async function differs(x: number, y: number): Promise<boolean> {
      const [left, top] = await placeOf(page, SIZE, [x, y])
      const [px, py] = [Math.round(left * a.width), Math.round(top * a.height)]
      const row = (of: typeof a, at: number): Buffer =>
        of.data.subarray((at * of.width + px - 3) * of.channels, (at * of.width + px + 4) * of.channels)
      return [-3, -2, -1, 0, 1, 2, 3].some((by) => !row(a, py + by).equals(row(b, py + by)))
    }
  }

  const dialog = (): Locator => page.getByRole('dialog', { name: 'Compare runs in step' })
  const side = (name: string): Locator => dialog().getByRole('region', { name, exact: true })
  const head = (name: string): Promise<string> => side(name).locator('.tj-side-head .tj-hint').innerText()
  const both = (): Locator => dialog().getByRole('slider', { name: 'Step of both runs' })
  const picture = (name: string, step: number): Locator =>
    side(name)
      .getByRole('img', { name: `${name}: picture at step ${step}` })
      .locator('canvas:visible')
  const seedOf = async (name: string): Promise<number> => Number(/^seed (\d+)/.exec(await head(name))?.[1])
  /** Words of a side that are more than a draft. */
  const decidedIn = (name: string): Promise<number> =>
    side(name)
      .getByRole('option', { name: /, (decided|new at this step), / })
      .count()
  const difference = (wanted: RegExp): Promise<void> =>
    expect.poll(() => dialog().locator('.tj-compare-line').innerText()).toMatch(wanted)
  /** Moves the first run, step by step, and finds the other at the same place. */
  async function at(other: string, step: number): Promise<void> {
    await both().focus()
    await page.keyboard.press('Home')
    for (let i = 0; i < step; i++) await page.keyboard.press('ArrowRight')
    for (const name of ['Together', other]) await expect.poll(() => head(name)).toContain(`step ${step} / ${STEPS}`)
  }

  it('the other half is run with the same seed, think then draw: both stand side by side and move in step', async () => {
    await page.getByRole('button', { name: 'Compare with another run' }).click()
    await dialog().getByText('Nothing beside it yet').waitFor()
    await isAccessible(page)
    await dialog().getByRole('button', { name: 'Same seed, think then draw' }).click()
    await expect.poll(() => head('Think, then draw')).toMatch(/, done, /)
    expect(await seedOf('Think, then draw')).toBe(await seedOf('Together'))
    await at('Think, then draw', 0)
    // One thinks before it draws: half-way more of its words are decided.
    await at('Think, then draw', STEPS / 2)
    expect(await decidedIn('Think, then draw')).toBeGreaterThan(await decidedIn('Together'))
    await at('Think, then draw', STEPS)
    await difference(/^\d+ of 64 cells differ\. \d+ of \d+ words differ\.$/)
    for (const name of ['Together', 'Think, then draw']) await picture(name, STEPS).waitFor()
    await isAccessible(page)
  })

  it('with thinking off: a picture without words beside the one with them, and the run on screen stays', async () => {
    await dialog().getByRole('button', { name: 'Same seed, thinking off' }).click()
    await expect.poll(() => head('Picture only')).toMatch(/, done, /)
    expect(await seedOf('Picture only')).toBe(await seedOf('Together'))
    await side('Picture only').getByText('Without reasoning.').waitFor()
    await at('Picture only', STEPS / 2)
    await picture('Picture only', STEPS / 2).waitFor()
    await difference(/One of them has no reasoning\.$/)
    await isAccessible(page)
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    await openHistory(page)
    await expect.poll(() => historyRows(page).count()).toBe(3)
    await words().locator('[data-index="1"]').waitFor()
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
