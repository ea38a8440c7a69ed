/**
 * What a newcomer does first, by keyboard and mouse as they would: a sample scene, a run with its reasoning in view, the
 * scrubber, a word changed at step k, "continue", and both runs in the history. The same in every host.
 */
import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { goToStep, stepSlider } from './hands.ts'

export interface FirstEdit {
  /** The words of the run, and of the branch after its change. */
  readonly first: readonly string[]
  readonly second: readonly string[]
}

const words = (page: Page): Locator => page.getByRole('listbox', { name: /reasoning/i }).first()
const shownWords = (page: Page): Promise<string[]> => words(page).locator('.tj-label').allInnerTexts()
const stepNow = async (page: Page): Promise<number> => Number(await stepSlider(page).getAttribute('aria-valuenow'))

export async function makeFirstEdit(page: Page): Promise<FirstEdit> {
  const said = await hearTheRun(page)
  await page.getByRole('button', { name: /Where things are/ }).click()
  await openReasoning(page)
  await atEnd(page)
  // The engine's own words on its way to the first step reached the screen.
  expect(await said()).toMatch(/Opening storybook.*its first step reads \d+ MB of weights/)
  const first = await shownWords(page)
  expect(first.join(' ')).toMatch(/the (dog|rocket) is at/)

  // Scrub: the beginning knows nothing, every step to the right knows more.
  await goToStep(page, 4)

  // A decided word of the beginning is replaced, and the run goes on from here.
  const subject = words(page).locator('[data-index="1"]')
  await subject.click()
  await page.getByRole('combobox', { name: /Replace with/ }).fill('tree')
  await page.getByRole('option', { name: /^tree/ }).first().waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /Continue from step 4/ }).click()
  await expect.poll(async () => (await shownWords(page))[1], { timeout: 20_000 }).toBe('tree')
  await atEnd(page)
  const second = await shownWords(page)
  expect(second[1]).toBe('tree')

  await openHistory(page)
  await expect.poll(() => historyRows(page).count()).toBe(2)
  return { first, second }
}

/** Collects what the screen says of a run that goes on, however short it stands there. */
async function hearTheRun(page: Page): Promise<() => Promise<string>> {
  const heard = await page.evaluateHandle(() => {
    const lines: string[] = []
    new MutationObserver(() => {
      const line = document.querySelector('.run-going-line')?.textContent
      if (line && line !== lines.at(-1)) lines.push(line)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
    return lines
  })
  return () => heard.evaluate((lines) => lines.join(' | '))
}

export const historyRows = (page: Page): Locator => page.locator('.history-row:not(.history-row-wait)')

export const openHistory = (page: Page): Promise<void> => pressHistory(page, true)
export const closeHistory = (page: Page): Promise<void> => pressHistory(page, false)

async function pressHistory(page: Page, open: boolean): Promise<void> {
  const button = page.getByRole('button', { name: 'History', exact: true })
  await button.waitFor()
  if ((await button.getAttribute('aria-pressed')) !== String(open)) await button.click()
}

export async function openReasoning(page: Page): Promise<void> {
  const tab = page.getByRole('tab', { name: /Reasoning/ })
  if (await tab.isVisible()) await tab.click()
}

/** The run on the timeline has reached its last step, and nothing runs. */
async function atEnd(page: Page): Promise<void> {
  await expect.poll(() => page.getByRole('button', { name: /^(Cancel|Stop)/ }).count(), { timeout: 60_000 }).toBe(0)
  await expect.poll(() => stepNow(page), { timeout: 60_000 }).toBe(16)
}
