/** The run panel by hand: settings kept under a name, and many seeds at once. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MAX_STEPS } from '../src/shared/jobs.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory } from './first-edit.ts'
import { runEnds, setNumber, setSteps, stopButtons } from './hands.ts'
import { describeWith } from './needs.ts'

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

  const part = (name: string): Locator => page.getByRole('region', { name, exact: true })
  const instruction = (): Locator => page.getByRole('textbox', { name: 'Instruction' })
  const chosen = (group: string): Promise<string> =>
    page.getByRole('radiogroup', { name: group, exact: true }).locator('[aria-checked=true]').innerText()
  const choose = (group: string, name: string): Promise<void> =>
    page.getByRole('radiogroup', { name: group, exact: true }).getByRole('radio', { name, exact: true }).click()
  const number = (of: string, name: string): Locator =>
    part(of).getByRole('spinbutton', { name: `${name}, number`, exact: true })
  const pictureSteps = (): Locator => page.getByRole('switch', { name: 'The picture has steps of its own' })

  /** What the panel is set to, but for the instruction. */
  const set = async (): Promise<object> => ({
    mode: await chosen('Mode'),
    steps: await number('Denoising', 'Steps').inputValue(),
    ownPictureSteps: await pictureSteps().getAttribute('aria-checked'),
    words: await number('Temperature', 'Words').inputValue(),
    speed: await chosen('Speed'),
    seed: await chosen('Seed'),
  })

  const presets = (): Locator => part('Presets').getByRole('list', { name: 'Presets' }).getByRole('listitem')
  const applyPreset = (): Promise<void> =>
    part('Presets')
      .getByRole('button', { name: /^Careful/ })
      .click()
  const careful = {
    mode: 'In turn',
    steps: '24',
    ownPictureSteps: 'false',
    words: '0.5',
    speed: 'Exact',
    seed: 'Random',
  }

  it('settings are saved under a name, and taken back over everything that changed but the instruction', async () => {
    await runEnds(page, 16)
    await part('Presets').getByRole('button', { name: 'Presets' }).click()
    await choose('Mode', 'In turn')
    await setSteps(page, 24)
    await setNumber(number('Temperature', 'Words'), 0.5)
    expect(await set()).toEqual(careful)
    const name = part('Presets').getByRole('textbox', { name: 'Name of the preset' })
    await name.fill('Careful')
    await name.press('Enter')
    await expect
      .poll(() => presets().allInnerTexts())
      .toEqual([expect.stringMatching(/^Careful\s+Think, then draw, 24 steps$/)])

    await choose('Mode', 'Together')
    await setSteps(page, 8)
    await pictureSteps().click()
    await setNumber(number('Temperature', 'Words'), 0)
    await choose('Speed', 'Fast')
    await choose('Seed', 'Locked')
    await instruction().fill('remove the snowman')
    const changed = await set()
    await applyPreset()
    await expect.poll(set).toEqual(careful)
    expect(await instruction().inputValue()).toBe('remove the snowman')
    // One step of undo, however much it changed.
    await page.getByRole('button', { name: /^Undo/ }).first().click()
    await expect.poll(set).toEqual(changed)
  })

  it('the settings of a run are taken as they were: what it did without is not set', async () => {
    await openHistory(page)
    await historyRows(page).click()
    await page.getByRole('button', { name: 'Use settings' }).click()
    await expect.poll(set).toEqual({
      mode: 'Together',
      steps: '16',
      ownPictureSteps: 'false',
      words: '0',
      speed: 'Exact',
      seed: 'Locked',
    })
  })

  it('a preset is there after a reload and in every project; the same name replaces it', async () => {
    await page.reload()
    await expect.poll(() => presets().count()).toBe(1)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('New project')
    await page.keyboard.press('Enter')
    await expect.poll(() => instruction().inputValue()).toBe('')
    expect(await set()).not.toEqual(careful)
    await applyPreset()
    await expect.poll(set).toEqual(careful)
    await setSteps(page, 30)
    await part('Presets').getByRole('textbox', { name: 'Name of the preset' }).fill('Careful')
    await part('Presets').getByRole('button', { name: 'Replace' }).click()
    await expect.poll(() => presets().allInnerTexts()).toEqual([expect.stringContaining('30 steps')])
  })

  it('a preset that is deleted is gone, unless it is taken back at once', async () => {
    const remove = (): Promise<void> => page.getByRole('button', { name: 'Delete the preset Careful' }).click()
    await remove()
    await expect.poll(() => presets().count()).toBe(0)
    await page.getByRole('button', { name: 'Bring it back' }).click()
    await expect.poll(() => presets().count()).toBe(1)
    await remove()
    await page.reload()
    await part('Presets').getByText('Mode, steps, temperature and guidance under a name').waitFor()
    expect(await presets().count()).toBe(0)
  })

  const lane = (): Locator => page.getByRole('region', { name: 'Interactive' }).getByRole('listitem')
  const waiting = (): Locator => lane().filter({ hasText: 'Waiting' })
  const waitingSeeds = async (): Promise<number[]> =>
    (await waiting().allInnerTexts()).map((text) => Number(/seed (\d+)/.exec(text)?.[1]))
  const waits = (seed: number): Locator => waiting().filter({ hasText: `seed ${seed}` })
  const staged = (): Locator => page.getByRole('listbox', { name: 'Staged results' }).getByRole('option')

  it('many seeds queue up behind a run that goes, in the order they are put into', async () => {
    await page.getByRole('button', { name: /Where things are/ }).click()
    await runEnds(page, 30)
    await setSteps(page, MAX_STEPS)
    await page.keyboard.press('Control+Enter')
    await stopButtons(page).first().waitFor()

    await setSteps(page, 4)
    await choose('Seed', 'Locked')
    await setNumber(page.getByRole('spinbutton', { name: 'Seed number' }), 101)
    await setNumber(page.getByRole('spinbutton', { name: 'How many runs' }), 5)
    await page.getByText('Seeds 101 to 105.').waitFor()
    await page.getByRole('button', { name: /^Run 5 seeds/ }).click()
    await page.getByRole('button', { name: 'Queue', exact: true }).click()
    await expect.poll(waitingSeeds).toEqual([101, 102, 103, 104, 105])

    await waits(105).getByRole('button', { name: 'Earlier' }).click()
    await expect.poll(waitingSeeds).toEqual([101, 102, 103, 105, 104])
    await waits(104).dragTo(waits(102))
    await expect.poll(waitingSeeds).toEqual([101, 104, 102, 103, 105])
    // By keyboard the run keeps the focus wherever it goes.
    await waits(101).locator('.queue-words').focus()
    await page.keyboard.press('Alt+ArrowDown')
    await expect.poll(waitingSeeds).toEqual([104, 101, 102, 103, 105])
    await page.keyboard.press('Alt+ArrowDown')
    await expect.poll(waitingSeeds).toEqual([104, 102, 101, 103, 105])
    await page.keyboard.press('Alt+ArrowUp')
    await expect.poll(waitingSeeds).toEqual([104, 101, 102, 103, 105])
  })

  it('one is taken out, the others are made in that order, and wait in the strip', async () => {
    await waits(102).getByRole('button', { name: 'Take out of the queue' }).click()
    await expect.poll(waitingSeeds).toEqual([104, 101, 103, 105])
    await lane().getByRole('button', { name: 'Stop after this step' }).click()
    await expect.poll(() => lane().count()).toBe(0)
    const made = (): Promise<number[]> =>
      staged().evaluateAll((cards) => cards.map((card) => Number(/seed (\d+)/.exec(card.ariaLabel ?? '')?.[1])))
    // Behind those of the runs before, and what the stopped one had.
    await expect.poll(async () => (await made()).slice(-4)).toEqual([104, 101, 103, 105])
    expect(await made()).not.toContain(102)
    const stopped = page.getByRole('region', { name: 'Stopped' }).getByRole('listitem')
    await expect.poll(() => stopped.count()).toBe(2)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
