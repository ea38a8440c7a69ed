/** The wish for less motion, as the system has it or the studio's own: nothing moves by itself then, also while a run goes. */
import type { JSHandle, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MAX_STEPS } from '../src/shared/jobs.ts'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { setSteps, stopButtons } from './hands.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('in a browser', () => {
  let studio: BrowserStudio
  let page: Page

  beforeAll(async () => {
    studio = await openInBrowser()
    page = studio.page
    page.setDefaultTimeout(10_000)
    await page.getByRole('button', { name: /Where things are/ }).waitFor()
    await setSteps(page, MAX_STEPS)
    await page.getByRole('button', { name: /Where things are/ }).click()
    await stopButtons(page).first().waitFor()
  })
  afterAll(() => studio?.close())

  /** What moves while a person uses the studio and a run goes. */
  async function motion(): Promise<readonly string[]> {
    const seen = await watchMotion(page)
    await page.getByRole('button', { name: 'Queue', exact: true }).click()
    await page.getByRole('region', { name: 'Interactive' }).getByRole('listitem').waitFor()
    await page.getByRole('button', { name: 'Queue', exact: true }).click()
    await page.getByRole('button', { name: 'Brush', exact: true }).hover()
    await page.getByRole('button', { name: 'Brush', exact: true }).click()
    await page.getByRole('switch', { name: 'The picture has steps of its own' }).click()
    await page.getByRole('slider', { name: 'Picture steps' }).waitFor()
    await page.getByRole('switch', { name: 'The picture has steps of its own' }).click()
    await page.getByRole('button', { name: 'Export this run' }).click()
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    // The run went on all the while.
    expect(await stopButtons(page).count()).toBeGreaterThan(0)
    return seen.evaluate(({ stop }) => stop())
  }

  /** What began to move before the wish was there has come to rest. */
  const isStill = (): Promise<void> =>
    expect
      .poll(async () => {
        const seen = await watchMotion(page)
        return seen.evaluate(({ stop }) => stop())
      })
      .toEqual([])

  it('without the wish buttons and switches glide', async () => {
    expect(await motion()).not.toEqual([])
  })

  it('with the wish of the system nothing does', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await isStill()
    expect(await motion()).toEqual([])
    await page.emulateMedia({ reducedMotion: 'no-preference' })
  })

  it('nor with the switch in the preferences', async () => {
    await page.locator('.canvas-host').focus()
    await page.keyboard.press('Control+,')
    await page.getByRole('switch', { name: 'Reduce motion' }).click()
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset['reducedMotion'])).toBe('true')
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
    await isStill()
    expect(await motion()).toEqual([])
  })

  it('nothing was written to the console as an error', () => {
    expect(studio.errors).toEqual([])
  })
})

/** Notes every animation and transition that lasts, at every frame and whenever one begins. */
function watchMotion(page: Page): Promise<JSHandle<{ stop: () => string[] }>> {
  return page.evaluateHandle(() => {
    /** Of a transition that is over before a frame can show it. */
    const NONE_MS = 1
    const seen = new Set<string>()
    let watching = true
    const look = (): void => {
      for (const animation of document.getAnimations()) {
        const { duration, iterations } = animation.effect?.getComputedTiming() ?? {}
        if (Number(duration) <= NONE_MS && iterations !== Infinity) continue
        const target = animation.effect instanceof KeyframeEffect ? animation.effect.target : null
        seen.add(`${animation.constructor.name} of ${target?.className ?? '?'}, ${String(duration)} ms`)
      }
    }
    const frame = (): void => {
      look()
      if (watching) requestAnimationFrame(frame)
    }
    frame()
    const begins = ['transitionrun', 'animationstart'] as const
    for (const name of begins) document.addEventListener(name, look, true)
    return {
      stop: () => {
        watching = false
        for (const name of begins) document.removeEventListener(name, look, true)
        return [...seen]
      },
    }
  })
}
