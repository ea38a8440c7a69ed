/** The first edit, in a browser: made, found again after a reload, and found again after the server was killed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { historyRows, makeFirstEdit, openHistory, openReasoning } from './first-edit.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  it('a newcomer makes a first edit, scrubs it, changes a word, continues, and finds both runs', async () => {
    const data = await mkdtemp(join(tmpdir(), 'tandem-e2e-'))
    let studio = await openInBrowser({ data })
    try {
      const { second } = await makeFirstEdit(studio.page)
      await studio.page.reload()
      await studio.page.getByRole('button', { name: 'History', exact: true }).waitFor()
      await expect.poll(() => historyRows(studio.page).count(), { timeout: 20_000 }).toBe(2)
      expect(studio.errors).toEqual([])
      studio.served.process.kill('SIGKILL')
      await studio.browser.close()
      studio = await openInBrowser({ data })
      await openHistory(studio.page)
      await expect.poll(() => historyRows(studio.page).count(), { timeout: 20_000 }).toBe(2)
      await historyRows(studio.page).first().dblclick()
      await openReasoning(studio.page)
      await expect.poll(() => studio.page.locator('.tj-label').allInnerTexts(), { timeout: 20_000 }).toEqual(second)
    } finally {
      await studio.close()
      await rm(data, { recursive: true, force: true, maxRetries: 10 })
    }
  })
})
