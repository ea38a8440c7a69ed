/** Models in a browser: an adapter is brought in, laid on a run, merged into a model, taken out and deleted. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeTinyAdapter } from '../src/main/cli/testing.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { root } from './electron-launch.ts'
import { historyRows, openHistory } from './first-edit.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('models in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-e2e-models-'))
    await writeTinyAdapter(join(folder, 'bright'), join(root, 'resources', 'models', 'storybook'))
    studio = await openInBrowser()
    page = studio.page
  })
  afterAll(async () => {
    await studio?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  async function zipped(): Promise<Buffer> {
    const files: Record<string, Uint8Array> = {}
    for (const name of await readdir(join(folder, 'bright'))) files[name] = await readFile(join(folder, 'bright', name))
    return Buffer.from(zipSync(files))
  }
  const bring = async (name: string, buffer: Buffer): Promise<void> => {
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await (await chooser).setFiles({ name, mimeType: 'application/zip', buffer })
  }

  it('how fast a model is here is measured: on what, in which precision, in how much memory, what the presets save', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Models' }).click()
    await page.getByRole('heading', { name: 'storybook', exact: true }).waitFor()
    const speed = page.getByRole('region', { name: 'Speed on this machine' })
    await speed.getByRole('button', { name: 'Measure', exact: true }).click()
    const edits = speed.getByRole('table', { name: 'One edit in 16 steps' })
    await edits.waitFor({ timeout: 120_000 })
    const fact = (name: string): Promise<string> =>
      speed
        .locator('dl > div', { has: page.getByText(name, { exact: true }) })
        .locator('dd')
        .innerText()
    expect(await fact('Runs on')).toMatch(/^the processor, \d+ threads$/)
    expect(await fact('Computes in')).toBe('float32')
    expect(await fact('Memory')).toMatch(/^[\d.]+ [MG]B, [\d.]+ \w+ of it while measuring$/)
    const rows = (await edits.getByRole('row').allInnerTexts()).slice(1).map((row) => row.split(/\s+/))
    expect(rows.map(([name]) => name)).toEqual(['Exact', 'Fast', 'Fastest'])
    // Forwards of an exact edit are its steps, and it is as fast as itself.
    expect([rows[0]![2], rows[0]!.at(-2)]).toEqual(['16', '1.0'])
    for (const row of rows.slice(1)) expect(Number(row[2])).toBeLessThan(16)
  })

  it('what is no model is refused with the reason, and what is one is shown with what it stands on', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Models' }).click()
    await page.getByRole('heading', { name: 'storybook', exact: true }).waitFor()
    await bring('notes.zip', Buffer.from(zipSync({ 'notes.txt': new Uint8Array([1]) })))
    await page.getByText(/holds no model and no adapter/).waitFor()
    await bring('bright.zip', await zipped())
    await page.getByRole('button', { name: /Merge into a model/ }).waitFor()
    const lineage = page.getByRole('region', { name: 'Lineage' })
    expect(await lineage.getByRole('listitem').allInnerTexts()).toMatchObject([/^storybook/, /./])
  })

  it('it is laid on runs of the editor, and its weight is a part of the document', async () => {
    await page.getByRole('button', { name: 'Use in the editor' }).click()
    await page.keyboard.press('Control+1')
    await page.getByRole('button', { name: /Where things are/ }).click()
    await page.getByRole('group', { name: 'Adapters' }).getByRole('slider').waitFor()
    await openHistory(page)
    await historyRows(page).first().click()
    await page
      .getByText(/storybook \+ /)
      .first()
      .waitFor({ timeout: 20_000 })
    await page.reload()
    await page.getByRole('group', { name: 'Adapters' }).getByRole('slider').waitFor()
    await page.getByRole('button', { name: /^Take off/ }).click()
    await page.getByRole('button', { name: 'Add an adapter' }).waitFor()
  })

  it('it is merged into a model of its own, taken out as a zip, and deleted', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Models' }).click()
    await page.locator('.models-item').first().click()
    await page.getByRole('button', { name: /Merge into a model/ }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Brighter')
    await page.getByRole('button', { name: 'Merge', exact: true }).click()
    await page.locator('.models-item', { hasText: 'Brighter' }).click({ timeout: 60_000 })
    await page.getByRole('heading', { name: 'Brighter' }).waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export', exact: true }).click(),
    ])
    expect(download.suggestedFilename()).toBe('brighter.zip')
    await page.getByRole('button', { name: 'Delete …' }).click()
    await page.getByRole('button', { name: 'Delete the model' }).click()
    await expect.poll(() => page.locator('.models-item', { hasText: 'Brighter' }).count()).toBe(0)
    expect(studio.errors).toEqual([])
  })
})
