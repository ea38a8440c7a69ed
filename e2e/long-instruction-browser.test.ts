/** A log pasted as the instruction: cut in words, stored like anything else; what was kept of one is told, not lost. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore } from '../src/main/store/store.ts'
import { testProject, testSettings } from '../src/main/store/testing.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'

const written = testSettings.instruction
const settings = (instruction: string, steps: number): object => ({
  type: 'setSettings',
  settings: { ...testSettings, instruction, steps },
})

describeWith(chromiumMissing())('in a browser', () => {
  let data: string
  let document: string
  let studio: BrowserStudio

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'tandem-long-'))
    const store = openStore(data)
    document = testProject(store).document
    store.close()
    studio = await openInBrowser({ data })
    studio.page.setDefaultTimeout(10_000)
  })
  afterAll(async () => {
    await studio?.close()
    rmSync(data, { recursive: true, force: true })
  })

  const instruction = (): Locator => studio.page.getByRole('textbox', { name: 'Instruction' })
  const saved = (): Promise<void> => studio.page.getByText('Saved', { exact: true }).waitFor()

  it('one kept change that cannot be stored is left out and named, and those around it are there', async () => {
    const { page } = studio
    await instruction().waitFor()
    // As a studio without the limit kept it.
    const commands = [
      settings('paint it red', 16),
      settings('log '.repeat(7500), 16),
      { type: 'setFeather', feather: 7 },
    ]
    const kept = JSON.stringify({ at: 0, cursor: commands.length, commands, revision: 0 })
    await page.evaluate(([key, text]) => localStorage.setItem(key!, text!), [`tandem.unsaved.${document}.old`, kept])
    await page.reload()
    await page.getByText('left out: Change the run settings').waitFor()
    await saved()
    expect(await instruction().inputValue()).toBe('paint it red')
    await page.getByRole('button', { name: 'Undo: Change the feather' }).click()
    await page.getByRole('button', { name: 'Undo: Change the run settings' }).click()
    await expect.poll(() => instruction().inputValue()).toBe(written)
    await saved()
    await page.reload()
    await expect.poll(() => instruction().inputValue()).toBe(written)
    expect(await page.getByText('left out').count()).toBe(0)
  })

  it('30,000 characters pasted are cut where the limit is, it is said, and they are stored', async () => {
    const { page, context, served } = studio
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: served.origin })
    const log = 'line of a log\n'.repeat(3000).slice(0, 30_000)
    await page.evaluate((text) => navigator.clipboard.writeText(text), log)
    await instruction().click()
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Control+V')
    await page.getByText('An instruction takes 20,000 characters: the last 10,000 were left out.').waitFor()
    expect(await instruction().inputValue()).toBe(log.slice(0, 20_000))
    await instruction().blur()
    await saved()
    await page.reload()
    await expect.poll(() => instruction().inputValue()).toBe(log.slice(0, 20_000))
    await instruction().fill('remove the cat')
    await instruction().blur()
    await saved()
    expect(await page.getByText('were left out').count()).toBe(0)
  })
})
