/** Two windows on one document, and a disk that fills up under one: what is said, and that nothing is lost unseen. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'

const instruction = (page: Page) => page.getByRole('textbox', { name: 'Instruction' })
const saved = (page: Page): Promise<void> => page.getByText('Saved', { exact: true }).waitFor()

async function write(page: Page, words: string): Promise<void> {
  await instruction(page).fill(words)
  await instruction(page).blur()
}

describeWith(chromiumMissing())('two windows on one document', () => {
  it('are told from each other: the second one stops, says so, and puts its changes on top of the newer state', async () => {
    const studio = await openInBrowser()
    try {
      const { page, context, served } = studio
      await page.getByRole('button', { name: 'Compose a scene' }).waitFor()
      await saved(page)
      const other = await context.newPage()
      await other.goto(`${served.origin}/`)
      await instruction(other).waitFor()
      await write(page, 'remove the cat')
      await saved(page)

      await write(other, 'swap the dog and the cow')
      await other.getByText('This document was changed in another window.').waitFor()
      await other.getByText('Not saved', { exact: true }).waitFor()
      // Its message can be closed and asked for again; a reload before an answer loses nothing either.
      await other.getByRole('button', { name: 'Dismiss' }).first().click()
      await other.getByRole('button', { name: 'Not saved: why' }).click()
      await other.getByRole('button', { name: 'Load the newer state' }).click()
      await other.getByText(/One change made here was put on top of it/).waitFor()
      await saved(other)
      expect(await instruction(other).inputValue()).toBe('swap the dog and the cow')
      await other.getByRole('button', { name: /^Undo/ }).click()
      await expect.poll(() => instruction(other).inputValue()).toBe('remove the cat')
      await saved(other)

      await write(page, 'remove the dog')
      await page.getByText('This document was changed in another window.').waitFor()
      await page.reload()
      await page.getByText(/One change made here was put on top of it/).waitFor()
      await saved(page)
      expect(await instruction(page).inputValue()).toBe('remove the dog')
    } finally {
      await studio.close()
    }
  })
})

/** A disk of its own in memory, of so many MB; null where this machine does not let one be mounted. */
function smallDisk(megabytes: number): { path: string; free: () => void } | null {
  const path = mkdtempSync(join(tmpdir(), 'tandem-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    rmSync(path, { recursive: true })
    return null
  }
  return {
    path,
    free() {
      execFileSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Writes a file until the disk takes no more. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const block = Buffer.alloc(4096); ;) writeSync(file, block)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(file)
  }
}

const disk = chromiumMissing() === null ? smallDisk(64) : null

describeWith(chromiumMissing() ?? (disk ? null : 'A small disk cannot be mounted here: run as root.'))(
  'a disk that is full',
  () => {
    it('is what the window says is wrong, and once there is room everything is stored by itself', async () => {
      const { path, free } = disk!
      const studio = await openInBrowser({ data: join(path, 'data') })
      try {
        const { page } = studio
        await page.getByRole('button', { name: 'Compose a scene' }).waitFor()
        await saved(page)
        const why = page.getByRole('button', { name: 'Not saved yet: why' })
        const told = page.getByText('stored as soon as it works')
        const ballast = join(path, 'ballast')
        fill(ballast)
        // The database has some room left in its own files: a stroke of the pen after another fills it.
        for (let i = 0; (await why.count()) === 0 && i < 400; i++)
          await write(page, `remove the cat ${'again '.repeat(300)} ${i}`)
        await told.waitFor()
        expect(await page.getByText('The disk is full: the last change was not saved.').count()).toBeGreaterThan(0)
        expect(await page.getByText('The studio cannot be reached').count()).toBe(0)
        await why.waitFor()
        await write(page, 'remove the cow')
        rmSync(ballast)
        await saved(page)
        await told.waitFor({ state: 'detached' })
        await page.reload()
        await expect.poll(() => instruction(page).inputValue()).toBe('remove the cow')
      } finally {
        await studio.close()
        free()
      }
    })
  },
)
