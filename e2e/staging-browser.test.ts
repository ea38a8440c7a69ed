/** Masks and results: a mask made, saved and brought back; results staged, compared, turned down, taken, and undone. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory } from './first-edit.ts'
import {
  changed,
  chooseFile,
  exportedDocument,
  grey,
  openScene,
  pixels,
  runEnds,
  saved,
  setNumber,
  setSteps,
  shown,
  shows,
  showsOtherThan,
  stopButtons,
  stroke,
  undoButton,
  type Pixels,
} from './hands.ts'
import { describeWith } from './needs.ts'

const SIDE = 128
/** Of the model's grid, along a side. */
const CELLS = 8
const STEPS = 200

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  /** Grey, SIDE × SIDE: what a run may change. */
  let mask: Pixels

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    await openScene(page)
  })
  afterAll(() => studio?.close())

  const tab = (name: RegExp): Promise<void> => page.getByRole('tab', { name }).click()
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true })
  /** How many cells a run may change, as the mask's panel says it. */
  const freeCells = async (): Promise<number> => Number.parseInt(await page.locator('.mask-cells').innerText(), 10)
  const exportedMask = async (): Promise<Pixels> =>
    pixels((await saved(page, () => button('Export PNG').click())).bytes)
  const results = (): Locator => page.getByRole('listbox', { name: 'Staged results' }).getByRole('option')
  /** Lays a result onto the canvas: a click on the one that lies there would take it off. */
  const choose = async (result: Locator): Promise<void> => {
    if ((await result.getAttribute('aria-selected')) !== 'true') await result.click()
    await button('Accept as layer').waitFor()
  }
  const layers = (): Locator => page.getByRole('listbox', { name: 'Layers' }).getByRole('option')

  it('a mask is painted, inverted, grown and softened, saved as a grey picture and brought back', async () => {
    await tab(/Layers/)
    await page.keyboard.press('m')
    await stroke(page, [0.47, 0.45], [0.53, 0.45])
    await expect.poll(freeCells).toBeLessThan(CELLS ** 2 / 2)
    const painted = await freeCells()
    expect(painted).toBeGreaterThan(0)
    const hard = await exportedMask()
    expect(hard).toMatchObject({ width: SIDE, height: SIDE })
    await button('Invert').click()
    await expect.poll(freeCells).toBeGreaterThan(CELLS ** 2 / 2)
    const inverted = await exportedMask()
    expect([...grey(inverted)]).toEqual([...grey(hard)].map((value) => 255 - value))
    await button('Invert').click()
    await expect.poll(freeCells).toBe(painted)
    await setNumber(page.getByRole('spinbutton', { name: 'By' }), 8)
    await button('Grow').click()
    await expect.poll(freeCells).toBeGreaterThan(painted)
    const whites = (picture: Pixels): number => grey(picture).filter((value) => value === 255).length
    expect(whites(await exportedMask())).toBeGreaterThan(whites(hard))
    await button('Soften').click()
    mask = await exportedMask()
    const values = new Set(grey(mask))
    expect(values.has(0) && values.has(255)).toBe(true)
    expect(values.size).toBeGreaterThan(8)

    const file = await saved(page, () => button('Export PNG').click())
    expect(file.name).toBe('First project mask.png')
    const soft = await freeCells()
    await button('Clear').click()
    await expect.poll(() => button('Export PNG').isDisabled()).toBe(true)
    await chooseFile(page, () => button('Import PNG').click(), file.path)
    await expect.poll(freeCells).toBe(soft)
    expect(grey(await exportedMask())).toEqual(grey(mask))
  })

  it('two results land in the strip, and the canvas takes a stroke while they are made', async () => {
    await tab(/^Run/)
    await page.getByRole('textbox', { name: 'Instruction' }).fill('remove the dog')
    await setSteps(page, STEPS)
    await setNumber(page.getByRole('spinbutton', { name: 'How many runs' }), 2)
    await page.keyboard.press('Control+Enter')
    await stopButtons(page).first().waitFor()
    await button('Brush').click()
    await stroke(page, [0.45, 0.75], [0.5, 0.75])
    await expect.poll(() => undoButton(page).getAttribute('aria-label')).toBe('Undo: Paint')
    expect(await stopButtons(page).count()).toBeGreaterThan(0)
    await expect.poll(() => results().count(), { timeout: 60_000 }).toBe(2)
    await runEnds(page, STEPS)
  })

  it('a result lies on the canvas, and the line between before and after moves over it', async () => {
    await page.keyboard.press('Escape')
    const document = await shown(page)
    await choose(results().first())
    const result = await showsOtherThan(page, document)
    await button('Compare before and after').click()
    const slider = page.getByRole('slider', { name: 'Before and after' })
    await slider.focus()
    const half = await showsOtherThan(page, result)
    await page.keyboard.press('End')
    const end = await showsOtherThan(page, half)
    await page.keyboard.press('Home')
    await showsOtherThan(page, end)
    await button('Compare before and after').click()
    await shows(page, result)
  })

  it('one is turned down, also in the history; undo brings it back in both', async () => {
    await openHistory(page)
    await expect.poll(() => historyRows(page).count()).toBe(2)
    const dim = (): Promise<number> => page.locator('.history-dim').count()
    expect(await dim()).toBe(0)
    await choose(results().last())
    await button('Reject').first().click()
    await expect.poll(() => results().count()).toBe(1)
    await expect.poll(dim).toBe(1)
    await page.keyboard.press('Control+z')
    await expect.poll(() => results().count()).toBe(2)
    await expect.poll(dim).toBe(0)
    await page.keyboard.press('Control+Shift+z')
    await expect.poll(() => results().count()).toBe(1)
    await expect.poll(dim).toBe(1)
    // The service has it, not only this window.
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.reload()
    await expect.poll(() => historyRows(page).count()).toBe(1)
    await expect.poll(() => results().count()).toBe(1)
    await page.keyboard.press('Control+z')
    await expect.poll(() => results().count()).toBe(2)
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.reload()
    await expect.poll(() => historyRows(page).count()).toBe(2)
    await button('Accept as layer').waitFor()
  })

  it('one is taken as a layer: no byte outside the mask changes, and undo takes it back', async () => {
    await tab(/Layers/)
    await expect.poll(() => results().count()).toBe(2)
    const before = await exportedDocument(page)
    const [had, waited] = [await layers().count(), await results().count()]
    const accept = async (): Promise<Pixels> => {
      await choose(results().first())
      await button('Accept as layer').click()
      await expect.poll(() => layers().count()).toBe(had + 1)
      return exportedDocument(page)
    }
    const takeBack = async (): Promise<void> => {
      await page.keyboard.press('Control+z')
      await expect.poll(() => layers().count()).toBe(had)
      await expect.poll(() => results().count()).toBe(waited)
      expect((await exportedDocument(page)).data.equals(before.data)).toBe(true)
    }
    const cells = await accept()
    // Whole cells: those that the mask touches.
    const touched = new Set<number>()
    grey(mask).forEach((value, at) => value > 0 && touched.add(cellOf(at)))
    const outside = changed(before, cells).filter((at) => !touched.has(cellOf(at)))
    expect(outside).toEqual([])
    expect(changed(before, cells).length).toBeGreaterThan(0)
    await takeBack()

    await page.getByRole('radio', { name: 'Painted area' }).click()
    const painted = await accept()
    expect(changed(before, painted).filter((at) => grey(mask)[at] === 0)).toEqual([])
    expect(changed(before, painted).length).toBeGreaterThan(0)
    await takeBack()
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})

/** The cell of the grid in which a pixel lies, both counted row by row. */
const cellOf = (at: number): number => {
  const along = (pixel: number): number => Math.floor((pixel * CELLS) / SIDE)
  return along(Math.floor(at / SIDE)) * CELLS + along(at % SIDE)
}
