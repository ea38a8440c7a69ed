/** A published model is got in a browser from a host on this machine whose connections break, and imported from there. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layOutPublished } from '../src/engine/checkpoints/import-fixtures.ts'
import { startHub, type HubServer } from '../src/engine/hub/server-fixtures.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('getting a published model in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  let folder: string
  let hub: HubServer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-e2e-get-'))
    const { directory, vq } = await layOutPublished('m', folder)
    const files = new Map<string, Uint8Array>()
    for (const [from, under] of [
      [directory, ''],
      [vq, 'vqvae/'],
    ] as const)
      for (const name of await readdir(from)) files.set(under + name, await readFile(join(from, name)))
    const config = files.get('config.json')!
    const small = { ...(JSON.parse(Buffer.from(config).toString()) as object), num_vq_tokens: 16 }
    files.set('config.json', Buffer.from(JSON.stringify(small)))
    files.set('pytorch_model.bin', new Uint8Array(3))
    hub = await startHub(files, { dropAfter: 60_000, drops: 4 })
    studio = await openInBrowser()
    page = studio.page
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Models' }).click()
  })
  afterAll(async () => {
    await studio?.close()
    await hub?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  it('the host is named, and not asked before the person asks', async () => {
    await page.getByRole('button', { name: 'Get …' }).click()
    await page.getByRole('textbox', { name: 'Host' }).fill(hub.url)
    await page.getByRole('textbox', { name: 'Repository' }).fill('tiny/MMaDA-Parallel-M')
    const ask = page.getByRole('button', { name: `Ask ${new URL(hub.url).host}` })
    await ask.waitFor()
    expect(hub.asked).toEqual([])
    await ask.click()
    const held = page.getByRole('region', { name: 'What it holds' })
    await held.getByText(/Licence: mit/).waitFor()
    await held.getByText(/1 pickle is left there/).waitFor()
    expect(hub.asked.every(({ url }) => url.startsWith('/api/'))).toBe(true)
  })

  it('it arrives over a line that breaks, and survives a reload', async () => {
    await page.getByRole('button', { name: /^Download/ }).click()
    await page.getByRole('region', { name: 'Downloaded' }).getByText('MMaDA-Parallel-M').waitFor({ timeout: 60_000 })
    expect(hub.asked.some(({ range }) => range?.startsWith('bytes='))).toBe(true)
    await page.reload()
    await page.getByRole('region', { name: 'Downloaded' }).getByText('MMaDA-Parallel-M').waitFor()
  })

  it('it is imported from where it was put', async () => {
    await page.getByRole('region', { name: 'Downloaded' }).getByRole('button', { name: 'Import …' }).click()
    await page.getByRole('combobox', { name: 'Which model it is' }).selectOption('mmada-parallel-m')
    await page.getByText('Image tokenizer MAGVIT-v2').waitFor()
    await page.getByRole('textbox', { name: 'Name' }).fill('Got M')
    await page.getByRole('button', { name: 'Import', exact: true }).last().click()
    await page.locator('.models-item', { hasText: 'Got M' }).click({ timeout: 60_000 })
    await page.getByRole('heading', { name: 'Got M' }).waitFor()
    expect(studio.errors).toEqual([])
  })
})
