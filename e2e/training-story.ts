/**
 * What a person does who wants a better model by the evening: a small run on a set that was mended before, its cost
 * measured first, curves as they grow, a checkpoint and previews asked for, a pause, a killed process explained and resumed,
 * the adapter used in the editor on the same seed as the model it was made from, exported, and loaded again. The same in
 * every host.
 */
import { unzipSync } from 'fflate'
import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { historyRows, openHistory } from './first-edit.ts'
import { killTrainer } from './processes.ts'

const STEPS = 60
const PATIENCE = { timeout: 150_000 }
const NAME = 'evening'

const state = (page: Page): Locator => page.locator('.train-facts dd').first()
export const becomes = (page: Page, words: RegExp): Promise<void> =>
  expect.poll(() => state(page).innerText(), PATIENCE).toMatch(words)
/** Points of the curve of the text's loss, as its description says. */
export async function points(page: Page): Promise<number> {
  const label = await page.locator('[data-chart="text"] .chart-plot').getAttribute('aria-label')
  return Number(/([\d,]+) points/.exec(label ?? '')?.[1]?.replace(',', '') ?? 0)
}

export async function fill(page: Page, label: string, value: number | string): Promise<void> {
  const field = page.locator('.train').getByLabel(label, { exact: true })
  await field.fill(String(value))
  await field.press('Enter')
}

/** `host`: the process whose descendants work. */
export async function trainAnAdapter(page: Page, host: number): Promise<void> {
  // The row that was put into the other split came after the last check.
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByRole('button', { name: 'Train on it' }).click()
  await page.getByRole('heading', { name: 'New run' }).waitFor()
  await page.getByText(/\d+ to train, \d+ to validate/).waitFor()
  await fill(page, 'Rank', 2)
  await fill(page, 'Steps', STEPS)
  await fill(page, 'Batch', 2)
  await fill(page, 'Name of what comes out', NAME)
  await page.getByRole('button', { name: 'Validation, previews, saving' }).click()
  await fill(page, 'Validate every, steps', 30)
  await fill(page, 'Validation samples of a kind', 2)
  await fill(page, 'Previews every, steps (0: none)', 30)
  await fill(page, 'Prompts previewed', 1)
  await fill(page, 'Save every', 1)

  await page.getByRole('button', { name: 'Measure and start' }).click()
  await page.getByRole('status').filter({ hasText: 'being measured' }).waitFor()
  await becomes(page, /Training/)
  await expect.poll(() => points(page), PATIENCE).toBeGreaterThan(3)

  // Between two steps each, in this order.
  for (const name of ['Save now', 'Sample now', 'Pause']) await page.getByRole('button', { name, exact: true }).click()
  await becomes(page, /Paused/)
  await page.getByRole('tab', { name: 'Record' }).click()
  await page.getByText(/^Checkpoint saved as asked/).waitFor()
  await page.getByRole('tab', { name: /Previews/ }).click()
  await page.locator('.preview img').first().waitFor()
  await page.getByRole('heading', { name: /^Step \d+, asked for$/ }).waitFor()
  await page.getByRole('tab', { name: 'Curves' }).click()
  const seen = await points(page)
  await page.reload()
  await becomes(page, /Paused/)
  await expect.poll(() => points(page), PATIENCE).toBeGreaterThanOrEqual(seen)
  const paused = await points(page)
  await page.getByRole('button', { name: 'Resume' }).click()
  await becomes(page, /Training/)
  await expect.poll(() => points(page), PATIENCE).toBeGreaterThan(paused)

  await killTrainer(host)
  await becomes(page, /Failed/)
  await expect.poll(() => page.getByRole('alert').first().innerText(), PATIENCE).toMatch(/process/)
  await page.getByRole('button', { name: 'Resume' }).click()
  await becomes(page, /Done/)
  await expect.poll(() => points(page), PATIENCE).toBeGreaterThanOrEqual(STEPS)
  await page.getByRole('tab', { name: /Previews/ }).click()
  await page.getByRole('columnheader', { name: String(STEPS), exact: true }).waitFor()
  await page.locator('.preview img').first().waitFor()
}

/** The adapter as a file, and that file among the models once more. `saved`: what the host does with a download. */
export async function exportAndLoadAgain(
  page: Page,
  saved: (act: () => Promise<void>) => Promise<Buffer>,
): Promise<void> {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Train' }).click()
  const zip = await saved(() => page.getByRole('button', { name: 'Export the adapter' }).click())
  const names = Object.keys(unzipSync(new Uint8Array(zip))).join(' ')
  expect(names).toContain('adapter_config.json')
  expect(names).toContain('adapter_model.safetensors')

  await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Models' }).click()
  const again = page.locator('.models-item').filter({ hasText: NAME })
  await expect.poll(() => again.count(), PATIENCE).toBe(1)
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await (await chooser).setFiles({ name: `${NAME}.zip`, mimeType: 'application/zip', buffer: zip })
  await expect.poll(() => again.count(), PATIENCE).toBe(2)
  // What came back edits as what was exported did: the document has its seed locked.
  await again.last().click()
  await page.getByRole('button', { name: 'Use in the editor' }).click()
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Edit' }).click()
  await page.keyboard.press('Control+Enter')
  await ended(page, 3)
  const [back, exported] = [await factsOfRow(page, 0), await factsOfRow(page, 2)]
  expect(back['Adapters']).toBe(exported['Adapters'])
  expect(back['Seed']).toBe(exported['Seed'])
  expect(back['Model hash']).toBe(exported['Model hash'])
}

/** The same scene, instruction and seed with the adapter and with the model it was made from. */
export async function compareBeforeAndAfter(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit with it' }).click()
  await page.getByRole('button', { name: /Where things are/ }).click()
  await openHistory(page)
  await ended(page, 1)
  await page.getByRole('button', { name: /Lock the viewed run's seed/ }).click()
  await page.getByRole('button', { name: `Take off ${NAME}` }).click()
  await page.keyboard.press('Control+Enter')
  await ended(page, 2)
  const [after, before] = [await factsOfRow(page, 0), await factsOfRow(page, 1)]
  // Newest first: the second run had the adapter taken off.
  expect(before['Adapters']).toContain(NAME)
  expect(after).not.toHaveProperty('Adapters')
  expect(after['Seed']).toBe(before['Seed'])
  // What is laid on a model is a part of its hash.
  expect(after['Model hash']).not.toBe(before['Model hash'])
}

/** What the history says made a run. */
async function factsOfRow(page: Page, row: number): Promise<Record<string, string>> {
  await historyRows(page).nth(row).click()
  const facts = page.locator('.details-facts')
  await facts.waitFor()
  const [names, values] = [await facts.locator('dt').allInnerTexts(), await facts.locator('dd').allInnerTexts()]
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]))
}

async function ended(page: Page, runs: number): Promise<void> {
  await expect.poll(() => historyRows(page).count(), PATIENCE).toBe(runs)
  await expect.poll(() => page.getByRole('button', { name: /^(Cancel|Stop)/ }).count(), PATIENCE).toBe(0)
}
