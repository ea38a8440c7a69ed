/**
 * Accessibility, by axe in a real Chromium: every screen, dialog, drawer and menu, light and dark, has nothing serious; and
 * the keyboard reaches every part of the window.
 */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isAccessible } from './axe.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { openReasoning } from './first-edit.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('the studio', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
  })
  afterAll(() => studio?.close())
  /** What one test leaves open is not another one's failure. */
  afterEach(async () => {
    for (let i = 0; i < 3 && (await page.locator('dialog[open], [role=menu]').count()) > 0; i++)
      await page.keyboard.press('Escape')
  })

  const both = (): Promise<void> => isAccessible(page)

  it('is accessible when it is new', async () => {
    await page.getByRole('button', { name: /Where things are/ }).waitFor()
    await both()
  })

  it('is accessible with a run, its reasoning and a result', async () => {
    await page.getByRole('button', { name: /Where things are/ }).click()
    await openReasoning(page)
    await page.waitForFunction(() => document.querySelector('[role=slider][aria-label=Step]')?.ariaValueNow === '16')
    await both()
  })

  it.each(['Tray', 'History', 'Queue'])('the drawer %s', async (name) => {
    const button = page.getByRole('navigation', { name: 'Drawers' }).getByRole('button', { name, exact: true })
    if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click()
    await page.getByRole('complementary', { name }).waitFor()
    await both()
  })

  it.each([/^Run/, /^Layers/, /^Branches/])('the tab %s', async (name) => {
    await page.getByRole('tab', { name }).first().click()
    await both()
  })

  it.each([
    ['the palette', 'Control+k'],
    ['the shortcuts', '?'],
    ['the preferences', 'Control+,'],
  ])('%s', async (_name, chord) => {
    await page.locator('.canvas-host').focus()
    await page.keyboard.press(chord)
    await page.locator('dialog[open]').waitFor()
    await both()
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
  })

  it.each(['About', 'All projects'])('the dialog %s, by the palette', async (name) => {
    await page.locator('.canvas-host').focus()
    await page.keyboard.press('Control+k')
    await page.keyboard.type(name)
    await page.keyboard.press('Enter')
    await page.locator('dialog[open] h2').waitFor()
    await both()
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
  })

  it('the screens beside the editor, empty and with their forms', async () => {
    const screens = page.getByRole('navigation', { name: 'Screens' })
    for (const name of ['Data', 'Train', 'Bench', 'Models']) {
      await screens.getByRole('button', { name, exact: true }).click()
      await page.getByRole('main', { name }).waitFor()
      await page.waitForTimeout(800)
      await both()
    }
    await screens.getByRole('button', { name: 'Train', exact: true }).click()
    await page.getByText('From rewards').first().click()
    await both()
    await screens.getByRole('button', { name: 'Edit', exact: true }).click()
  })

  it('every menu that a button opens', async () => {
    const openers = page.locator('button[aria-haspopup=menu]:visible:enabled')
    for (let i = 0; i < (await openers.count()); i++) {
      await openers.nth(i).click()
      await page.getByRole('menu').first().waitFor()
      await both()
      await page.keyboard.press('Escape')
      await page.getByRole('menu').first().waitFor({ state: 'detached' })
    }
  })

  it('a word’s editor', async () => {
    await page.locator('.tj-word').first().click()
    await page.getByRole('combobox', { name: /Replace with/ }).waitFor()
    await both()
    await page.keyboard.press('Escape')
  })

  describe('the keyboard', () => {
    it('reaches every part of the window, and comes back to the first', async () => {
      await page.getByRole('navigation', { name: 'Drawers' }).getByRole('button').first().focus()
      const parts = ['NAV Drawers', 'SECTION Canvas', 'SECTION Timeline', 'ASIDE Run and layers', 'SECTION Reasoning']
      const reached = new Set<string>()
      for (let i = 0; i < 220; i++) {
        await page.keyboard.press('Tab')
        if (parts.every((part) => reached.has(part))) break
        const at = await page.evaluate(() => {
          const element = document.activeElement
          if (!element || element === document.body) return null
          const part = element.closest('header, nav, aside, section, [role=toolbar], main')
          return `${part?.tagName ?? ''} ${part?.getAttribute('aria-label') ?? ''}`.trim()
        })
        // Past the last element lies the browser's own bar, then the first again.
        if (at !== null) reached.add(at)
      }
      expect([...reached]).toEqual(expect.arrayContaining(parts))
    })
  })
})
