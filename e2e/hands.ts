/** What a person's hands do in the editor, and what their eyes see there: the same in every host. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { expect } from 'vitest'
import { root } from './electron-launch.ts'

/** A look takes a third of a second, and a canvas its time on a busy machine. */
const LOOKS = { timeout: 30_000, interval: 20 }
const RUN = { timeout: 60_000 }

export interface Pixels {
  readonly data: Buffer
  readonly width: number
  readonly height: number
  readonly channels: number
}

/** A place on the canvas, as shares of its width and height. */
export type Place = readonly [x: number, y: number]

export const canvasOf = (page: Page): Locator => page.locator('section[aria-label=Canvas] canvas').first()

/** What the canvas shows, with the pointer out of the way. */
export async function shown(page: Page): Promise<Buffer> {
  await page.mouse.move(2, 2)
  await page.waitForTimeout(300)
  return canvasOf(page).screenshot()
}

export const shows = (page: Page, wanted: Buffer): Promise<void> =>
  expect.poll(async () => (await shown(page)).equals(wanted), LOOKS).toBe(true)

/** What it shows once that is something else, and stays. */
export async function showsOtherThan(page: Page, before: Buffer): Promise<Buffer> {
  let last = before
  const settled = async (): Promise<boolean> => {
    const now = await shown(page)
    const still = now.equals(last) && !now.equals(before)
    last = now
    return still
  }
  await expect.poll(settled, LOOKS).toBe(true)
  return last
}

/** A stroke of the tool in the hand. */
export async function stroke(page: Page, from: Place, to: Place): Promise<void> {
  const box = (await canvasOf(page).boundingBox())!
  const at = ([x, y]: Place): [number, number] => [box.x + box.width * x, box.y + box.height * y]
  await page.mouse.move(...at(from))
  await page.mouse.down()
  await page.mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]), { steps: 4 })
  await page.mouse.move(...at(to), { steps: 4 })
  await page.mouse.up()
}

/** Drops a file on the window, as from a file manager. */
export async function dropFile(page: Page, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ base64, called }) => {
      const made = new DataTransfer()
      made.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], called))
      return made
    },
    { base64: bytes.toString('base64'), called: name },
  )
  const target = page.locator('section[aria-label=Canvas]')
  for (const type of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(type, { dataTransfer: transfer })
}

/** Answers the file dialog that `open` brings up. */
export async function chooseFile(page: Page, open: () => Promise<unknown>, path: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), open()])
  await chooser.setFiles(path)
}

/** Opens the demo's scene in an empty document. */
export async function openScene(page: Page): Promise<void> {
  const open = page.getByRole('button', { name: 'Open a picture' })
  await open.waitFor()
  await chooseFile(page, () => open.click(), join(root, 'resources', 'demo', 'scene.png'))
  // The document has the picture, not only its size.
  await page.getByRole('button', { name: /^Undo: / }).waitFor()
}

export interface Saved {
  readonly name: string
  readonly bytes: Buffer
  /** Until the browser goes. */
  readonly path: string
}

/** The file that `ask` has the browser save. */
export async function saved(page: Page, ask: () => Promise<unknown>): Promise<Saved> {
  const [download] = await Promise.all([page.waitForEvent('download', RUN), ask()])
  const path = await download.path()
  return { name: download.suggestedFilename(), bytes: await readFile(path), path }
}

/** The viewed run as a file of the timeline's menu. */
export const exportAs = (page: Page, entry: RegExp): Promise<Saved> =>
  saved(page, async () => {
    await page.getByRole('button', { name: 'Export this run' }).click()
    await page.getByRole('menuitem', { name: entry }).click()
  })

/** The document as the person's picture of it. */
export const exportedDocument = async (page: Page): Promise<Pixels> =>
  pixels((await saved(page, () => page.keyboard.press('Control+Shift+E'))).bytes)

export async function pixels(file: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true })
  return { data, ...info }
}

/** Where the middle of a pixel of the document lies, as long as the document is shown whole, in the middle of the canvas. */
export async function placeOf(
  page: Page,
  document: { readonly width: number; readonly height: number },
  [x, y]: readonly [x: number, y: number],
): Promise<Place> {
  const { width, height } = (await canvasOf(page).boundingBox())!
  const scale = Number.parseFloat(await page.locator('.canvas-percent').innerText()) / 100
  return [
    0.5 + ((x + 0.5 - document.width / 2) * scale) / width,
    0.5 + ((y + 0.5 - document.height / 2) * scale) / height,
  ]
}

/** The first channel: a grey picture has the same in all of them. */
export const grey = ({ data, channels }: Pixels): Uint8Array =>
  Uint8Array.from({ length: data.length / channels }, (_, i) => data[i * channels]!)

/** Pixels, counted row by row, in which two pictures of one size differ. */
export function changed(a: Pixels, b: Pixels): number[] {
  expect([b.width, b.height, b.channels]).toEqual([a.width, a.height, a.channels])
  const pixel = ({ data, channels }: Pixels, at: number): Buffer => data.subarray(at * channels, (at + 1) * channels)
  return Array.from({ length: a.width * a.height }, (_, at) => at).filter((at) => !pixel(a, at).equals(pixel(b, at)))
}

export const undoButton = (page: Page): Locator => page.getByRole('button', { name: /^Undo/ }).first()
export const stepSlider = (page: Page): Locator => page.getByRole('slider', { name: 'Step', exact: true })
export const stopButtons = (page: Page): Locator => page.getByRole('button', { name: /^(Stop this run|Stop now)$/ })

export async function setSteps(page: Page, steps: number): Promise<void> {
  await setNumber(page.getByRole('spinbutton', { name: 'Steps' }).first(), steps)
}

export async function setNumber(field: Locator, value: number): Promise<void> {
  await field.fill(String(value))
  await field.press('Enter')
}

/** The viewed run has come to its end, and nothing runs. */
export async function runEnds(page: Page, steps: number): Promise<void> {
  await expect.poll(() => stepSlider(page).getAttribute('aria-valuemax'), RUN).toBe(String(steps))
  await expect.poll(() => stopButtons(page).count(), RUN).toBe(0)
}

/** Shows a step of the viewed run, counted from its beginning. */
export async function goToStep(page: Page, step: number): Promise<void> {
  await stepSlider(page).focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < step; i++) await page.keyboard.press('ArrowRight')
  await expect.poll(() => stepSlider(page).getAttribute('aria-valuenow')).toBe(String(step))
}
