/** The tools by hand: a scene put together from the tray, parts selected and moved, colours picked, pixels erased, the box. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { canvasOf, exportedDocument, placeOf, stroke, undoButton, type Pixels, type Place } from './hands.ts'
import { describeWith } from './needs.ts'

const SIDE = 128
/** Of the storybook's scene, along a side. */
const CELLS = 4
const CELL = SIDE / CELLS

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: 'Compose a scene' }).click()
    await page.getByRole('tab', { name: /Layers/ }).click()
  })
  afterAll(() => studio?.close())

  const names = (): Promise<string[]> =>
    page
      .getByRole('listbox', { name: 'Layers, topmost first' })
      .getByRole('option')
      .evaluateAll((options) => options.map((option) => option.ariaLabel ?? ''))
  const are = (...wanted: string[]): Promise<void> => expect.poll(names).toEqual(wanted)
  const item = (name: string): Locator => page.locator('.shell-drawer').getByRole('button', { name, exact: true })
  const focusCanvas = (): Promise<void> => page.getByRole('application', { name: 'Picture' }).focus()
  const at = (x: number, y: number): Promise<Place> => placeOf(page, { width: SIDE, height: SIDE }, [x, y])
  const press = async (x: number, y: number): Promise<void> => {
    const [left, top] = await at(x, y)
    const box = (await canvasOf(page).boundingBox())!
    await page.mouse.click(box.x + left * box.width, box.y + top * box.height)
  }
  const drag = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> =>
    stroke(page, await at(...from), await at(...to))
  const pixel = ({ data, channels }: Pixels, x: number, y: number): number[] => [
    ...data.subarray((y * SIDE + x) * channels, (y * SIDE + x + 1) * channels),
  ]
  /** Cells, row by row, in which two pictures differ. */
  const cellsThatDiffer = (a: Pixels, b: Pixels): number[] => {
    const found = new Set<number>()
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++)
        if (pixel(a, x, y).join() !== pixel(b, x, y).join())
          found.add(Math.floor(y / CELL) * CELLS + Math.floor(x / CELL))
    return [...found].sort((one, other) => one - other)
  }
  /** The first row of the cell at the upper right in which there is more than the background. */
  const topOfTree = (picture: Pixels): number =>
    Array.from({ length: SIDE }, (_, y) => y).find((y) =>
      Array.from({ length: CELL }, (_, x) => SIDE - CELL + x).some(
        (x) => pixel(picture, x, y).join() !== pixel(empty, x, y).join(),
      ),
    ) ?? SIDE
  const undo = (): Promise<void> => page.keyboard.press('Control+z')

  let empty: Pixels
  it('a scene is put together: a background, and sprites by click, by dragging and by Enter, each in its cell', async () => {
    await item('Background meadow').click()
    await press(64, 64)
    await are('meadow')
    empty = await exportedDocument(page)
    const search = page.getByRole('searchbox', { name: 'Search the tray' })
    await search.fill('cat')
    await item('cat').click()
    await expect.poll(() => item('cat').getAttribute('aria-pressed')).toBe('true')
    await press(50, 75)
    await are('cat', 'meadow')
    expect(cellsThatDiffer(empty, await exportedDocument(page))).toEqual([2 * CELLS + 1])
    await page.keyboard.press('Escape')

    await search.fill('tree')
    const [left, top] = await at(110, 20)
    const { width, height } = (await canvasOf(page).boundingBox())!
    await item('tree').dragTo(page.locator('section[aria-label=Canvas]'), {
      targetPosition: { x: left * width, y: top * height },
    })
    await are('tree', 'cat', 'meadow')
    expect(cellsThatDiffer(empty, await exportedDocument(page))).toEqual([3, 2 * CELLS + 1])

    await search.fill('dog')
    await item('dog').focus()
    await page.keyboard.press('Enter')
    await are('dog', 'tree', 'cat', 'meadow')
    expect(cellsThatDiffer(empty, await exportedDocument(page))).toEqual([0, 3, 2 * CELLS + 1])
    await undo()
    await are('tree', 'cat', 'meadow')
  })

  it('a layer is moved by mouse and by keyboard, pixel by pixel', async () => {
    const before = await exportedDocument(page)
    await page.getByRole('option', { name: 'tree' }).click()
    await page.getByRole('button', { name: 'Move and transform' }).click()
    await drag([112, 16], [112, 56])
    await expect.poll(async () => cellsThatDiffer(empty, await exportedDocument(page))).not.toContain(3)
    await focusCanvas()
    for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowUp')
    const after = await exportedDocument(page)
    expect(after.data.equals(before.data)).toBe(true)
  })

  it('a part of a layer is selected and dragged away, at once followed by the arrows; undo puts it back', async () => {
    await page.getByRole('option', { name: 'meadow' }).click()
    await page.getByRole('option', { name: 'tree' }).click()
    const before = await exportedDocument(page)
    await page.getByRole('button', { name: 'Select rectangle' }).click()
    await drag([97, 1], [127, 31])
    await drag([112, 16], [64, 16])
    await are('tree part', 'tree', 'cat', 'meadow')
    const dragged = await exportedDocument(page)
    expect(cellsThatDiffer(empty, dragged)).toEqual([1, 2, 2 * CELLS + 1])
    await focusCanvas()
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft')
    await are('tree part', 'tree', 'cat', 'meadow')
    const nudged = await exportedDocument(page)
    const middle = 64 - 5
    for (const y of [8, 16, 24]) expect(pixel(nudged, middle, y)).toEqual(pixel(dragged, 64, y))
    while ((await names()).length > 3) await undo()
    expect((await exportedDocument(page)).data.equals(before.data)).toBe(true)
  })

  it('a selection that was not moved yet follows every press of an arrow', async () => {
    const before = await exportedDocument(page)
    await drag([97, 1], [127, 31])
    await focusCanvas()
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowDown')
    await are('tree part', 'tree', 'cat', 'meadow')
    await expect.poll(async () => topOfTree(await exportedDocument(page))).toBe(topOfTree(before) + 6)
    while ((await names()).length > 3) await undo()
  })

  it('a colour is picked from what is seen, painted with, and erased again', async () => {
    await page.getByRole('option', { name: 'tree' }).click()
    const before = await exportedDocument(page)
    await page.getByRole('button', { name: 'Colour picker' }).click()
    await press(112, 28)
    const [r, g, b] = pixel(before, 112, 28)
    const hex = `#${[r!, g!, b!].map((value) => value.toString(16).padStart(2, '0')).join('')}`
    await page.getByRole('button', { name: `Colour, ${hex}` }).waitFor()
    await page.getByRole('button', { name: 'Add a layer' }).click()
    await page.getByRole('button', { name: 'Brush', exact: true }).click()
    await drag([20, 20], [40, 20])
    await expect.poll(() => undoButton(page).getAttribute('aria-label')).toBe('Undo: Paint')
    expect(pixel(await exportedDocument(page), 30, 20)).toEqual([r, g, b, 255].slice(0, before.channels))
    await page.getByRole('button', { name: 'Eraser', exact: true }).click()
    for (const y of [14, 18, 22, 26]) await drag([0, y], [60, y])
    await expect.poll(async () => (await exportedDocument(page)).data.equals(before.data)).toBe(true)
  })

  it('the generation box is moved and sized with the arrows, and the run says what it sees', async () => {
    await page.getByRole('tab', { name: /^Run/ }).click()
    const sight = (): Promise<string> => page.locator('.run-sight').innerText()
    expect(await sight()).toBe(`Box ${SIDE} × ${SIDE} → ${SIDE} × ${SIDE} model px, 1:1`)
    await page.getByRole('button', { name: 'Generation box' }).click()
    await focusCanvas()
    for (let i = 0; i < 4; i++) await page.keyboard.press('Alt+Shift+ArrowLeft')
    await expect.poll(sight).toBe(`Box ${SIDE - 40} × ${SIDE - 40} → ${SIDE} × ${SIDE} model px, 1.5× larger`)
    // Its lower corner back to that of the document: the size is the same again.
    await drag([SIDE - 40, SIDE - 40], [SIDE - 1, SIDE - 1])
    await expect.poll(sight).toContain('1:1')
  })

  it('the arrows walk the tools, and Enter takes one', async () => {
    const held = (): Promise<string> =>
      page
        .getByRole('toolbar', { name: 'Tools' })
        .locator('[aria-pressed=true]')
        .getAttribute('aria-label') as Promise<string>
    await page.getByRole('button', { name: 'Brush', exact: true }).click()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(held).toBe('Eraser')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await expect.poll(held).toBe('Select lasso')
  })

  it('the canvas is three layers at most, however many the document has', async () => {
    expect(await page.locator('section[aria-label=Canvas] .konvajs-content > canvas').count()).toBe(3)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
