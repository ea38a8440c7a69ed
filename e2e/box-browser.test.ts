/**
 * A picture of no model's size, and none a model was trained on: what is said of it, and a run in a box of another scale whose
 * result leaves every byte outside the box and the mask as it was.
 */
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { root } from './electron-launch.ts'
import {
  changed,
  chooseFile,
  dropFile,
  exportedDocument,
  grey,
  pixels,
  placeOf,
  runEnds,
  saved,
  setNumber,
  stroke,
  type Pixels,
} from './hands.ts'
import { describeWith } from './needs.ts'

const SIZE = { width: 300, height: 200 }
/** Of the model: pixels and cells along a side. */
const SIDE = 128
const CELLS = 8
const STEPS = 16
const FEATHER = 8

interface Box {
  readonly x: number
  readonly y: number
  readonly side: number
}

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: 'Open a picture' }).waitFor()
    await dropFile(page, 'noise.png', await noise())
    await page.getByText('300 × 200 px', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Generation box' }).click()
  })
  afterAll(() => studio?.close())

  const tab = (name: RegExp): Promise<void> => page.getByRole('tab', { name }).click()
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true })
  const press = async (chord: string, times: number): Promise<void> => {
    await page.getByRole('application', { name: 'Picture' }).focus()
    for (let i = 0; i < times; i++) await page.keyboard.press(chord)
  }
  /** As the options of its tool say it. */
  async function box(): Promise<Box> {
    const said = await page.locator('.canvas-options-note').first().innerText()
    const [side, , x, y] = (said.match(/\d+/g) ?? []).map(Number)
    return { side: side!, x: x!, y: y! }
  }
  const sight = (): Promise<string> => page.locator('.run-sight').innerText()
  const warning = (much: RegExp): Locator => page.locator('.notice').filter({ hasText: much })
  const results = (): Locator => page.getByRole('listbox', { name: 'Staged results' }).getByRole('option')
  const foreign = (): Locator => warning(/lies outside what the model knows/)

  it('says plainly that a picture is outside what the model knows, until the box holds a scene of its world', async () => {
    await tab(/^Run/)
    expect(await box()).toEqual({ x: 50, y: 0, side: 200 })
    await warning(/^Most of this picture lies outside what the model knows: it will be redrawn/).waitFor()
    const scene = join(root, 'resources', 'demo', 'scene.png')
    await chooseFile(page, () => page.keyboard.press('Control+o'), scene)
    // Its place is the middle of the document.
    await press('Alt+Shift+ArrowLeft', 7)
    await press('Alt+ArrowLeft', 2)
    await press('Shift+ArrowRight', 3)
    await press('ArrowRight', 6)
    await press('Shift+ArrowDown', 3)
    await press('ArrowDown', 6)
    expect(await box()).toEqual({ x: (SIZE.width - SIDE) / 2, y: (SIZE.height - SIDE) / 2, side: SIDE })
    await foreign().waitFor({ state: 'detached' })
    // Not because nobody looks any more: some of what lies around the scene, and it is there again.
    await press('Shift+ArrowLeft', 3)
    await warning(/^Part of this picture \(\d+ of 64 cells\) lies outside/).waitFor()
  })

  let within: Box
  it('the box is sized by its corner and moved with what is in it, and the scale is said', async () => {
    expect(await sight()).toBe(`Box ${SIDE} × ${SIDE} → ${SIDE} × ${SIDE} model px, 1:1`)
    const drag = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> =>
      stroke(page, await placeOf(page, SIZE, from), await placeOf(page, SIZE, to))
    const { x, y, side } = await box()
    await drag([x + side, y + side], [x + 75, y + 75])
    await expect.poll(async () => (await box()).side).toBeLessThan(side)
    const { side: sized } = await box()
    expect(Math.abs(sized - 75)).toBeLessThan(4)
    await drag([x + 30, y + 30], [x + 90, y + 55])
    await expect.poll(async () => (await box()).x).toBeGreaterThan(x)
    within = await box()
    expect(within.side).toBe(sized)
    expect(Math.abs(within.x - x - 60) + Math.abs(within.y - y - 25)).toBeLessThan(8)
    const larger = Number((SIDE / sized).toFixed(1))
    expect(await sight()).toBe(`Box ${sized} × ${sized} → ${SIDE} × ${SIDE} model px, ${larger}× larger`)
  })

  it('a run in it is taken as a layer: no byte outside the box and the faded mask changes', async () => {
    const { x, y, side } = within
    await tab(/Layers/)
    // Over the edge of the box on one side, and well inside on the other.
    await button('Mask brush').click()
    await stroke(
      page,
      await placeOf(page, SIZE, [x - 20, y + side / 2]),
      await placeOf(page, SIZE, [x + side / 2, y + side / 2]),
    )
    await page.locator('.mask-cells', { hasText: /^[1-5]?\d of 64 cells may change$/ }).waitFor()
    const mask = grey(await pixels((await saved(page, () => button('Export PNG').click())).bytes))
    const before = await exportedDocument(page)
    expect(before).toMatchObject(SIZE)

    await tab(/^Run/)
    await page.getByRole('textbox', { name: 'Instruction' }).fill('make the place snow')
    await page.getByRole('button', { name: /^Run/ }).click()
    await runEnds(page, STEPS)
    await tab(/Layers/)

    const inBox = (at: number): boolean => {
      const [px, py] = [(at % SIZE.width) - x, Math.floor(at / SIZE.width) - y]
      return px >= 0 && py >= 0 && px < side && py < side
    }
    const maskedOutside = [...mask.keys()].filter((at) => mask[at]! > 0 && !inBox(at))
    expect(maskedOutside.length).toBeGreaterThan(0)

    /** Of the box's grid, by the middle of the pixel. */
    const cellOf = (at: number): number => {
      const along = (pixel: number): number => Math.floor(((pixel + 0.5) * CELLS) / side)
      return along(Math.floor(at / SIZE.width) - y) * CELLS + along((at % SIZE.width) - x)
    }
    const touched = new Set([...mask.keys()].filter((at) => mask[at]! > 0 && inBox(at)).map(cellOf))
    const cells = await taken()
    expect(changed(before, cells).filter((at) => !inBox(at) || !touched.has(cellOf(at)))).toEqual([])
    expect(changed(before, cells).length).toBeGreaterThan(0)
    await takeBack()

    await page.getByRole('radio', { name: 'Painted area' }).click()
    const hard = await taken()
    await takeBack()
    await setNumber(page.getByRole('spinbutton', { name: 'Fade in from the edge, number' }), FEATHER)
    const faded = await taken()
    expect(changed(before, faded).filter((at) => !inBox(at) || mask[at] === 0)).toEqual([])
    // It fades: the outermost pixels of the mask show less of the result than without, and.
    const edge = [...mask.keys()].filter((at) => mask[at]! > 0 && inBox(at) && mask[at - SIZE.width] === 0)
    const far = (picture: Pixels, places: readonly number[]): number =>
      places.reduce((sum, at) => sum + Math.abs(first(picture, at) - first(before, at)), 0)
    expect(far(hard, edge)).toBeGreaterThan(0)
    expect(far(faded, edge)).toBeLessThan(far(hard, edge) / 2)

    async function taken(): Promise<Pixels> {
      await button('Accept as layer').click()
      await expect.poll(() => results().count()).toBe(0)
      return exportedDocument(page)
    }
    async function takeBack(): Promise<void> {
      await page.keyboard.press('Control+z')
      await expect.poll(() => results().count()).toBe(1)
      expect((await exportedDocument(page)).data.equals(before.data)).toBe(true)
      await results().click()
      await button('Accept as layer').waitFor()
    }
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})

const first = ({ data, channels }: Pixels, at: number): number => data[at * channels]!

/** A picture of which no cell is of the model's world. */
const noise = (): Promise<Buffer> => {
  const { width, height } = SIZE
  const bytes = Buffer.from(Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + (i >> 5)) % 256))
  return sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}
