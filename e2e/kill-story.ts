/**
 * A kill in the middle of work: a run goes on, a stroke was made, an earlier step is looked at. Then the host starts again,
 * and everything older than two seconds must be there, as it was looked at. The same in every host.
 */
import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { MAX_STEPS } from '../src/shared/jobs.ts'
import { openHistory } from './first-edit.ts'
import { goToStep, runEnds, setSteps, showsOtherThan, shown, shows, stepSlider, stroke, undoButton } from './hands.ts'

/** What was done less than this before a kill may be lost. */
const GRACE_MS = 2000
const LOOKED_AT = 5

export interface BeforeKill {
  /** Steps of the run that was recorded at least. */
  readonly steps: number
  /** The document on the canvas, with its zoom. */
  readonly canvas: Buffer
  readonly zoom: string
}

const zoom = (page: Page): Promise<string> => page.locator('.canvas-percent').innerText()
const branchesTab = (page: Page): Locator => page.getByRole('tab', { name: 'Branches' })
const recorded = async (page: Page): Promise<number> => Number(await stepSlider(page).getAttribute('aria-valuemax'))

/** Works until the moment in which the host may be killed: a run of many steps goes on. */
export async function workUntilKill(page: Page): Promise<BeforeKill> {
  await page.getByRole('button', { name: /Where things are/ }).click()
  await runEnds(page, 16)
  await setSteps(page, MAX_STEPS)
  await openHistory(page)
  await page.getByRole('button', { name: 'Zoom in' }).click()
  const before = await shown(page)
  await page.keyboard.press('Control+Enter')
  await page.getByText(`of ${MAX_STEPS}`).first().waitFor()
  await page.getByRole('button', { name: 'Brush', exact: true }).click()
  await stroke(page, [0.45, 0.6], [0.55, 0.6])
  await expect.poll(() => undoButton(page).getAttribute('aria-label')).toBe('Undo: Paint')
  await branchesTab(page).click()
  await expect.poll(() => recorded(page)).toBeGreaterThan(LOOKED_AT)
  await goToStep(page, LOOKED_AT)
  const canvas = await showsOtherThan(page, before)
  const seen = await zoom(page)
  const steps = await recorded(page)
  await page.waitForTimeout(GRACE_MS)
  // It goes on: the kill falls into it.
  expect(await recorded(page)).toBeLessThan(MAX_STEPS)
  return { steps, canvas, zoom: seen }
}

/** The window after the host was started again. */
export async function findAllAgain(page: Page, before: BeforeKill): Promise<void> {
  await stepSlider(page).waitFor()
  // Nothing is said to be missing before it was looked for, and no word is a number until its model is there.
  expect(await page.getByText(/which is not (here|among the models here)/).count()).toBe(0)
  expect((await page.locator('.tj-label').allInnerTexts()).filter((label) => label.startsWith('#'))).toEqual([])
  expect(await stepSlider(page).getAttribute('aria-valuenow')).toBe(String(LOOKED_AT))
  expect(await recorded(page)).toBeGreaterThanOrEqual(before.steps)
  expect(await branchesTab(page).getAttribute('aria-selected')).toBe('true')
  expect(await page.getByRole('button', { name: 'History', exact: true }).getAttribute('aria-pressed')).toBe('true')
  expect(await zoom(page)).toBe(before.zoom)
  await expect.poll(() => undoButton(page).getAttribute('aria-label')).toBe('Undo: Paint')
  await page.getByRole('button', { name: 'Show the document' }).click()
  // It says what happened, over the canvas, until it is dismissed.
  const said = page.getByText('The studio ended in the middle of this run.')
  await said.waitFor()
  await page.getByRole('button', { name: 'Dismiss' }).click()
  await said.waitFor({ state: 'detached' })
  await shows(page, before.canvas)

  // Cut, not lost: it goes on from what is recorded.
  const kept = await recorded(page)
  await page.locator('.history-viewed').click()
  await page.getByRole('button', { name: 'Continue', exact: true }).click()
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(kept)
}
