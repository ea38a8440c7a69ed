/** A project file that is larger than a part of an upload, brought in as a person does, for both hosts. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import type { Page } from 'playwright-core'
import { emptyDocument } from '../src/shared/document.ts'
import { testSettings } from '../src/main/store/testing.ts'
import { PART } from '../src/renderer/upload-parts.ts'
import { chooseFile } from './hands.ts'

/** Opens the dialog, imports the file, and waits until its project "Large" is open. */
export async function importLargeProject(page: Page): Promise<void> {
  const picture = randomBytes(Math.round(PART * 1.25))
  const base = emptyDocument(128, testSettings)
  const documents = [{ id: 'd', base, commands: [], cursor: 0, first: 0 }]
  const manifest = { format: 'tandem-project', version: 1, name: 'Large', document: 'd', documents, runs: [] }
  const entries = {
    'project.json': strToU8(JSON.stringify(manifest)),
    [`blobs/${createHash('sha256').update(picture).digest('hex')}`]: picture,
  }
  const folder = await mkdtemp(join(tmpdir(), 'tandem-large-'))
  try {
    const path = join(folder, 'large.tandem')
    await writeFile(path, zipSync(entries, { level: 0 }))
    await page.getByRole('button', { name: 'Studio menu' }).click()
    await page.getByRole('menuitem', { name: 'Projects' }).click()
    const dialog = page.getByRole('dialog', { name: 'Projects' })
    await chooseFile(page, () => dialog.getByRole('button', { name: 'Import a file' }).click(), path)
    await page.getByRole('button', { name: 'Project: Large', exact: true }).waitFor({ timeout: 60_000 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
