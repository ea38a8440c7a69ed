/**
 * A folder with three planted faults becomes a clean data set: taken in, its faults named, each mended on screen, undone
 * and done again, and found the same after a reload. The same in every host; how the folder gets in is the host's.
 */
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { writeWorldFolder } from '../src/engine/data/quadruplets.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'

/** Scenes of the world: 12 that train, 4 that validate, and three faults. */
export async function writeFaultyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  await writeWorldFolder(await loadWorld(), { seed: 11, counts: { train: 12, val: 4 } }, folder)
  const path = join(folder, 'data.jsonl')
  const rows = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)
  rows[1]!['reasoning'] = ''
  await truncate(join(folder, rows[3]!['output_image']!), 150)
  rows.push({ ...rows[0]!, id: 'planted-copy', split: 'val' })
  await writeFile(path, rows.map((row) => JSON.stringify(row) + '\n').join(''))
}

export const standing = (page: Page, words: RegExp): Locator =>
  page.locator('.data-standing').filter({ hasText: words })
export const group = (page: Page, title: string): Locator => page.getByRole('region', { name: title, exact: true })

/** Opens the screen and its import dialog; `bring` chooses the folder in it. */
export async function mendDataset(page: Page, bring: (page: Page) => Promise<void>): Promise<void> {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Data' }).click()
  await page.getByRole('button', { name: 'Import a data set' }).click()
  await bring(page)
  await page.getByRole('textbox', { name: 'Name' }).fill('Planted')
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await standing(page, /3 errors: training cannot start/).waitFor({ timeout: 60_000 })

  await page.getByRole('tab', { name: /Problems/ }).click()
  for (const title of ['Pictures that cannot be decoded', 'Empty reasoning', 'The same row in two splits'])
    await group(page, title).waitFor()

  // A finding leads to its row, where it is mended by hand.
  await group(page, 'Empty reasoning')
    .getByRole('button', { name: /its reasoning is empty/ })
    .click()
  const reasoning = page.getByRole('textbox', { name: 'Reasoning' })
  await reasoning.fill('now a1 is empty .')
  await page
    .getByText(/of \d+ tokens/)
    .first()
    .waitFor()
  await reasoning.press('Escape')
  await standing(page, /2 errors/).waitFor()

  // The others by machine, each as one step.
  await page.getByRole('tab', { name: /Problems/ }).click()
  await group(page, 'Pictures that cannot be decoded').getByRole('button', { name: 'Drop these rows' }).click()
  await standing(page, /1 error:/).waitFor()
  await group(page, 'The same row in two splits').getByRole('button', { name: 'Drop the copies' }).click()
  await standing(page, /changed since its last check/).waitFor()
  await page.getByRole('button', { name: 'Check again' }).click()
  await standing(page, /Its check found nothing/).waitFor({ timeout: 60_000 })

  // Undo brings the fault back with its finding gone stale; redo makes the set what was checked.
  const rows = page.locator('.data-facts')
  await expect.poll(() => rows.innerText()).toMatch(/^15 rows/)
  await page.getByRole('tab', { name: 'Rows' }).click()
  await page.getByRole('button', { name: /^Undo: Drop a row/ }).click()
  await expect.poll(() => rows.innerText()).toMatch(/^16 rows/)
  await page.reload()
  await expect.poll(() => rows.innerText()).toMatch(/^16 rows/)
  await page.getByRole('button', { name: /^Redo: Drop a row/ }).click()
  await standing(page, /Its check found nothing/).waitFor()

  // By keyboard: mark the second row and put it into the validation split.
  const list = page.getByRole('listbox', { name: 'Rows' })
  const second = list.getByRole('option').nth(1)
  // Keys before the rows are there choose nothing.
  await second.waitFor()
  await list.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => second.getAttribute('aria-selected')).toBe('true')
  await page.keyboard.press('m')
  await page.keyboard.press('2')
  await page.getByRole('option', { selected: true }).getByText('val', { exact: true }).waitFor()
  await page.getByRole('option', { selected: true }).getByRole('img', { name: 'Marked' }).waitFor()
}
