/**
 * What an empty canvas offers: a picture from words alone, with guidance of its own for words and picture, and each sample
 * scene. What comes of it is read back from the exported picture, cell by cell.
 */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readScene } from '../src/engine/bench/judge-read.ts'
import { cellNames } from '../src/engine/data/world/cells.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory, openReasoning } from './first-edit.ts'
import { exportedDocument, runEnds, setNumber, type Pixels } from './hands.ts'
import { describeWith } from './needs.ts'

const STEPS = 16

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: 'Open a picture' }).waitFor()
    await openReasoning(page)
  })
  afterAll(() => studio?.close())

  const button = (name: string | RegExp): Locator => page.getByRole('button', { name, exact: true })
  const run = (): Locator => button(/^Run/)
  const part = (name: string): Locator => page.getByRole('region', { name, exact: true })
  const instruction = (): Locator => page.getByRole('textbox', { name: 'Instruction' })
  const results = (): Locator => page.getByRole('listbox', { name: 'Staged results' }).getByRole('option')
  const words = async (): Promise<string> => (await page.locator('.tj-label').allInnerTexts()).join(' ')

  /** The only result becomes a layer: what the document shows then. */
  async function taken(): Promise<ReturnType<typeof sceneOf>> {
    await expect.poll(() => results().count()).toBe(1)
    await button('Accept as layer').click()
    await expect.poll(() => results().count()).toBe(0)
    return sceneOf(await exportedDocument(page))
  }

  it('draws a picture from words alone: no picture is needed, and the reasoning says what is where', async () => {
    await instruction().fill('remove the cat')
    await page.getByText('Put a picture on the canvas, or choose "Generate".').waitFor()
    expect(await run().isDisabled()).toBe(true)
    await page.getByRole('radiogroup', { name: 'Task' }).getByRole('radio', { name: 'Generate' }).click()
    await instruction().fill('')
    await page.getByText('Write an instruction first.').waitFor()
    expect(await run().isDisabled()).toBe(true)

    await button('Examples').click()
    await page.getByRole('menuitem', { name: 'draw the sea with a boat' }).click()
    await expect.poll(() => instruction().inputValue()).toBe('draw the sea with a boat')
    await instruction().fill('draw the meadow with a cat at b2 and a tree at c3')
    await run().click()
    await runEnds(page, STEPS)
    await expect.poll(words).toBe('now the place is meadow . now b2 has the cat . now c3 has the tree .')
    expect(await taken()).toEqual({ background: 'meadow', b2: 'cat', c3: 'tree' })
  })

  async function newProject(): Promise<void> {
    await page.locator('.canvas-host').focus()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('New project')
    await page.keyboard.press('Enter')
    await button('Open a picture').waitFor()
  }

  it('guidance is set for words and picture, and the run says what it was made with', async () => {
    await newProject()
    await page.getByRole('radiogroup', { name: 'Task' }).getByRole('radio', { name: 'Generate' }).click()
    await instruction().fill('draw the sea with a boat at d1')
    await part('Guidance').getByRole('button', { name: 'Guidance' }).click()
    const guidance = (of: string): Locator =>
      part('Guidance').getByRole('spinbutton', { name: `${of}, number`, exact: true })
    await setNumber(guidance('Words'), 1.5)
    await setNumber(guidance('Picture'), 2)
    await run().click()
    await runEnds(page, STEPS)
    await openHistory(page)
    await expect.poll(() => historyRows(page).count()).toBe(1)
    await historyRows(page).click()
    const fact = (name: string): Locator =>
      page.getByRole('region', { name: 'Details of the run' }).locator('.details-facts div').filter({ hasText: name })
    expect((await fact('Guidance').innerText()).split(/\s*\n\s*/)).toEqual(['Guidance', 'words 1.5, picture 2'])
    expect(await taken()).toEqual({ background: 'sea', d1: 'boat' })
  })

  it.each([
    ['Cause and effect', /the cat eats the fish/, { background: 'meadow', a3: 'balloon', b1: 'tree', c2: 'cat' }],
    [
      'Time passes',
      /seedling becomes a tree/,
      { background: 'desert', a4: 'kite', b3: 'tree', c2: 'rabbit', d4: 'cactus' },
    ],
  ])('the sample scene "%s" makes its edit with one click', async (title, said, scene) => {
    await newProject()
    await button(new RegExp(title)).click()
    await runEnds(page, STEPS)
    await expect.poll(words).toMatch(said)
    expect(await taken()).toEqual(scene)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})

let world: ReturnType<typeof loadWorld> | undefined

/** The place that a picture shows, and what is in its cells. */
async function sceneOf({ data, channels, width, height }: Pixels): Promise<Record<string, string>> {
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) rgb.set(data.subarray(i * channels, i * channels + 3), i * 3)
  const { scene, legible } = readScene(await (world ??= loadWorld()), rgb)
  expect(legible.every(Boolean)).toBe(true)
  const found: Record<string, string> = { background: scene.background }
  scene.cells.forEach((sprite, cell) => {
    if (sprite !== null) found[cellNames[cell]!] = sprite
  })
  return found
}
