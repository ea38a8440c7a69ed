/** A day's work in a browser, on the real service and engine: painting, stopping, exporting, opening again, bad files. */
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPngText } from '../src/shared/png-text.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { root } from './electron-launch.ts'
import { chooseFile, dropFile, exportAs, shown, shows, showsOtherThan, stroke } from './hands.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
  })
  afterAll(() => studio?.close())

  const picture = (): Locator => page.getByLabel('Picture', { exact: true }).last()
  const toast = (text: RegExp): Locator => page.getByText(text).first()

  it('a picture is opened, and painting is undone, done again, and undone after a reload', async () => {
    const open = page.getByRole('button', { name: 'Open a picture' })
    await open.waitFor()
    const empty = await shown(page)
    await chooseFile(page, () => open.click(), join(root, 'resources', 'demo', 'scene.png'))
    await picture().waitFor()
    const before = await showsOtherThan(page, empty)
    await page.keyboard.press('b')
    await stroke(page, [0.4, 0.4], [0.6, 0.4])
    const painted = await showsOtherThan(page, before)
    await page.keyboard.press('Control+z')
    await shows(page, before)
    await page.keyboard.press('Control+Shift+z')
    await shows(page, painted)
    await page.getByText('Saved', { exact: true }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: /^Undo/ }).waitFor()
    await shows(page, painted)
    await page.keyboard.press('Control+z')
    await shows(page, before)
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
    const png = await exportAs(page, /^Picture/)
    expect(JSON.parse(readPngText(png.bytes).get('tandem')!)).toMatchObject({ instruction: 'remove the dog', steps: 8 })
    const gif = await exportAs(page, /GIF/)
    expect(await sharp(gif.bytes).metadata()).toMatchObject({ format: 'gif', pages: 9 })
    const tdm = await exportAs(page, /Trajectory/)
    expect(tdm.bytes.subarray(0, 4).toString()).toBe('TDM1')
    await dropFile(page, tdm.name, tdm.bytes)
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
    await dropFile(page, name, bytes)
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
