/** A published checkpoint in a browser: looked at, its faults named, imported and quantised as a job, and used for a run. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layOutPublished } from '../src/engine/checkpoints/import-fixtures.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { historyRows, openHistory } from './first-edit.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('importing a published checkpoint in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-e2e-import-'))
    const { directory } = await layOutPublished('m', folder)
    // Small pictures: the published size would be a thousand codes.
    const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as object
    await writeFile(join(directory, 'config.json'), JSON.stringify({ ...config, num_vq_tokens: 16 }))
    await mkdir(join(folder, 'empty'))
    studio = await openInBrowser({ args: ['--root', folder] })
    page = studio.page
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Models' }).click()
  })
  afterAll(async () => {
    await studio?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  const places = (name: 'Checkpoint' | 'Tokenizer') => page.getByRole('list', { name: `${name} folders` })
  async function choose(list: 'Checkpoint' | 'Tokenizer', name: string): Promise<void> {
    const found = places(list).getByRole('button', { name, exact: true })
    const root = places(list).getByRole('button', { name: /^Open tandem-e2e-import/ })
    await found.or(root).first().waitFor()
    if (await root.isVisible()) await root.click()
    await found.click()
  }

  it('a folder without a model is refused in words, before anything is written', async () => {
    await page.getByRole('button', { name: 'Published checkpoint …' }).click()
    await choose('Checkpoint', 'empty')
    await page.getByText(/holds no \.safetensors file/).waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'Import', exact: true }).last().isDisabled()).toBe(true)
  })

  it('what a checkpoint needs is asked for: which model it is, and its image tokenizer', async () => {
    await choose('Checkpoint', 'checkpoint-m')
    await page.getByText(/which model this is/).waitFor()
    await page.getByRole('combobox', { name: 'Which model it is' }).selectOption('mmada-parallel-m')
    await page
      .getByRole('region', { name: 'What it holds' })
      .getByText(/showlab\/magvitv2/)
      .waitFor()
    await choose('Tokenizer', 'vq-m')
    await page.getByText('Image tokenizer MAGVIT-v2').waitFor()
    await page.getByRole('heading', { name: 'MMaDA-Parallel-M' }).waitFor()
  })

  it('it is quantised as a job, and shown with its agreement', async () => {
    await page.getByRole('textbox', { name: 'Name' }).fill('Tiny M')
    await page.getByRole('radio', { name: 'int8' }).click()
    await page.getByText(/measured against the originals/).waitFor()
    await page.getByRole('button', { name: 'Import and quantise' }).click()
    await page.locator('.models-item', { hasText: 'Tiny M' }).click({ timeout: 60_000 })
    await page.getByRole('heading', { name: 'Tiny M' }).waitFor()
    const agreement = page.getByRole('region', { name: 'Agreement' })
    await expect.poll(() => agreement.getByRole('row').count()).toBe(3)
    await page.reload()
    await page.getByRole('heading', { name: 'Tiny M' }).waitFor()
  })

  it('its own numbers become those of the document, and it draws', async () => {
    await page.getByRole('button', { name: 'Use in the editor' }).click()
    await page.keyboard.press('Control+1')
    await page.getByRole('radio', { name: 'Generate' }).click()
    await page.getByRole('textbox', { name: 'Instruction' }).fill('A red bicycle.')
    const steps = page.getByRole('spinbutton', { name: 'Steps' }).first()
    await expect.poll(async () => Number(await steps.inputValue())).toBeGreaterThan(100)
    await steps.fill('4')
    await page.keyboard.press('Control+Enter')
    await openHistory(page)
    await historyRows(page).first().click({ timeout: 60_000 })
    await page
      .getByText(/Tiny M/)
      .first()
      .waitFor({ timeout: 20_000 })
    expect(studio.errors).toEqual([])
  })
})
