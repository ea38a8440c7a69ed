/**
 * The bench in a browser: measured, compared, voted on, dragged; found again after a reload; and an endpoint over real HTTP
 * that is asked nothing before the person has seen what is sent, and whose key the page and the data folder do not keep.
 */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openFakeEndpoint, refuse, scoreOf } from '../src/engine/bench/endpoint/server-fixtures.ts'
import { compareAndVote, dragAndPair, lookAtRun, makeRuns, openBench } from './bench.ts'
import { chromiumMissing, openInBrowser } from './browser.ts'
import { describeWith } from './needs.ts'

const KEY = 'sk-of-the-browser-test-0123456789'

describeWith(chromiumMissing())('the bench in a browser', () => {
  it('measures, compares, votes, and opens a pair of the drag report in step', async () => {
    const studio = await openInBrowser()
    try {
      const { page } = studio
      await openBench(page)
      await makeRuns(page)
      await lookAtRun(page)
      await compareAndVote(page)
      await dragAndPair(page)
      await page.reload()
      await page.locator('.bench-head .bench-state').waitFor()
      await expect.poll(() => page.locator('.bench-run').count()).toBe(3)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
    }
  })

  it('asks an endpoint only after its host was agreed to, and keeps the key nowhere', async () => {
    const server = await openFakeEndpoint()
    const studio = await openInBrowser()
    try {
      const { page } = studio
      await openBench(page)
      await page.getByRole('button', { name: 'New run' }).first().click()
      const form = page.locator('.bench-form')
      const limit = form.getByLabel('Prompts (0: all)', { exact: true })
      await limit.fill('2')
      await limit.blur()
      await form.getByRole('radio', { name: 'Vision model' }).click()
      await form.getByLabel('Base URL').fill(server.url)
      await form.getByLabel('Model', { exact: true }).fill('vision-1')
      // Along the run an endpoint cannot follow: said before anything starts.
      const along = form.getByLabel('Alignment every … (0: off)', { exact: true })
      const look = form.getByRole('button', { name: /Look at what is sent/ })
      await along.fill('2')
      await along.blur()
      await form.getByText(/measured by the exact judge alone/).waitFor()
      expect(await look.isDisabled()).toBe(true)
      await along.fill('0')
      await along.blur()
      await look.click()
      const dialog = page.getByRole('dialog')
      const host = new URL(server.url).host
      await expect.poll(() => dialog.innerText(), { timeout: 30_000 }).toMatch(/About, without repeats\s+12 requests/)
      expect(await dialog.innerText()).toMatch(/The most, if all is repeated and paid\s+1084 requests/)
      expect(await dialog.innerText()).toContain(host)
      expect(server.asked).toEqual([])
      // One answer is out of range to the end: unjudged, with the reason, and in no number.
      server.behave(({ key }, n, response) =>
        n === 1 ? refuse(response, 500) : scoreOf(key, key === 'quality_score' ? 7 : 4),
      )
      await dialog.getByLabel(`Key for ${host}`).fill(KEY)
      await dialog.getByRole('button', { name: `Send to ${host}` }).click()
      await expect.poll(() => page.locator('.bench-head .bench-state').innerText(), { timeout: 60_000 }).toBe('Done')
      await page.getByRole('heading', { name: 'Unjudged: 2, in no number above' }).waitFor({ timeout: 30_000 })
      expect(await page.getByRole('region', { name: 'Unjudged answers, with reasons' }).innerText()).toContain(
        '7 is not from 1 to 5',
      )
      expect(server.asked.every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true)
      const { local, html } = await page.evaluate(() => ({
        local: JSON.stringify(localStorage) + JSON.stringify(sessionStorage),
        html: document.documentElement.outerHTML,
      }))
      expect(local + html).not.toContain(KEY)
      for (const entry of await readdir(studio.served.data, { recursive: true, withFileTypes: true }))
        if (entry.isFile()) expect(await readFile(join(entry.parentPath, entry.name), 'latin1')).not.toContain(KEY)
      expect(studio.errors).toEqual([])
    } finally {
      await studio.close()
      await server.close()
    }
  })
})
