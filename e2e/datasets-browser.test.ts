/** Files as they come: a tar that was cut, and a parquet file with columns of other names, brought in through a browser. */
import { cp, mkdir, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { copyDataset } from '../src/engine/data/formats/copy.ts'
import { openDataset } from '../src/engine/data/formats/open.ts'
import { picture, writeFiles } from '../src/engine/data/formats/testing.ts'
import { createTarWriter } from '../src/engine/data/formats/write.ts'
import { writeWorldFolder } from '../src/engine/data/quadruplets.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { group, standing } from './datasets.ts'
import { root } from './electron-launch.ts'
import { describeWith } from './needs.ts'

const fixtures = join(root, 'src', 'engine', 'data', 'formats', 'fixtures')

describeWith(chromiumMissing())('in a browser', () => {
  let base: string
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'tandem-e2e-files-'))
    studio = await openInBrowser()
    page = studio.page
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Data' }).click()
  })
  afterAll(async () => {
    await studio?.close()
    await rm(base, { recursive: true, force: true, maxRetries: 10 })
  })

  /** A tar of eight scenes of the world, by its path. */
  async function writeTar(): Promise<string> {
    await writeWorldFolder(await loadWorld(), { seed: 5, counts: { train: 8 } }, join(base, 'made'))
    await mkdir(join(base, 'tars'))
    const options = { shardRows: 100, shardBytes: 1e9, pictures: 'keep' } as const
    const writer = createTarWriter(join(base, 'tars'), options)
    await copyDataset(await openDataset(join(base, 'made')), writer, { skipBad: false })
    const [file] = await writer.close()
    return join(base, 'tars', file!)
  }

  it('a tar that was cut keeps training out until what is there is accepted, and again after undo', async () => {
    const tar = await writeTar()
    await truncate(tar, Math.floor((await stat(tar)).size / 2))
    await page.getByRole('button', { name: 'Import a data set' }).click()
    await page.getByLabel('Archive', { exact: true }).setInputFiles(tar)
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await standing(page, /1 error: training cannot start/).waitFor({ timeout: 60_000 })
    await page.getByRole('tab', { name: /Problems/ }).click()
    const cut = group(page, 'Files that end early')
    await cut.getByText(/train-000000\.tar: the tar is cut or damaged in sample \d+, after \d whole samples/).waitFor()
    await cut.getByRole('button', { name: 'Go on without what is missing' }).click()
    await standing(page, /changed since its last check/).waitFor()
    await page.getByRole('button', { name: 'Check again' }).click()
    await standing(page, /Its check found nothing|training can start/).waitFor({ timeout: 60_000 })
    await page.getByRole('tab', { name: 'Rows' }).click()
    await page.getByRole('button', { name: /^Undo: Drop a row/ }).click()
    await standing(page, /changed since its last check/).waitFor()
  })

  it('a parquet file with other columns is asked about, and comes in once they are chosen', async () => {
    const folder = join(base, 'set')
    await mkdir(folder)
    await cp(join(fixtures, 'columns.parquet'), join(folder, 'columns.parquet'))
    await writeFiles(folder, { 'pictures/a.png': await picture(1) })
    await page.getByRole('button', { name: 'Add a data set' }).click()
    await page.getByRole('menuitem', { name: 'Import …' }).click()
    await page.getByLabel('Folder', { exact: true }).setInputFiles(folder)
    const columns = page.getByRole('group', { name: 'Columns' })
    await columns.getByText('columns.parquet has src, prompt, trace, tgt, split.').waitFor()
    const start = page.getByRole('button', { name: 'Import', exact: true })
    expect(await start.isDisabled()).toBe(true)
    expect(await columns.getByLabel('Instruction').inputValue()).toBe('prompt')
    await columns.getByLabel('Input picture').selectOption('src')
    await columns.getByLabel('Output picture').selectOption('tgt')
    await page.getByRole('textbox', { name: 'Name' }).fill('Columns')
    await start.click()
    await page
      .getByRole('list', { name: 'Sets' })
      .getByRole('button', { name: /Columns/ })
      .waitFor({ timeout: 60_000 })
    await page
      .getByRole('list', { name: 'Sets' })
      .getByRole('button', { name: /Columns/ })
      .click()
    await expect.poll(() => page.locator('.data-facts').innerText()).toMatch(/^1 row/)
    expect(studio.errors).toEqual([])
  })
})
