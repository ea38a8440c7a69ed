/**
 * What a person does who wants a model that agrees with itself: a short run from rewards on the early checkpoint that
 * ships, its curves as they come, a pause, a rollout on the timeline at the step that was rewarded, a reload, the same
 * prompt by every checkpoint, and the model that came out in the editor, a run of it marked along its steps. The same in
 * every host.
 */
import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { historyRows, openHistory } from './first-edit.ts'

const UPDATES = 8
const ROLLOUTS = 3
const PROMPTS = 2
const SAMPLED = 2
const PATIENCE = { timeout: 150_000 }
const NAME = 'agreeing'
const OWN_PROMPT = 'draw the meadow with a dog at c3'
/** Where they stand is the model's to choose: that is settled on the way. */
const FREE_PROMPT = 'draw the meadow with a dog and a cat'

const status = (page: Page): Promise<string> => page.locator('.rl-head').getByRole('status').innerText()
const becomes = (page: Page, words: RegExp): Promise<void> => expect.poll(() => status(page), PATIENCE).toMatch(words)
const cells = (page: Page): Locator => page.locator('.rollout-cell')
const screen = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).first().click()
const tab = (page: Page, name: RegExp): Promise<void> => page.locator('.train').getByRole('tab', { name }).click()
const updatesDone = async (page: Page): Promise<number> =>
  Number(/update ([\d,]+) of/.exec(await status(page))?.[1]?.replace(',', '') ?? 0)
const stepNow = async (page: Page): Promise<number> =>
  Number(await page.getByRole('slider', { name: 'Step', exact: true }).getAttribute('aria-valuenow'))

async function fill(page: Page, label: string, value: number | string): Promise<void> {
  const field = page.locator('.train').getByLabel(label, { exact: true })
  await field.fill(String(value))
  await field.press('Enter')
}

/** From the start to the edit. */
export async function rlStory(page: Page): Promise<void> {
  await startFromRewards(page)
  await pauseThere(page)
  await openARollout(page)
  await reloadAndResume(page)
  await lookAtCheckpoints(page)
  await useTheModel(page)
}

/** A short run whose reward lies in a folder: chosen in the form, and named in the record. */
export async function clipStory(page: Page, root: string, name: string): Promise<void> {
  await openForm(page)
  await page.getByRole('radio', { name: 'A folder' }).click()
  const start = page.getByRole('button', { name: 'Start', exact: true })
  expect(await start.isDisabled()).toBe(true)
  const list = page.getByRole('list', { name: 'Reward folders' })
  await list.getByRole('button', { name: `Open ${root}` }).click()
  await list.getByRole('button', { name, exact: true }).click()
  await fewRollouts(page)
  await start.click()
  await page.locator('[data-chart="rl-reward"]').waitFor(PATIENCE)
  await tab(page, /Record/)
  await page.getByText(`${name}, a folder`).waitFor()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
}

async function openForm(page: Page): Promise<void> {
  await screen(page, 'Train')
  await page.getByRole('radio', { name: 'From rewards' }).click()
  await page.getByRole('heading', { name: 'New run from rewards' }).waitFor()
}

/** Starts a run whose rollouts are few and short, and waits for the first curve. */
async function startFromRewards(page: Page): Promise<void> {
  await openForm(page)
  await fewRollouts(page)
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await becomes(page, /Training/)
  await page.locator('[data-chart="rl-reward"]').waitFor(PATIENCE)
}

async function fewRollouts(page: Page): Promise<void> {
  await fill(page, 'Updates', UPDATES)
  await fill(page, 'Rollouts a prompt, G', ROLLOUTS)
  await fill(page, 'Prompts a phase', PROMPTS)
  await fill(page, 'Sampled steps, s', SAMPLED)
  await fill(page, 'Updates a phase', 1)
  await fill(page, 'Denoising steps', 6)
  await fill(page, 'Name of what comes out', NAME)
  await page.getByRole('button', { name: 'Policy and objective' }).click()
  await fill(page, 'Hard prompts', 100)
  await fill(page, 'Chosen from', 6)
  await fill(page, 'Validate every', 4)
  await fill(page, 'Prompts of a validation', 4)
  await fill(page, 'Previews every', 4)
  await fill(page, 'Prompts previewed', 2)
}

/** Pauses in the middle: two phases are over, and there is more to do. */
async function pauseThere(page: Page): Promise<void> {
  await expect.poll(() => updatesDone(page), PATIENCE).toBeGreaterThanOrEqual(2)
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await becomes(page, /Paused/)
  expect(await updatesDone(page)).toBeLessThan(UPDATES)
}

/** The grid of a phase: every rollout at every sampled step; one of them on the timeline, at its step. */
async function openARollout(page: Page): Promise<void> {
  await tab(page, /Rollouts/)
  await page.getByRole('button', { name: 'Phase before' }).click()
  await expect.poll(() => cells(page).count(), PATIENCE).toBe(PROMPTS * ROLLOUTS * SAMPLED)
  const cell = cells(page).nth(1)
  const step = Number(/step (\d+)/.exec((await cell.getAttribute('aria-label')) ?? '')?.[1])
  await cell.click()
  await expect.poll(() => stepNow(page), PATIENCE).toBe(step)
  await openHistory(page)
  await historyRows(page).first().click()
  await page.getByText(/^Rollout \d of 3 in phase/).waitFor()
  await screen(page, 'Train')
  await page.locator('.rl-head').waitFor()
}

/** It waits as it was left, and goes on to its end. */
async function reloadAndResume(page: Page): Promise<void> {
  await page.reload()
  await becomes(page, /Paused/)
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await becomes(page, /Done/)
  expect(await updatesDone(page)).toBe(UPDATES)
}

/** Two prompts by three checkpoints, with one seed; a cell opens on the timeline. */
async function lookAtCheckpoints(page: Page): Promise<void> {
  await tab(page, /Previews/)
  await expect.poll(() => page.locator('.preview img').count(), PATIENCE).toBe(6)
  expect(await page.locator('.previews-table thead th').allInnerTexts()).toEqual(['Prompt', '8', '4', '0'])
  await page.locator('.preview').first().click()
  await expect.poll(() => stepNow(page), PATIENCE).toBe(6)
  await page.getByText(`Drawn while “${NAME}” trained, after 8 steps.`).waitFor()
  await page.getByRole('button', { name: 'Show the document' }).waitFor()
  await screen(page, 'Train')
}

/** The exact judge saw it before, between and after; the model that came out draws, in words and picture that agree. */
async function useTheModel(page: Page): Promise<void> {
  await tab(page, /Record/)
  await expect.poll(() => page.locator('.rl-record tbody tr').count(), PATIENCE).toBe(3)
  await page.getByRole('button', { name: 'Use in the editor' }).click()
  await openHistory(page)
  await expect.poll(() => page.getByRole('combobox', { name: 'Model' }).inputValue(), PATIENCE).toBe(NAME)
  await page.getByRole('radio', { name: 'Generate' }).click()
  await draw(page, OWN_PROMPT)
  await seeAlignment(page)
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Models' }).click()
  await page.locator('.models-item', { hasText: NAME }).waitFor()
}

async function draw(page: Page, prompt: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Instruction' }).fill(prompt)
  await page.keyboard.press('Control+Enter')
  // Rows come page by page, so the run is known by its words and not by how many there are.
  await expect.poll(() => historyRows(page).filter({ hasText: prompt }).count(), PATIENCE).toBe(1)
  await expect.poll(() => stepNow(page), PATIENCE).toBe(16)
}

/** The scorer's value at each of the steps, and one from which a sentence holds, which is a button to it. */
async function seeAlignment(page: Page): Promise<void> {
  // By the model that ships, which says what it draws: eight updates make no such model.
  await page.getByRole('combobox', { name: 'Model' }).selectOption({ label: 'storybook' })
  await draw(page, FREE_PROMPT)
  await page.getByRole('button', { name: 'Show alignment along the run' }).click()
  const strip = page.getByRole('img', { name: /^Alignment of words and picture by step/ })
  await strip.waitFor(PATIENCE)
  expect((await strip.getAttribute('aria-label'))?.match(/\d+: -?\d\.\d\d/g)).toHaveLength(16)
  const concept = page.getByRole('button', { name: /^From step \d+ the picture shows: / }).first()
  const step = Number(/\d+/.exec((await concept.getAttribute('aria-label')) ?? '')?.[0])
  expect(step).toBeGreaterThan(1)
  await concept.click()
  await expect.poll(() => stepNow(page), PATIENCE).toBe(step)
}
