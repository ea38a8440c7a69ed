/** A day's work in a browser, on the real service and engine: painting, stopping, exporting, opening again, bad files. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPngText } from '../src/shared/png-text.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'
import { root } from './electron-launch.ts'

/** A look takes a third of a second, and a canvas its time on a busy machine. */
const LOOKS = { timeout: 30_000, interval: 20 }

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  let files: string

  beforeAll(async () => {
    files = await mkdtemp(join(tmpdir(), 'tandem-e2e-files-'))
    studio = await openInBrowser()
    page = studio.page
  })
  afterAll(async () => {
    await studio?.close()
    await rm(files, { recursive: true, force: true, maxRetries: 10 })
  })

  const picture = (): Locator => page.getByLabel('Picture', { exact: true }).last()
  /** What the canvas shows, with the pointer out of the way. */
  async function shown(): Promise<Buffer> {
    await page.mouse.move(2, 2)
    await page.waitForTimeout(300)
    return page.locator('section[aria-label=Canvas] canvas').first().screenshot()
  }
  const shows = (wanted: Buffer): Promise<void> =>
    expect.poll(async () => (await shown()).equals(wanted), LOOKS).toBe(true)
  /** What it shows once that is something else, and stays. */
  async function showsOtherThan(before: Buffer): Promise<Buffer> {
    let last = before
    const settled = async (): Promise<boolean> => {
      const now = await shown()
      const still = now.equals(last) && !now.equals(before)
      last = now
      return still
    }
    await expect.poll(settled, LOOKS).toBe(true)
    return last
  }
  async function stroke(fromX: number, toX: number): Promise<void> {
    const box = (await page.locator('section[aria-label=Canvas] canvas').first().boundingBox())!
    const at = (x: number): [number, number] => [box.x + box.width * x, box.y + box.height * 0.4]
    await page.mouse.move(...at(fromX))
    await page.mouse.down()
    await page.mouse.move(...at((fromX + toX) / 2), { steps: 4 })
    await page.mouse.move(...at(toX), { steps: 4 })
    await page.mouse.up()
  }
  /** Drops a file on the window, as from a file manager. */
  async function dropFile(name: string, bytes: Buffer): Promise<void> {
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
  async function exportAs(entry: RegExp): Promise<{ bytes: Buffer; name: string; path: string }> {
    await page.getByRole('button', { name: 'Export this run' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 60_000 }),
      page.getByRole('menuitem', { name: entry }).click(),
    ])
    const path = join(files, download.suggestedFilename())
    await download.saveAs(path)
    return { bytes: await readFile(path), name: download.suggestedFilename(), path }
  }
  const toast = (text: RegExp): Locator => page.getByText(text).first()

  it('a picture is opened, and painting is undone, done again, and undone after a reload', async () => {
    const open = page.getByRole('button', { name: 'Open a picture' })
    await open.waitFor()
    const empty = await shown()
    const chooser = page.waitForEvent('filechooser')
    await open.click()
    await (await chooser).setFiles(join(root, 'resources', 'demo', 'scene.png'))
    await picture().waitFor()
    const before = await showsOtherThan(empty)
    await page.keyboard.press('b')
    await stroke(0.4, 0.6)
    const painted = await showsOtherThan(before)
    await page.keyboard.press('Control+z')
    await shows(before)
    await page.keyboard.press('Control+Shift+z')
    await shows(painted)
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: /^Undo/ }).waitFor()
    await shows(painted)
    await page.keyboard.press('Control+z')
    await shows(before)
  })

  it('a run is stopped with what it has, and continued to its end', async () => {
    await page.getByRole('textbox', { name: 'Instruction' }).fill('remove the dog')
    const steps = page.getByRole('spinbutton', { name: 'Steps' }).first()
    await steps.fill('1200')
    await steps.press('Enter')
    await page.keyboard.press('Control+Enter')
    await page
      .getByText(/Step \d+ of 1200/)
      .first()
      .waitFor({ timeout: 30_000 })
    await page.getByRole('button', { name: 'Stop this run' }).first().click()
    await page.getByRole('button', { name: 'Queue', exact: true }).click()
    const stopped = page.getByRole('region', { name: 'Stopped' })
    await stopped
      .getByRole('button', { name: /Continue/ })
      .first()
      .click()
    await page
      .getByText(/Step \d+ of 1200/)
      .first()
      .waitFor({ timeout: 30_000 })
    await expect.poll(() => page.getByRole('button', { name: 'Stop this run' }).count(), { timeout: 60_000 }).toBe(0)
    await expect.poll(() => stopped.count()).toBe(0)
  })

  it('a run leaves as a picture that brings its settings back, as a trajectory, and as an animation', async () => {
    const steps = page.getByRole('spinbutton', { name: 'Steps' }).first()
    await steps.fill('8')
    await steps.press('Enter')
    await page.keyboard.press('Control+Enter')
    await expect
      .poll(() => page.getByRole('slider', { name: 'Step', exact: true }).getAttribute('aria-valuemax'), {
        timeout: 30_000,
      })
      .toBe('8')
    await expect.poll(() => page.getByRole('button', { name: 'Stop this run' }).count(), { timeout: 60_000 }).toBe(0)
    const png = await exportAs(/^Picture/)
    expect(JSON.parse(readPngText(png.bytes).get('tandem')!)).toMatchObject({ instruction: 'remove the dog', steps: 8 })
    const gif = await exportAs(/GIF/)
    expect(await sharp(gif.bytes).metadata()).toMatchObject({ format: 'gif', pages: 9 })
    const tdm = await exportAs(/Trajectory/)
    expect(tdm.bytes.subarray(0, 4).toString()).toBe('TDM1')
    await dropFile(tdm.name, tdm.bytes)
    await expect.poll(() => page.locator('.tj-label').count(), { timeout: 20_000 }).toBeGreaterThan(3)
  })

  it.each([
    ['empty.png', Buffer.alloc(0), /empty/],
    ['words.png', Buffer.from('no picture'), /not a picture/],
    [
      'drawing.svg',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
      /SVG|not a picture|does not open/,
    ],
    ['cut.tdm', Buffer.from('TDM1\u0001'), /damaged|cut|trajectory/i],
    ['other.tandem', Buffer.from('PK nothing'), /not a project/],
  ])('%s is refused in words, and nothing is lost', async (name, bytes, words) => {
    const undo = page.getByRole('button', { name: /^Undo/ }).first()
    const before = await undo.getAttribute('aria-label')
    await dropFile(name, bytes)
    await toast(words).waitFor({ timeout: 15_000 })
    expect(await undo.getAttribute('aria-label')).toBe(before)
    await page.keyboard.press('Escape')
  })

  it('the palette finds a command by a few letters', async () => {
    await page.keyboard.press('Control+k')
    await page
      .getByRole('combobox', { name: 'Search commands' })
      .or(page.getByLabel('Search commands'))
      .last()
      .fill('dark')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
