/** The timeline on a real run: playing, maps on the canvas, words and cells masked again, branches, animations, a foreign run. */
import { unzipSync } from 'fflate'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { nodeCompression } from '../src/engine/trajectory/zlib.ts'
import { decodeTrajectory, encodeTrajectory } from '../src/shared/trajectory-codec.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { dropFile, exportAs, goToStep, runEnds, showsOtherThan, shown, stepSlider, stroke } from './hands.ts'
import { describeWith } from './needs.ts'

const STEPS = 16
/** Before and after on a page of an animation, in pixels: the model's 128 px drawn twice as large. */
const PICTURES = 2 * 256 ** 2

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    await page.getByRole('button', { name: /Where things are/ }).click()
  })
  afterAll(() => studio?.close())

  const button = (name: string | RegExp): Locator => page.getByRole('button', { name, exact: true })
  const stepNow = async (): Promise<number> => Number(await stepSlider(page).getAttribute('aria-valuenow'))
  const word = (index: number): Locator =>
    page.getByRole('listbox', { name: /^Reasoning at step/ }).locator(`[data-index="${index}"]`)
  const map = (name: string): Promise<void> =>
    page.getByRole('radiogroup', { name: 'Shown at this step' }).getByRole('radio', { name }).click()
  const branches = (): Locator => page.getByRole('tree', { name: 'Branches of this run' }).getByRole('treeitem')

  it('it plays to the end, and stops where it is told', async () => {
    await runEnds(page, STEPS)
    await goToStep(page, 0)
    await button('Play').click()
    await expect.poll(stepNow).toBeGreaterThan(1)
    await button('Pause').click()
    const paused = await stepNow()
    expect(paused).toBeLessThan(STEPS)
    await page.getByRole('combobox', { name: 'Speed of playback' }).selectOption({ index: 0 })
    expect(await stepNow()).toBe(paused)
    await page.getByRole('combobox', { name: 'Speed of playback' }).selectOption('4')
    await button('Play').click()
    await expect.poll(stepNow).toBe(STEPS)
    await button('Play').waitFor()
  })

  it('how sure each cell is and when it was decided lie over the picture', async () => {
    await goToStep(page, 8)
    const picture = await shown(page)
    await map('Confidence')
    const confidence = await showsOtherThan(page, picture)
    await page.getByText('unsure', { exact: false }).first().waitFor()
    await map('Decided at')
    const decided = await showsOtherThan(page, confidence)
    expect(decided.equals(picture)).toBe(false)
    await goToStep(page, 12)
    await showsOtherThan(page, decided)
    await map('Picture')
  })

  it('a word is pinned, one and some cells are masked again, and a branch goes on with them', async () => {
    await goToStep(page, 8)
    await word(1).click()
    await button('Pin as it is').click()
    await word(0).click()
    await button('Mask again').click()
    const changes = page.getByRole('group', { name: 'Changes to the reasoning' })
    await expect.poll(() => changes.getByRole('listitem').count()).toBe(2)
    await button('Re-mask cells').click()
    await stroke(page, [0.45, 0.45], [0.55, 0.45])
    await changes.getByText(/^mask \d+ image cells?$/).waitFor()
    await button(/^Continue from step 8$/).click()
    await page.getByRole('tab', { name: 'Branches' }).click()
    await expect.poll(() => branches().count()).toBe(2)
    await runEnds(page, STEPS)
    const branch = branches().last()
    expect(await branch.getAttribute('aria-selected')).toBe('true')
    await expect
      .poll(() => branch.getAttribute('aria-label'))
      .toMatch(/at 2, 1 word masked again, \d+ cells? masked again, after step 8, done/)
    await expect.poll(() => changes.getByRole('listitem').count()).toBe(0)
  })

  it('the tree of runs is walked by its arrows', async () => {
    await branches().last().focus()
    await page.keyboard.press('ArrowUp')
    await expect.poll(() => branches().first().getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => branches().last().getAttribute('aria-selected')).toBe('true')
    await runEnds(page, STEPS)
  })

  it.each(['GIF', 'WebP'])('it leaves as an animation (%s) of every step, both tracks in it', async (kind) => {
    const { bytes } = await exportAs(page, new RegExp(`Animation, both tracks \\(${kind}\\)`))
    const { pages, width, pageHeight, height, format } = await sharp(bytes).metadata()
    expect({ pages, format }).toEqual({ pages: STEPS + 1, format: kind.toLowerCase() })
    // There is more on it than the pictures: words, and the bars of both tracks.
    expect(width * (pageHeight ?? height)).toBeGreaterThan(PICTURES)
    const frame = (page: number): Promise<Buffer> => sharp(bytes, { page }).raw().toBuffer()
    expect((await frame(0)).equals(await frame(STEPS))).toBe(false)
  })

  it('it leaves as pictures of every step', async () => {
    const { bytes, name } = await exportAs(page, /^Every frame/)
    expect(name).toMatch(/-frames\.zip$/)
    const frames = Object.entries(unzipSync(bytes)).filter(([entry]) => entry.endsWith('.png'))
    expect(frames).toHaveLength(STEPS + 1)
    const { width, height } = await sharp(frames[0]![1]).metadata()
    expect(width * height).toBeGreaterThan(PICTURES)
  })

  it('a run of an unknown model: its words are scrubbed, and its hash is said not to be here', async () => {
    const { bytes } = await exportAs(page, /^Trajectory/)
    const own = decodeTrajectory(bytes, nodeCompression)
    const header = { ...own.header, model: { name: 'elsewhere', hash: '0123abcd'.repeat(8) } }
    await dropFile(page, 'elsewhere.tdm', Buffer.from(encodeTrajectory({ ...own, header }, nodeCompression)))
    await page.getByText(/^Made by elsewhere \(0123abcd\), which is not here\./).waitFor()
    await goToStep(page, 0)
    const words = (): Promise<string[]> => page.locator('.tj-label').allInnerTexts()
    const first = await words()
    await page.keyboard.press('End')
    await expect.poll(stepNow).toBe(STEPS)
    await expect.poll(async () => (await words()).join(' ')).toMatch(/the (dog|rocket)/)
    expect(await words()).not.toEqual(first)
    // It can be watched, not changed.
    await word(1).click()
    expect(await button('Pin as it is').count()).toBe(0)
    expect(await button(/^Continue from step/).isDisabled()).toBe(true)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
