/** "This edit was right": a run whose words and picture were corrected becomes a row, which knows where it came from. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { openScene, runEnds, setSteps, shown, showsOtherThan, stroke } from './hands.ts'
import { describeWith } from './needs.ts'

const STEPS = 8
const INSTRUCTION = 'remove the dog'
const CORRECTED = 'the dog goes away and nothing else changes'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  let drawn: number[]
  let corrected: number[]

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    await openScene(page)
  })
  afterAll(() => studio?.close())

  const dialog = (): Locator => page.getByRole('dialog', { name: 'This edit was right' })
  const row = (): Locator => page.locator('.row-pictures')
  /** RGBA of an image of the page. */
  const pixelsOf = async (image: Locator): Promise<number[]> =>
    image.evaluate(async (element: HTMLImageElement) => {
      await element.decode()
      const canvas = new OffscreenCanvas(element.naturalWidth, element.naturalHeight)
      const context = canvas.getContext('2d')!
      context.drawImage(element, 0, 0)
      return [...context.getImageData(0, 0, canvas.width, canvas.height).data]
    })
  const differing = (a: readonly number[], b: readonly number[]): number =>
    a.filter((value, i) => Math.abs(value - b[i]!) > 8).length

  it('takes the words as they should be, and the picture as the document is now', async () => {
    await page.getByRole('textbox', { name: 'Instruction' }).fill(INSTRUCTION)
    await setSteps(page, STEPS)
    await page.keyboard.press('Control+Enter')
    await runEnds(page, STEPS)
    await page.getByRole('button', { name: 'Accept as layer' }).click()
    const before = await shown(page)
    await page.keyboard.press('b')
    await stroke(page, [0.4, 0.5], [0.6, 0.5])
    await showsOtherThan(page, before)

    await page.getByRole('button', { name: 'This edit was right' }).first().click()
    await dialog().waitFor()
    expect(await dialog().getByLabel('Instruction').inputValue()).toBe(INSTRUCTION)
    const said = dialog().getByLabel('Reasoning, as it should be')
    expect((await said.inputValue()).length).toBeGreaterThan(0)
    await said.fill('')
    expect(await dialog().getByRole('button', { name: 'Save as a row' }).isDisabled()).toBe(true)
    await said.fill(CORRECTED)
    drawn = await pixelsOf(dialog().getByRole('img', { name: 'Output' }))
    await dialog().getByRole('radio', { name: 'As the document is now' }).click()
    await expect
      .poll(async () => differing(await pixelsOf(dialog().getByRole('img', { name: 'Output' })), drawn))
      .toBeGreaterThan(100)
    corrected = await pixelsOf(dialog().getByRole('img', { name: 'Output' }))
    await dialog().getByRole('radio', { name: 'Val' }).click()
    await dialog().getByRole('button', { name: 'Save as a row' }).click()
    await dialog().waitFor({ state: 'detached' })
  })

  it('the row holds both, its split, and the run it came from', async () => {
    await page.getByRole('button', { name: 'Open the data set' }).click()
    await page.getByRole('heading', { name: 'Right edits' }).waitFor()
    await page.getByText(CORRECTED).first().waitFor()
    const kept = await pixelsOf(row().getByRole('img', { name: 'Output', exact: true }))
    expect(kept.length).toBe(corrected.length)
    expect(differing(kept, corrected)).toBe(0)
    expect(differing(kept, drawn)).toBeGreaterThan(100)
    await page.getByText('a run, with a corrected picture').waitFor()
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
