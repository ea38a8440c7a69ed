/** The first edit by keyboard alone: the focus never falls to nowhere when what held it goes. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('by keyboard alone', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
  })
  afterAll(() => studio?.close())

  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const { activeElement: at } = document
      return `${at?.getAttribute('role') ?? at?.tagName} ${at?.getAttribute('aria-label') ?? at?.textContent}`
    })
  async function tabTo(what: RegExp): Promise<void> {
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press('Tab')
      if (what.test(await focused())) return
    }
    throw new Error(`Tab does not reach ${what.source}`)
  }
  const step = (): Promise<string | null> =>
    page.getByRole('slider', { name: 'Step', exact: true }).getAttribute('aria-valuenow')

  it('a scene is run, a word of its reasoning replaced at a step, and the run goes on from there', async () => {
    await expect
      .poll(() => page.getByRole('button', { name: /Where things are/ }).isEnabled(), { timeout: 30_000 })
      .toBe(true)
    await tabTo(/Where things are/)
    await page.keyboard.press('Enter')
    await expect.poll(step, { timeout: 60_000 }).toBe('16')
    await expect.poll(focused).toBe('application Picture')
    await tabTo(/slider Step/)
    await page.keyboard.press('Home')
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight')
    await expect.poll(step).toBe('4')
    await tabTo(/^option the/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.getByRole('combobox', { name: /Replace with/ }).waitFor()
    await page.keyboard.type('tree')
    await page.getByRole('option', { name: /^tree/ }).first().waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(focused).toMatch(/^option .* to be replaced by tree/)
    await page.keyboard.press('Control+Shift+Enter')
    await expect
      .poll(() => page.getByRole('option', { name: /^tree, put in by you/ }).count(), { timeout: 60_000 })
      .toBe(1)
    await expect.poll(focused).toMatch(/^option /)
  })

  it('a drawer that a chord opens has the focus, and gives it back to the canvas', async () => {
    await page.keyboard.press('Alt+2')
    await expect.poll(focused).toBe('INPUT Search instruction and reasoning')
    await page.keyboard.press('Alt+2')
    await expect.poll(focused).toBe('application Picture')
    await page.keyboard.press('Alt+5')
    await expect.poll(focused).toMatch(/^tab .*Layers/)
    expect(studio.errors).toEqual([])
  })
})
