/**
 * Scrubbing: from a press to the first frame that shows the words AND the picture of the step asked for, both compared with
 * what they are once all is there. Cached: the picture is in the page. Uncached: no picture of that step was asked for
 * before the press, by hand or ahead of it, and one was after it; the service decodes it. Usage: node bench/studio-scrub.ts
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { startChromium, startServe } from '../e2e/browser.ts'
import { openReasoning } from '../e2e/first-edit.ts'
import { setSteps, stepSlider } from '../e2e/hands.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { saveResult } from './lib.ts'
import { drawWildly, runEnded } from './studio-page.ts'
import {
  lookOf,
  messagesOf,
  openWithEyes,
  restOf,
  waitOf,
  waits,
  type Look,
  type Message,
  type Wait,
} from './studio-eyes.ts'

/** Enough that the pictures ahead are not all there before a person can press. */
const STEPS = 512
const TARGETS = 32
const UNCACHED = 45
const JUMPS_AN_OPENING = 3
const CACHED = 100
/** All that is asked for ahead has come. */
const STILL_MS = 600

/** Of a step whose picture is its own. */
interface StepLook extends Look {
  readonly step: number
}

const random = seededRandom('scrub')
const data = await mkdtemp(join(tmpdir(), 'tandem-bench-scrub-'))
const served = await startServe({ data })
const browser = await startChromium()
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
try {
  const page = await openWithEyes(context, served.link)
  await page.getByRole('button', { name: /Where things are/ }).click()
  await openReasoning(page)
  await runEnded(page, 16)
  await page.getByRole('tab', { name: /^Run/ }).click()
  await setSteps(page, STEPS)
  await drawWildly(page)
  await page.keyboard.press('Control+Enter')
  await runEnded(page, STEPS)
  await page.close()
  const again = await openAgain(context)
  await allIsThere(again)
  const looks = await looksOf(again)
  const keys = await scrubCached(again)
  const jumps = await jumpCached(again, looks)
  await again.close()
  const uncached = await scrubUncached(context, looks)
  await saveResult('studio-scrub', {
    steps: STEPS,
    cached_key: waits(keys),
    cached_jump: waits(jumps),
    uncached_jump: waits(uncached.waits),
    uncached_jumps_left_out_as_cached: uncached.leftOut,
  })
} finally {
  await browser.close()
  await served.stop()
  await rm(data, { recursive: true, force: true })
}

/** The studio in a new window: it shows the run that was looked at, and has none of its pictures yet. */
async function openAgain(context: BrowserContext): Promise<Page> {
  const page = await openWithEyes(context, served.origin)
  await stepSlider(page).waitFor()
  await openReasoning(page)
  return page
}

/** Nothing has gone over the socket for a while. */
async function allIsThere(page: Page): Promise<void> {
  for (let before = -1, now = 0; now !== before;) {
    before = now
    await page.waitForTimeout(STILL_MS)
    now = (await messagesOf(page)).length
  }
}

/** Presses on the timeline where a step stands. */
async function pressAt(page: Page, step: number): Promise<void> {
  const box = (await stepSlider(page).boundingBox())!
  await page.mouse.click(box.x + ((step + 0.5) / (STEPS + 1)) * box.width, box.y + box.height / 2)
}

/** What steps all over the run look like at rest: steps with a picture of their own, each unlike the others. */
async function looksOf(page: Page): Promise<StepLook[]> {
  const looks: StepLook[] = []
  const own = [...askedFor(await messagesOf(page)).keys()].sort((a, b) => a - b)
  for (let i = 0; i < TARGETS; i++) {
    const step = own[Math.floor(((i + 0.5) / TARGETS) * own.length)]!
    await pressAt(page, step)
    const look = { step, ...(await restOf(page)) }
    if (!look.words.startsWith(`Reasoning at step ${step}\n`)) throw new Error(`step ${step} is not shown`)
    if (!looks.some(({ pixels }) => pixels === look.pixels)) looks.push(look)
  }
  if (looks.length < TARGETS / 2) throw new Error('too few steps look unlike each other')
  return looks
}

function shownAfter(page: Page, type: string, look: Look, act: () => Promise<unknown>): Promise<Wait> {
  const armed = page.evaluateHandle(
    ([name, { words, pixels }]) => ({
      done: window.eyes.after(name, () => window.sight.words() === words && window.sight.pixels() === pixels),
    }),
    [type, look] as const,
  )
  return waitOf(armed, act)
}

/** Key by key over steps whose pictures are there, forth and back: the way back ends at what the way forth began with. */
async function scrubCached(page: Page): Promise<Wait[]> {
  const middle = STEPS >> 1
  await pressAt(page, middle)
  const forth: StepLook[] = []
  const times: Wait[] = []
  for (let i = 0; i < CACHED / 2; i++) {
    forth.push({ step: middle + i, ...(await restOf(page)) })
    await page.keyboard.press('ArrowRight')
  }
  const asked = askedFor(await messagesOf(page)).size
  for (const look of forth.reverse())
    times.push(await shownAfter(page, 'keydown', look, () => page.keyboard.press('ArrowLeft')))
  for (const look of forth.reverse().slice(1))
    times.push(await shownAfter(page, 'keydown', look, () => page.keyboard.press('ArrowRight')))
  await nothingWasAsked(page, asked)
  return times
}

/** From step to step all over the run. */
async function jumpCached(page: Page, looks: readonly StepLook[]): Promise<Wait[]> {
  const times: Wait[] = []
  const asked = askedFor(await messagesOf(page)).size
  for (let last: StepLook | null = null; times.length < CACHED;) {
    const look = looks[random.int(looks.length)]!
    if (look === last) continue
    last = look
    times.push(await shownAfter(page, 'pointerdown', look, () => pressAt(page, look.step)))
  }
  await nothingWasAsked(page, asked)
  return times
}

async function nothingWasAsked(page: Page, before: number): Promise<void> {
  if (askedFor(await messagesOf(page)).size !== before) throw new Error('a picture was not cached')
}

/** Steps whose pictures were asked for, and when first. */
function askedFor(messages: readonly Message[]): Map<number, number> {
  const asked = new Map<number, number>()
  for (const { way, text, at } of messages) {
    const steps = way === 'sent' ? /"method":"runs.decode".*"steps":\[([\d,]+)\]/.exec(text)?.[1] : undefined
    for (const step of steps?.split(',').map(Number) ?? []) if (!asked.has(step)) asked.set(step, at)
  }
  return asked
}

/** In windows just opened, where little was fetched ahead: presses far from what was. */
async function scrubUncached(
  context: BrowserContext,
  looks: readonly StepLook[],
): Promise<{ waits: Wait[]; leftOut: number }> {
  const times: Wait[] = []
  let leftOut = 0
  while (times.length < UNCACHED) {
    const page = await openAgain(context)
    for (let jump = 0; jump < JUMPS_AN_OPENING; jump++) {
      const known = askedFor(await messagesOf(page))
      const { pixels } = await lookOf(page)
      const far = looks.filter((look) => look.pixels !== pixels && !known.has(look.step))
      if (far.length === 0) break
      const look = far[random.int(far.length)]!
      const wait = await shownAfter(page, 'pointerdown', look, () => pressAt(page, look.step))
      const at = askedFor(await messagesOf(page)).get(look.step)
      if (at !== undefined && at > wait.from && at < wait.to) times.push(wait)
      else leftOut++
    }
    await page.close()
    if (leftOut > 10 * UNCACHED) throw new Error('almost every step was fetched ahead')
  }
  return { waits: times, leftOut }
}
