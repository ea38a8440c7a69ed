/** The layers by hand: hidden, made thinner, put in another order, renamed, doubled, merged, deleted, and all of it undone. */
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { root } from './electron-launch.ts'
import { chooseFile, exportedDocument, setNumber, stroke, undoButton, type Pixels } from './hands.ts'
import { describeWith } from './needs.ts'

const SIDE = 128
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
    const open = page.getByRole('button', { name: 'Open a picture' })
    await open.waitFor()
    await chooseFile(page, () => open.click(), join(root, 'resources', 'demo', 'scene.png'))
    await page.getByText(`${SIDE} × ${SIDE} px`, { exact: true }).waitFor()
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

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
