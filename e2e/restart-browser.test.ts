/** `tandem serve` ended and started again on its port, under an open window: what the window says, and what it keeps. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, startServe } from './browser.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('a server that is started again', () => {
  it('is told from one that is away; its new link opens what was done meanwhile', async () => {
    const data = await mkdtemp(join(tmpdir(), 'tandem-e2e-'))
    const studio = await openInBrowser({ data })
    const { page, context } = studio
    let again: Awaited<ReturnType<typeof startServe>> | null = null
    try {
      await page.getByRole('button', { name: 'Compose a scene' }).waitFor()
      await page.getByText('Saved', { exact: true }).waitFor()
      await studio.served.stop()

      const away = page.getByText('The studio cannot be reached.').first()
      await away.waitFor({ timeout: 20_000 })
      const instruction = page.getByRole('textbox', { name: 'Instruction' })
      await instruction.fill('remove the cat')
      await instruction.blur()
      await page.getByText('Not saved yet').waitFor()

      const { port } = new URL(studio.served.origin)
      again = await startServe({ data, args: ['--port', port] })
      await page.getByText('The studio was started anew and does not know this window.').waitFor({ timeout: 30_000 })
      expect(await away.isVisible()).toBe(false)
      // It says so in full where the person looks, and not in a riddle: the door names the way in.
      await page.getByRole('button', { name: 'What happened' }).click()
      await page.getByRole('heading', { name: 'The studio was started anew' }).waitFor()

      const other = await context.newPage()
      await other.goto(again.link)
      await expect
        .poll(() => other.getByRole('textbox', { name: 'Instruction' }).inputValue(), { timeout: 20_000 })
        .toBe('remove the cat')
      await other.getByText('Saved', { exact: true }).waitFor()
      // The window that was shut out is let in by the same cookie.
      await page.goto(`${again.origin}/`)
      await expect
        .poll(() => page.getByRole('textbox', { name: 'Instruction' }).inputValue(), { timeout: 20_000 })
        .toBe('remove the cat')
    } finally {
      await studio.browser.close()
      await again?.stop()
      await rm(data, { recursive: true, force: true, maxRetries: 10 })
    }
  })
})
