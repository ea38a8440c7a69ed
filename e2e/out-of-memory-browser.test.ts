/**
 * A run in a container whose memory runs out: the kernel ends the process that trains, the screen says so
 * with what to set differently, and the run goes on from its last checkpoint when there is memory again.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { limitMemory, memoryLimitMissing, type MemoryLimit } from './memory-limit.ts'
import { describeWhere } from './needs.ts'
import { becomes, fill, points } from './training-story.ts'

const LIMIT = 1.5e9
const BITE = 32e6
/** More than there is time for. */
const STEPS = 900
const PATIENCE = { timeout: 150_000 }

describeWhere(memoryLimitMissing() ?? chromiumMissing())('memory that runs out', () => {
  let limit: MemoryLimit
  let studio: BrowserStudio
  let page: Page
  beforeAll(async () => {
    limit = limitMemory(LIMIT)
    studio = await openInBrowser({ onStart: (pid) => limit.put(pid) })
    page = studio.page
  })
  afterAll(async () => {
    await studio?.close()
    await limit?.remove()
  })

  it('ends a training run in words, with a proposal, and the run goes on from its checkpoint', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name: 'Train' }).click()
    await page.getByRole('heading', { name: 'New run' }).waitFor()
    await fill(page, 'Rank', 2)
    await fill(page, 'Steps', STEPS)
    await fill(page, 'Batch', 2)
    await page.getByRole('button', { name: 'Validation, previews, saving' }).click()
    await fill(page, 'Validation samples of a kind', 1)
    await fill(page, 'Previews every, steps (0: none)', 0)
    await fill(page, 'Save every', 1)
    await page.getByRole('button', { name: 'Measure and start' }).click()
    await becomes(page, /Training/)
    await page.getByRole('tab', { name: 'Record' }).click()
    await page
      .getByText(/Checkpoint saved on time/)
      .first()
      .waitFor(PATIENCE)

    while (limit.kills() === 0) {
      limit.take(BITE)
      await page.waitForTimeout(100)
    }
    limit.release()
    await becomes(page, /Failed/)
    const said = page.getByRole('alert').first()
    await expect
      .poll(() => said.innerText(), PATIENCE)
      .toMatch(/^Memory ran out: the system ended the process for that/)
    expect(await said.innerText()).toContain('Compute each step in 2 passes of 1')
    // An engine went, and not what serves the page.
    expect(studio.served.process.exitCode).toBeNull()

    await page.getByRole('button', { name: 'New run as proposed' }).click()
    await page.getByRole('button', { name: 'Optimiser and schedule' }).click()
    const passes = page.getByLabel('Passes a step (accumulation)', { exact: true })
    expect(await passes.inputValue()).toBe('2')

    await page.locator('.train-row-open').first().click()
    await page.getByRole('tab', { name: 'Curves' }).click()
    const before = await points(page)
    await page.getByRole('button', { name: 'Resume' }).click()
    await becomes(page, /Training/)
    await expect.poll(() => points(page), PATIENCE).toBeGreaterThan(before)
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await becomes(page, /Paused/)
    // Each step once: those of before the end, and those after it. The validation before the first is a point as well.
    const step = async (): Promise<number> =>
      Number(/^\d+/.exec(await page.locator('.train-facts dd').nth(1).innerText())?.[0])
    await expect.poll(async () => (await points(page)) - (await step()), PATIENCE).toBe(1)
    expect(studio.errors).toEqual([])
  }, 300_000)
})
