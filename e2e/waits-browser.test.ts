/** Work that a person waits for: named while it lasts, with how far it is, and stopped when they say so. */
import { unzipSync } from 'fflate'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { exportAs, runEnds, saved, setSteps } from './hands.ts'
import { describeWith } from './needs.ts'

/** Files of so many steps take several seconds; an animation leaves some out. */
const STEPS = 130

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page
  const files: string[] = []

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    page.on('download', (file) => files.push(file.suggestedFilename()))
    const sample = page.getByRole('button', { name: /Where things are/ })
    await sample.waitFor()
    await setSteps(page, STEPS)
    await sample.click()
  })
  afterAll(() => studio?.close())

  const messages = (): Locator => page.getByRole('region', { name: 'Messages' })
  const line = (words: string): Locator => messages().getByRole('status').filter({ hasText: words })
  const ask = async (entry: RegExp): Promise<void> => {
    await page.getByRole('button', { name: 'Export this run' }).click()
    await page.getByRole('menuitem', { name: entry }).click()
  }

  it('a long export is named with how far it is, and Cancel ends it: no file comes, and nothing is said to be wrong', async () => {
    await runEnds(page, STEPS)
    await ask(/^Animation, both tracks \(GIF\)/)
    const wait = line('Making the animation (GIF)')
    await wait.waitFor()
    const bar = wait.getByRole('progressbar', { name: 'Making the animation (GIF)' })
    const share = async (): Promise<number> => Number(await bar.getAttribute('aria-valuenow'))
    const first = await share()
    await expect.poll(share).toBeGreaterThan(first)
    await wait.getByText(/^\d+ %$/).waitFor()
    await wait.getByRole('button', { name: 'Cancel' }).click()
    await wait.waitFor({ state: 'detached' })
    expect(await messages().locator('.toast').count()).toBe(0)
    // What is asked for afterwards is made, and is all that was.
    const { name } = await exportAs(page, /^Trajectory/)
    expect(files).toEqual([name])
  })

  it('one that is let be ends by itself, and its file has every step', async () => {
    const wait = line('Making the frames (ZIP)')
    const { bytes } = await saved(page, async () => {
      await ask(/^Every frame/)
      await wait.waitFor()
    })
    await wait.waitFor({ state: 'detached' })
    expect(Object.keys(unzipSync(bytes)).filter((entry) => entry.endsWith('.png'))).toHaveLength(STEPS + 1)
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})
