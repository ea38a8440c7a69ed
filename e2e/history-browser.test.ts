/** The history and the project: runs rated, found, used again, taken out as pictures, deleted; a project as one file. */
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPngText, readPngText } from '../src/shared/png-text.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory } from './first-edit.ts'
import { chooseFile, dropFile, exportAs, exportedDocument, runEnds, saved, setSteps, type Saved } from './hands.ts'
import { describeWith } from './needs.ts'

const INSTRUCTION = 'swap the dog and the rocket'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: /Where things are/ }).click()
  })
  afterAll(() => studio?.close())

  const instruction = (): Locator => page.getByRole('textbox', { name: 'Instruction' })
  const details = (): Locator => page.getByRole('region', { name: 'Details of the run' })
  const rows = (count: number): Promise<void> => expect.poll(() => historyRows(page).count()).toBe(count)
  const search = (): Locator => page.getByRole('searchbox', { name: 'Search instruction and reasoning' })
  const mode = (name: string): Locator => page.getByRole('radiogroup', { name: 'Mode' }).getByRole('radio', { name })
  const fact = (name: string): Promise<string> =>
    details().locator('.details-facts > div').filter({ hasText: name }).locator('dd').first().innerText()
  /** Sets one filter as a person does, and looks how many are left. */
  const filtered = async (label: string, value: string, left: number): Promise<void> => {
    await page
      .getByRole('button', { name: /^Filters/ })
      .first()
      .click()
    await page.locator('.history-filters').getByLabel(label, { exact: true }).selectOption(value)
    await rows(left)
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await page.keyboard.press('Escape')
  }

  it('runs are rated, marked, filtered and found by the words of their reasoning', async () => {
    await openHistory(page)
    await runEnds(page, 16)
    await instruction().fill('remove the snowman')
    await mode('In turn').click()
    await setSteps(page, 8)
    await page.keyboard.press('Control+Enter')
    await rows(2)
    await runEnds(page, 8)
    await historyRows(page).filter({ hasText: INSTRUCTION }).click()
    await details().getByRole('radio', { name: 'Rate 4' }).click()
    await details().getByRole('button', { name: 'Favourite' }).click()
    const rated = historyRows(page).filter({ hasText: INSTRUCTION })
    await rated.getByLabel('Rated 4').waitFor()
    expect(await fact('Box')).toBe('128 × 128 px at 0, 0')
    expect(await fact('Mask')).toBe('none: all of the box could change')

    await filtered('Rating', '4', 1)
    await filtered('Rating', '5', 0)
    await filtered('Mode', 'sequential', 1)
    await filtered('Mode', 'parallel', 1)
    await filtered('Model', 'storybook', 2)
    await page
      .getByRole('button', { name: /^Filters/ })
      .first()
      .click()
    await page.getByRole('switch', { name: 'Favourites only' }).click()
    await rows(1)
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await page.keyboard.press('Escape')
    await rows(2)
    await search().fill('snowman')
    await rows(1)
    await search().fill('no such words')
    await page.getByText('No run matches').waitFor()
    await page.getByRole('button', { name: 'Show all runs' }).click()
    await rows(2)
    // Kept by the service.
    await page.reload()
    await rated.getByLabel('Rated 4').waitFor()
  })

  let picture: Saved
  it('a run leaves as a picture with what made it, and without it where that is switched off', async () => {
    await historyRows(page).filter({ hasText: INSTRUCTION }).dblclick()
    picture = await exportAs(page, /^Picture with its recipe/)
    const text = JSON.parse(readPngText(picture.bytes).get('tandem')!) as Record<string, unknown>
    await historyRows(page).filter({ hasText: INSTRUCTION }).click()
    expect(text).toMatchObject({ instruction: INSTRUCTION, mode: 'parallel', seed: Number(await fact('Seed')) })
    expect(JSON.stringify(text)).toContain(await fact('Model hash'))
    expect(JSON.stringify(text)).toContain(await details().locator('.details-reasoning').innerText())

    const strip = async (): Promise<void> => {
      await page.keyboard.press('Control+,')
      await page.getByRole('switch', { name: 'Pictures of runs carry what made them' }).click()
      await page.getByRole('button', { name: 'Done' }).click()
    }
    await strip()
    const bare = await exportAs(page, /^Picture without its recipe/)
    expect(readPngText(bare.bytes).size).toBe(0)
    expect(bare.bytes.includes(INSTRUCTION)).toBe(false)
    expect((await sharp(bare.bytes).raw().toBuffer()).equals(await sharp(picture.bytes).raw().toBuffer())).toBe(true)
    await strip()
  })

  it('dropped back it restores instruction, seed and mode, and shows its reasoning', async () => {
    await instruction().fill('something else')
    await mode('No text').click()
    await dropFile(page, picture.name, picture.bytes)
    const offer = page.getByText(`This picture was made here: "${INSTRUCTION}".`)
    await offer.waitFor()
    await page.getByText(/^Its reasoning: .*the (dog|rocket)/).waitFor()
    await page.getByRole('button', { name: 'Restore its settings' }).click()
    await expect.poll(() => instruction().inputValue()).toBe(INSTRUCTION)
    expect(await mode('Together').getAttribute('aria-checked')).toBe('true')
    await expectSeedOf(INSTRUCTION)
  })

  it('dropped back from other weights, or from a model that is not here, it says by which it was made', async () => {
    const recipe = JSON.parse(readPngText(picture.bytes).get('tandem')!) as { model: { name: string; hash: string } }
    const drop = async (model: { name: string; hash: string }): Promise<void> => {
      const plain = await sharp(picture.bytes).png().toBuffer()
      const bytes = addPngText(plain, { tandem: JSON.stringify({ ...recipe, model }) })
      await dropFile(page, picture.name, Buffer.from(bytes))
    }
    const hash = '0123abcd'.repeat(4)
    await drop({ name: recipe.model.name, hash })
    await page
      .getByText(
        `It was made by storybook (0123abcd); the storybook here has other weights (${recipe.model.hash.slice(0, 8)})`,
      )
      .waitFor()
    await drop({ name: 'elsewhere', hash })
    await page.getByText('It was made by elsewhere (0123abcd), which is not here').waitFor()
    await page.getByRole('button', { name: 'Restore its settings' }).last().click()
    await expect.poll(() => instruction().inputValue()).toBe(INSTRUCTION)
    await page.getByRole('button', { name: /^Undo/ }).first().click()
  })

  /** The seed of the run panel is that of a run. */
  async function expectSeedOf(title: string): Promise<void> {
    await historyRows(page).filter({ hasText: title }).click()
    const seed = await fact('Seed')
    await expect
      .poll(() => page.getByRole('spinbutton', { name: 'Seed number' }).getAttribute('aria-valuenow'))
      .toBe(seed)
  }

  it('the settings of a run are used again', async () => {
    await historyRows(page).filter({ hasText: 'snowman' }).click()
    await details().getByRole('button', { name: 'Use settings' }).click()
    await expect.poll(() => instruction().inputValue()).toBe('remove the snowman')
    await expect.poll(() => mode('In turn').getAttribute('aria-checked')).toBe('true')
    await expectSeedOf('snowman')
  })

  it('a project leaves as one file, is deleted, and comes back whole', async () => {
    const before = await exportedDocument(page)
    const row = await historyRows(page).filter({ hasText: INSTRUCTION }).innerText()
    await page.getByText('Saved', { exact: true }).waitFor()
    const projects = page.getByRole('dialog', { name: 'Projects' })
    const open = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Studio menu' }).click()
      await page.getByRole('menuitem', { name: 'Projects' }).click()
      await projects.waitFor()
    }
    const act = async (entry: RegExp): Promise<void> => {
      await projects.getByRole('button', { name: 'Actions for First project' }).click()
      await page.getByRole('menuitem', { name: entry }).click()
    }
    await open()
    const file = await saved(page, () => act(/Export as one file/))
    expect(file.name).toMatch(/\.tandem$/)
    await act(/Delete/)
    await page.getByRole('button', { name: 'Delete the project' }).click()
    await rows(0)
    await projects.waitFor()
    await chooseFile(page, () => projects.getByRole('button', { name: 'Import a file' }).click(), file.path)
    await projects.waitFor({ state: 'detached' })
    await rows(2)
    expect(await historyRows(page).filter({ hasText: INSTRUCTION }).innerText()).toBe(row)
    await expect.poll(() => instruction().inputValue()).toBe('remove the snowman')
    // Every picture of it is there: the layers', and those of the runs.
    expect((await exportedDocument(page)).data.equals(before.data)).toBe(true)
    for (const image of await page.locator('.history-thumb img').all())
      await expect.poll(() => image.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth)).toBe(128)
    await historyRows(page).filter({ hasText: INSTRUCTION }).dblclick()
    await runEnds(page, 16)
  })

  it('a run is deleted, unless it is taken back at once', async () => {
    const remove = async (): Promise<void> => {
      await historyRows(page).filter({ hasText: 'snowman' }).click()
      await page.getByRole('button', { name: 'More for this run' }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).click()
    }
    await remove()
    await page.getByRole('button', { name: 'Keep it' }).click()
    await expect.poll(() => page.locator('.history-dim').count()).toBe(0)
    await remove()
    await rows(1)
    await page.reload()
    await rows(1)
    expect(await historyRows(page).innerText()).toContain(INSTRUCTION)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
