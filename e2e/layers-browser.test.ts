/** The layers by hand: hidden, made thinner, put in another order, renamed, doubled, merged, deleted, and all of it undone. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { exportedDocument, openScene, setNumber, stroke, undoButton, type Pixels } from './hands.ts'
import { describeWith } from './needs.ts'

const SIDE = 128
const half = SIDE / 2
/** Of a channel's value, 0 to 255. */
const ROUNDING = 2

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  /** What is seen of the picture alone, and with the stroke on it. */
  let bare: Pixels
  let painted: Pixels

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await openScene(page)
    await page.getByRole('tab', { name: /Layers/ }).click()
  })
  afterAll(() => studio?.close())

  const list = (): Locator => page.getByRole('listbox', { name: 'Layers, topmost first' })
  const layer = (name: string): Locator => list().getByRole('option', { name, exact: true })
  const names = (): Promise<string[]> =>
    list()
      .getByRole('option')
      .evaluateAll((options) => options.map((option) => option.ariaLabel ?? ''))
  const are = (...wanted: string[]): Promise<void> => expect.poll(names).toEqual(wanted)
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true })
  const more = async (entry: string): Promise<void> => {
    await button('More for this layer').click()
    await page.getByRole('menuitem', { name: entry }).click()
  }
  const looks = async (wanted: Pixels): Promise<void> =>
    expect((await exportedDocument(page)).data.equals(wanted.data)).toBe(true)
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName ?? '')

  it('a layer is added above the one that is chosen, and painted on', async () => {
    await are('scene')
    bare = await exportedDocument(page)
    await button('Add a layer').click()
    await are('Layer 1', 'scene')
    await button('Brush').click()
    await stroke(page, [0.45, 0.5], [0.55, 0.5])
    await expect.poll(() => undoButton(page).getAttribute('aria-label')).toBe('Undo: Paint')
    painted = await exportedDocument(page)
    expect(painted.data.equals(bare.data)).toBe(false)
  })

  it('it is hidden and shown, and what it covers is seen as far as it is thin', async () => {
    await button('Hide').click()
    await are('Layer 1, hidden', 'scene')
    await looks(bare)
    await list().focus()
    await page.keyboard.press('Space')
    await are('Layer 1', 'scene')
    await looks(painted)

    const opacity = page.getByRole('spinbutton', { name: 'Opacity, number' })
    await setNumber(opacity, 0)
    await looks(bare)
    await setNumber(opacity, 50)
    const thin = await exportedDocument(page)
    const at = (SIDE * (SIDE / 2) + SIDE / 2) * bare.channels
    for (let i = at; i < at + 3; i++)
      expect(Math.abs(thin.data[i]! - (bare.data[i]! + painted.data[i]!) / 2)).toBeLessThanOrEqual(1)
    await setNumber(opacity, 100)
    await looks(painted)
  })

  it('the order is changed by button, by keyboard and by dragging', async () => {
    await button('Move down').click()
    await are('scene', 'Layer 1')
    await looks(bare)
    // The button is disabled at the bottom: the focus is in the list.
    expect(await focused()).toBe('Layers, topmost first')
    await page.keyboard.press('Alt+ArrowUp')
    await are('Layer 1', 'scene')
    await looks(painted)
    await layer('Layer 1').dragTo(layer('scene'))
    await are('scene', 'Layer 1')
    await more('Move to the top')
    await are('Layer 1', 'scene')
    await looks(painted)
  })

  it('it is renamed, unless one gives up; the focus stays in the list', async () => {
    const name = page.getByRole('textbox', { name: 'Name of the layer' })
    await list().focus()
    await page.keyboard.press('F2')
    await name.fill('a line')
    await page.keyboard.press('Escape')
    await name.waitFor({ state: 'detached' })
    await are('Layer 1', 'scene')
    await expect.poll(focused).toBe('Layers, topmost first')
    await page.keyboard.press('F2')
    await name.fill('a line')
    await page.keyboard.press('Enter')
    await are('a line', 'scene')
    await expect.poll(focused).toBe('Layers, topmost first')
    // Another one is chosen with the arrows, from where the focus stands.
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => layer('scene').getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => layer('a line').getAttribute('aria-selected')).toBe('true')
  })

  it('a copy of it merges with what lies under it, and nothing is seen of that', async () => {
    await more('Duplicate')
    await are('a line copy', 'a line', 'scene')
    const both = await exportedDocument(page)
    for (const left of [2, 1]) {
      await button('Merge down').click()
      await expect.poll(async () => (await names()).length).toBe(left)
      // Edges that are half there are rounded once more.
      const { data } = await exportedDocument(page)
      expect(Math.max(...data.map((value, i) => Math.abs(value - both.data[i]!)))).toBeLessThanOrEqual(ROUNDING)
    }
    expect(await focused()).toBe('Layers, topmost first')
    await page.keyboard.press('Control+z')
    await page.keyboard.press('Control+z')
    await are('a line copy', 'a line', 'scene')
  })

  it('it is deleted, and is there again after undo and a reload', async () => {
    await list().focus()
    await page.keyboard.press('Delete')
    await are('a line', 'scene')
    await page.keyboard.press('Delete')
    await are('scene')
    await looks(bare)
    await page.keyboard.press('Control+z')
    await are('a line', 'scene')
    await page.reload()
    await are('a line', 'scene')
    await looks(painted)
  })

  it('it is moved, scaled, turned and mirrored by numbers, each one step back', async () => {
    const place = page.getByRole('group', { name: /^Place of layer/ })
    const number = (name: string): Locator => place.getByRole('spinbutton', { name, exact: true })
    const is = (name: string, value: number): Promise<void> =>
      expect.poll(() => number(name).inputValue()).toBe(String(value))
    await layer('scene').click()
    for (const [name, value] of [
      ['X', 0],
      ['Y', 0],
      ['Width', SIDE],
      ['Height', SIDE],
      ['Angle', 0],
    ] as const)
      await is(name, value)
    await layer('a line').click()
    await button('Hide').click()
    await layer('scene').click()

    const at = (picture: Pixels, x: number, y: number): number[] => {
      const from = (picture.width * y + x) * picture.channels
      return [...picture.data.subarray(from, from + picture.channels)]
    }
    // Proportions are kept: both halve about the corner, which then moves.
    await setNumber(number('Width'), half)
    await is('Height', half)
    await is('X', 0)
    await setNumber(number('X'), half)
    const moved = await exportedDocument(page)
    // Nothing is there any more: neither colour nor cover.
    expect(at(moved, 10, 10)).toEqual([0, 0, 0, 0])
    await expect.poll(() => undoButton(page).getAttribute('aria-label')).toBe('Undo: Transform a layer')
    await undoButton(page).click()
    await is('X', 0)
    await undoButton(page).click()
    await is('Width', SIDE)
    await looks(bare)

    // A half turn puts each pixel opposite; two mirrors put it back.
    await setNumber(number('Angle'), 180)
    const turned = await exportedDocument(page)
    for (const [x, y] of [
      [20, 30],
      [64, 100],
      [100, 64],
    ] as const)
      for (const [i, value] of at(turned, x, y).entries())
        expect(Math.abs(value - at(bare, SIDE - 1 - x, SIDE - 1 - y)[i]!)).toBeLessThanOrEqual(ROUNDING)
    await more('Mirror left and right')
    await more('Mirror top and bottom')
    await looks(bare)
    await is('Angle', 180)
    for (let i = 0; i < 3; i++) await undoButton(page).click()
    await is('Angle', 0)

    // From the keyboard alone.
    await number('Y').focus()
    await page.keyboard.press('ArrowUp')
    await is('Y', 1)
    await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowDown')
    await is('Angle', -1)
    await undoButton(page).click()
    await undoButton(page).click()
    await looks(bare)
  })

  it('a rectangle is selected and masked by numbers', async () => {
    await page.getByRole('button', { name: 'Rectangle', exact: true }).click()
    const numbers = page.getByRole('group', { name: 'Rectangle', exact: true })
    const set = (name: string, value: number): Promise<void> =>
      setNumber(numbers.getByRole('spinbutton', { name, exact: true }), value)
    for (const [name, value] of [
      ['X', 16],
      ['Y', 32],
      ['Width', 48],
      ['Height', 16],
    ] as const)
      await set(name, value)
    await button('Select').press('Enter')
    await page.getByRole('button', { name: 'Delete pixels' }).press('Enter')
    await expect.poll(() => undoButton(page).getAttribute('aria-label')).toMatch(/^Undo: /)
    const cleared = await exportedDocument(page)
    for (let y = 0; y < SIDE; y += 5)
      for (let x = 0; x < SIDE; x += 5) {
        const from = (SIDE * y + x) * cleared.channels
        const inside = x >= 16 && x < 64 && y >= 32 && y < 48
        const wanted = inside ? [0, 0, 0, 0] : [...bare.data.subarray(from, from + bare.channels)]
        expect([...cleared.data.subarray(from, from + bare.channels)], `${x} ${y}`).toEqual(wanted)
      }
    await undoButton(page).click()
    await looks(bare)
    await page.getByRole('button', { name: 'Deselect' }).press('Enter')

    await set('X', 0)
    await set('Y', 0)
    await set('Width', SIDE)
    await set('Height', half)
    await button('Add to mask').press('Enter')
    const cells = page.locator('.mask-cells')
    await expect.poll(() => cells.innerText()).toMatch(/^32 of 64 cells may change/)
    await set('Width', half)
    await button('Unmask').press('Enter')
    await expect.poll(() => cells.innerText()).toMatch(/^16 of 64 cells may change/)
    await undoButton(page).click()
    await expect.poll(() => cells.innerText()).toMatch(/^32 of 64 cells may change/)
    await undoButton(page).click()
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
