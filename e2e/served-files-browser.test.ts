/** A browser elsewhere opens files of the machine that serves it, from the folders it was started with and no others. */
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { root } from './electron-launch.ts'
import { exportedDocument, undoButton } from './hands.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('files of the server', () => {
  let work: string
  let studio: BrowserStudio
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'tandem-served-'))
    const served = join(work, 'Pictures')
    await mkdir(join(served, 'scenes'), { recursive: true })
    await copyFile(join(root, 'resources', 'demo', 'scene.png'), join(served, 'scenes', 'scene.png'))
    await writeFile(join(served, 'notes.txt'), 'words')
    await writeFile(join(work, 'outside.png'), 'secret')
    await symlink(join(work, 'outside.png'), join(served, 'outside.png'))
    studio = await openInBrowser({ args: ['--root', served] })
  })
  afterAll(async () => {
    await studio?.close()
    await rm(work, { recursive: true, force: true })
  })

  it('are chosen by mouse and opened as those that are dropped; others say why not', async () => {
    const { page } = studio
    await page.getByRole('button', { name: 'From the server' }).click()
    const dialog = page.getByRole('dialog', { name: 'Open from the server' })
    const open = dialog.getByRole('button', { name: 'Open', exact: true })
    await dialog.getByRole('button', { name: 'Open Pictures' }).click()
    expect(await open.isDisabled()).toBe(true)
    await dialog.getByRole('button', { name: /^notes\.txt/ }).click()
    await dialog.getByText(/^Choose a picture/).waitFor()
    expect(await open.isDisabled()).toBe(true)
    await dialog.getByRole('button', { name: /^outside\.png/ }).click()
    await open.click()
    await dialog.getByText('That link leads out of the folders this studio may read. Choose another file.').waitFor()
    await dialog.getByRole('button', { name: 'Open scenes' }).click()
    await dialog.getByRole('button', { name: /^scene\.png/ }).click()
    await open.click()
    await expect.poll(() => undoButton(page).getAttribute('aria-label')).toBe('Undo: Add a layer')
    const { width, height } = await exportedDocument(page)
    expect([width, height]).toEqual([128, 128])
    expect(studio.errors).toEqual([])
  })
})
