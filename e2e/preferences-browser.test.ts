/** Preferences by hand: each holds at once, and is there again after a reload. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: 'Preferences', exact: true }).waitFor()
  })
  afterAll(() => studio?.close())

  const dialog = (): Locator => page.getByRole('dialog', { name: 'Preferences' })
  const openDialog = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Preferences', exact: true }).click()
    await dialog().waitFor()
  }
  const again = async (): Promise<void> => {
    await page.reload()
    await openDialog()
  }
  const number = (name: string): Locator => dialog().getByRole('spinbutton', { name })
  const set = async (field: Locator, value: string): Promise<void> => {
    await field.fill(value)
    await field.press('Enter')
  }
  const look = (): Promise<object> => page.evaluate(() => ({ ...document.documentElement.dataset }))

  it('the look changes at once, and the page is served with its theme', async () => {
    await openDialog()
    await dialog().getByRole('radio', { name: 'Dark' }).click()
    await dialog().getByRole('switch', { name: 'Reduce motion' }).click()
    await expect.poll(look).toMatchObject({ theme: 'dark', reducedMotion: 'true' })
    await again()
    await expect.poll(look).toMatchObject({ theme: 'dark', reducedMotion: 'true' })
    const served = await page.context().request.get(studio.served.origin)
    expect(await served.text()).toContain('data-theme="dark"')
    expect(await dialog().getByRole('radio', { name: 'Dark' }).getAttribute('aria-checked')).toBe('true')
    expect(await dialog().getByRole('switch', { name: 'Reduce motion' }).getAttribute('aria-checked')).toBe('true')
  })

  it('follows the system as it changes, the button for the other theme too', async () => {
    await page.emulateMedia({ colorScheme: 'light' })
    await dialog().getByRole('radio', { name: 'As the system' }).click()
    await dialog().getByRole('button', { name: 'Done' }).click()
    for (const [colorScheme, other] of [
      ['dark', 'Light theme'],
      ['light', 'Dark theme'],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await expect.poll(look).toMatchObject({ theme: colorScheme })
      await page.getByRole('button', { name: other }).waitFor()
    }
    await openDialog()
  })

  it('numbers out of their bounds are refused with the reason, others are kept', async () => {
    const space = number('Space for projects')
    await set(space, '0.1')
    await dialog().getByRole('alert').waitFor()
    await space.press('Escape')
    await dialog().getByRole('alert').waitFor({ state: 'detached' })
    expect(await space.inputValue()).toBe('10')
    await set(space, '3.5')
    // Done without Enter: what was typed holds as well.
    await number('Unload after').fill('25')
    await dialog().getByRole('button', { name: 'Done' }).click()
    await again()
    expect(await space.inputValue()).toBe('3.5')
    expect(await number('Unload after').inputValue()).toBe('25')
  })

  it('what this machine computes with is measured, and chosen', async () => {
    await dialog().getByRole('button', { name: 'Measure', exact: true }).click()
    await dialog()
      .getByText(/works, \d+ GFLOP\/s/)
      .first()
      .waitFor({ timeout: 60_000 })
    const choice = dialog().getByRole('combobox', { name: 'Computed on' })
    await choice.selectOption('cpu')
    await again()
    expect(await choice.inputValue()).toBe('cpu')
    await dialog()
      .getByText(/works, \d+ GFLOP\/s/)
      .first()
      .waitFor()
  })

  it('what is changed in a hurry stays as it was set', async () => {
    const motion = await dialog().getByRole('switch', { name: 'Reduce motion' }).elementHandle()
    const recipe = dialog().getByRole('switch', { name: 'Pictures of runs carry what made them' })
    const before = await recipe.getAttribute('aria-checked')
    const changes = await recipe.evaluateHandle((element: HTMLElement, other) => {
      const seen: (string | null)[] = []
      new MutationObserver(() => seen.push(element.ariaChecked)).observe(element, { attributeFilter: ['aria-checked'] })
      ;(other as HTMLElement).click()
      element.click()
      return seen
    }, motion)
    // Answered after both: whatever is told of them was told.
    const measure = dialog().getByRole('button', { name: 'Measure again' })
    await measure.click()
    await measure.waitFor()
    expect(await changes.jsonValue()).toEqual([before === 'true' ? 'false' : 'true'])
  })

  it('an address that was typed holds with Enter and with Done; Escape gives it up, and not the dialog', async () => {
    const host = dialog().getByRole('textbox', { name: 'Host of published models' })
    const usual = await host.inputValue()
    await host.fill('https://none.example')
    await host.press('Escape')
    await expect.poll(() => host.inputValue()).toBe(usual)
    await host.fill('https://one.example')
    await dialog().getByRole('button', { name: 'Done' }).click()
    await again()
    expect(await host.inputValue()).toBe('https://one.example')
    await set(host, 'https://two.example')
    await again()
    expect(await host.inputValue()).toBe('https://two.example')
    // Without one the last one holds.
    await set(host, ' ')
    await expect.poll(() => host.inputValue()).toBe('https://two.example')
    await host.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
