/** A suite of prompts from a folder, by the system's own dialog: taken in after it was checked, its faults told by file and line. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBench } from './bench.ts'
import { openInElectron, type ElectronStudio } from './electron.ts'
import { electronMissing, root } from './electron-launch.ts'
import { describeWith } from './needs.ts'

describeWith(await electronMissing())('a suite from a folder', () => {
  let studio: ElectronStudio
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-suite-'))
    const shipped = join(root, 'resources', 'suites', 'storybook')
    const suite = JSON.parse(await readFile(join(shipped, 'suite.json'), 'utf8')) as object
    const [row] = (await readFile(join(shipped, 'prompts.jsonl'), 'utf8')).split('\n')
    for (const [name, rows] of [
      ['good', [row]],
      ['twice', [row, row]],
      ['odd', [JSON.stringify({ ...(JSON.parse(row!) as object), category: 'Odd' })]],
    ] as const) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'suite.json'), JSON.stringify({ ...suite, name, title: `The ${name} one` }))
      await writeFile(join(folder, name, 'prompts.jsonl'), rows.join('\n'))
    }
    studio = await openInElectron()
    await openBench(studio.page)
    await studio.page.getByRole('button', { name: 'Suites', exact: true }).click()
  })
  afterAll(async () => {
    await studio?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  /** What the person will choose in the dialog; null is to cancel it. */
  const choosing = (name: string | null): Promise<void> =>
    studio.app.evaluate(
      ({ dialog }, path) => {
        dialog.showOpenDialog = () =>
          Promise.resolve({ canceled: path === null, filePaths: path === null ? [] : [path] })
      },
      name === null ? null : join(folder, name),
    )
  const add = (): Promise<void> => studio.page.getByRole('button', { name: 'Add a folder …' }).click()

  it('is not taken where the dialog is cancelled, or nothing of it can be asked', async () => {
    const { page } = studio
    await choosing(null)
    await add()
    await choosing('odd')
    await add()
    await page
      .getByText(/can be asked\. prompts\.jsonl, line 1: its category "Odd" is none of/)
      .waitFor({ timeout: 30_000 })
    expect(await page.getByRole('dialog').innerText()).not.toContain(folder)
    expect(await page.locator('.bench-suites').getByText('added here').count()).toBe(0)
  })

  it('is taken with a line that cannot be asked, which is named', async () => {
    const { page } = studio
    await choosing('twice')
    await add()
    const taken = page.locator('.bench-suites li', { hasText: 'The twice one' })
    await taken.waitFor({ timeout: 30_000 })
    expect(await taken.innerText()).toMatch(
      /1 prompt of 2 cannot be asked and will be unjudged: prompts\.jsonl, line 2: the id .* is that of line 1/,
    )
  })

  it('is taken in and chosen for the next run', async () => {
    const { page } = studio
    await choosing('good')
    await add()
    await page.locator('.bench-suites').getByText('The good one').waitFor({ timeout: 30_000 })
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
    await page.getByRole('button', { name: 'New run' }).first().click()
    await expect
      .poll(() => page.getByLabel('Suite', { exact: true }).locator('option:checked').innerText())
      .toContain('The good one')
    expect(studio.errors).toEqual([])
  })
})
