/**
 * What somebody who measures does, by mouse and keyboard: two short runs, the answers of one, their comparison, a blind
 * vote, and the reasoning-drag report with one of its pairs opened in step. The same in every host.
 */
import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'

const WAIT = 90_000

const form = (page: Page): Locator => page.locator('.bench-form')
const rows = (page: Page): Locator => page.locator('.bench-run')
const state = (page: Page): Locator => page.locator('.bench-head .bench-state')

async function set(page: Page, label: string, value: string): Promise<void> {
  const field = form(page).getByLabel(label, { exact: true })
  await field.fill(value)
  await field.blur()
}

export async function openBench(page: Page): Promise<void> {
  await page
    .getByRole('navigation', { name: /Screens/ })
    .getByText('Bench', { exact: true })
    .click()
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor()
}

/** Both modes of the first prompts, with steps few enough to be wrong now and then. */
export async function makeRuns(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New run' }).first().click()
  await form(page).getByLabel('Suite').selectOption('storybook-hard')
  await form(page).getByLabel('Think, then draw').check()
  await set(page, 'Steps', '2')
  await set(page, 'Prompts (0: all)', '6')
  await form(page).getByRole('button', { name: 'Queue 2 runs' }).click()
  await expect.poll(() => rows(page).filter({ hasText: 'Done' }).count(), { timeout: WAIT }).toBe(2)
}

export async function lookAtRun(page: Page): Promise<void> {
  await rows(page).first().locator('.bench-run-open').click()
  const table = page.getByRole('region', { name: 'Scores by category' }).getByRole('table')
  await expect.poll(() => table.getByRole('rowheader', { name: 'All', exact: true }).count(), { timeout: WAIT }).toBe(1)
  await expect.poll(() => table.innerText(), { timeout: WAIT }).toContain('Published, other prompts and judge')
  await page.getByRole('tab', { name: /Answers/ }).click()
  await expect
    .poll(() => page.getByRole('listbox', { name: 'Answers' }).getByRole('option').count(), { timeout: WAIT })
    .toBe(6)
  await page.getByRole('listbox', { name: 'Answers' }).press('ArrowDown')
  const picture = page.getByRole('img', { name: 'Drawn' })
  await expect
    .poll(() => picture.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth), { timeout: WAIT })
    .toBe(128)
  // What the tokenizer draws is never quite the template, however right: that has its reason too.
  expect(await page.getByRole('region', { name: 'Judgements' }).innerText()).toMatch(
    /Image quality: \d+ of 16 cells are not clean/,
  )
}

export async function compareAndVote(page: Page): Promise<void> {
  for (const i of [0, 1]) await rows(page).nth(i).getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Compare', exact: true }).click()
  await page.getByRole('rowheader', { name: 'Overall', exact: true }).waitFor({ timeout: WAIT })
  await page.locator('.bench-side-foot').getByRole('button', { name: 'Vote blind' }).click()
  const said = page.getByRole('group', { name: 'Blind votes' })
  const pair = page.locator('.bench-vote-side').first()
  await pair.waitFor({ timeout: WAIT })
  // Pairs alike in picture and words are not shown.
  const votes = async (): Promise<number> => Number(/of (\d+) votes/.exec(await state(page).innerText())?.[1])
  await expect.poll(votes, { timeout: WAIT }).not.toBeNaN()
  const total = await votes()
  const keys = ['ArrowLeft', 'ArrowDown', 'ArrowUp', 'ArrowRight']
  const voted = (count: number): Promise<void> =>
    expect.poll(() => state(page).innerText(), { timeout: WAIT }).toBe(`${count} of ${total} votes`)
  if (total > 1) {
    await said.press('ArrowLeft')
    await voted(1)
    await pair.waitFor({ timeout: WAIT })
    await said.press('u')
    await voted(0)
  }
  for (let i = 0; i < total; i++) {
    await pair.waitFor({ timeout: WAIT })
    await said.press(keys[i % keys.length]!)
    await voted(i + 1)
  }
  await page.getByText(/of 6 pairs/).waitFor({ timeout: WAIT })
  await page.getByRole('rowheader', { name: 'exact 1' }).waitFor()
}

export async function dragAndPair(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New run' }).first().click()
  await form(page).getByRole('radio', { name: 'Reasoning drag' }).click()
  await form(page).getByLabel('Suite').selectOption('storybook-hard')
  await set(page, 'Prompts (0: all)', '12')
  await set(page, 'Steps', '2')
  await form(page).getByRole('button', { name: 'Start' }).click()
  await expect.poll(() => state(page).innerText(), { timeout: WAIT }).toBe('Done')
  await page
    .getByRole('button', { name: /in step$/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog', { name: 'Compare runs in step' })
  await dialog.getByRole('slider', { name: 'Step of both runs' }).waitFor({ timeout: WAIT })
  await expect.poll(() => dialog.getByText(/cells/).count(), { timeout: WAIT }).toBeGreaterThan(0)
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => dialog.getByText('step 1 / 2').count(), { timeout: WAIT }).toBe(2)
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => dialog.getByText('step 2 / 2').count(), { timeout: WAIT }).toBe(2)
  await expect.poll(() => dialog.getByRole('status').innerText(), { timeout: WAIT }).toMatch(/\d+ of 64 cells differ/)
  await page.keyboard.press('Escape')
}
