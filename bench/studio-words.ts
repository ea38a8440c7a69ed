/**
 * The reasoning panel at the length of the published model, 256 words, on the real page: every word in a slot of its own,
 * none left out. Two invented runs: one in ten open slots drafts another word at a step, as models do at most, with another
 * confidence in all of them; and the worst there is, another word in every one. Timed: opening the run, and each step by
 * key to its paint; beside that the processor time of the page's main thread, which other work on the machine does not
 * stretch. Usage: node bench/studio-words.ts
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChromium, startServe } from '../e2e/browser.ts'
import type { Browser, Page } from 'playwright-core'
import { openReasoning } from '../e2e/first-edit.ts'
import { nodeCompression } from '../src/engine/trajectory/zlib.ts'
import { encodeTrajectory } from '../src/shared/trajectory-codec.ts'
import { chance, largeRun } from '../src/shared/trajectory-fixtures.ts'
import type { TrajectoryHeader, TrajectoryStep } from '../src/shared/trajectory.ts'
import { saveResult } from './lib.ts'
import { keyToPaint, summary, watchProcessor } from './studio-page.ts'

const WORDS = 256
const CELLS = 1024
const STEPS = 128
const VOCABULARY = 2000
const ROUNDS = 2

const SYLLABLES = ['ar', 'bel', 'ca', 'don', 'e', 'fir', 'gan', 'ho', 'in', 'ju']
/** Words of two to four syllables: as wide as real ones. */
const word = (token: number): string =>
  [...String(token).padStart(2, '0')].map((digit) => SYLLABLES[Number(digit)]).join('')

/** `change`: the chance that an open position drafts another token than at the step before. */
function longRun(change: number): Uint8Array {
  const run = largeRun({ prompt: 0, output: WORDS + CELLS, vocabSize: VOCABULARY, steps: STEPS, seed: 1 })
  const random = chance(2)
  const drafts = new Map<number, number>()
  const steps = run.steps.map((step): TrajectoryStep => {
    const { positions, tokens } = step.candidates
    const kept = positions.map((position, i) => {
      const token = random() < change ? tokens[i]! : (drafts.get(position) ?? tokens[i]!)
      drafts.set(position, token)
      return token
    })
    return { ...step, candidates: { ...step.candidates, tokens: kept } }
  })
  const header: TrajectoryHeader = {
    ...run.header,
    fields: [
      { name: 'outputText', start: 0, length: WORDS, modality: 'text' },
      { name: 'outputImage', start: WORDS, length: CELLS, modality: 'image' },
    ],
    image: { grid: 32, offset: 0, codebookSize: VOCABULARY },
    model: { name: 'elsewhere', hash: 'f'.repeat(16) },
    labels: Object.fromEntries(Array.from({ length: VOCABULARY }, (_, token) => [token, word(token)])),
  }
  return encodeTrajectory({ ...run, header, steps }, nodeCompression)
}

/** Drops the run onto the window and walks it there and back. */
async function walk(page: Page, bytes: Uint8Array): Promise<object> {
  const transfer = await page.evaluateHandle((base64) => {
    const made = new DataTransfer()
    made.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'long.tdm'))
    return made
  }, Buffer.from(bytes).toString('base64'))
  const began = performance.now()
  const target = page.locator('section[aria-label=Canvas]')
  for (const type of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(type, { dataTransfer: transfer })
  await page.locator(`.tj-word[data-index="${WORDS - 1}"]`).waitFor()
  const openMs = performance.now() - began
  await page.waitForTimeout(1500)
  await keyToPaint(page, 'Home')
  const spent = await watchProcessor(page)
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++)
    for (let i = 0; i < STEPS; i++)
      times.push((await keyToPaint(page, round % 2 === 0 ? 'ArrowRight' : 'ArrowLeft')).ms)
  return {
    open_ms: openMs,
    step_to_paint: summary(times),
    main_thread_cpu_ms_a_step: Object.fromEntries(
      Object.entries(await spent()).map(([what, ms]) => [what, ms / times.length]),
    ),
  }
}

/** On a studio of its own, where no other run is in view. */
async function measure(browser: Browser, change: number): Promise<object> {
  const data = await mkdtemp(join(tmpdir(), 'tandem-bench-words-'))
  const served = await startServe({ data })
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } })
  try {
    const page = await context.newPage()
    await page.goto(served.link)
    await page.getByRole('button', { name: 'Open a picture' }).waitFor()
    await openReasoning(page)
    return await walk(page, longRun(change))
  } finally {
    await context.close()
    await served.stop()
    await rm(data, { recursive: true, force: true })
  }
}

const browser = await startChromium()
try {
  await saveResult('studio-words', {
    words: WORDS,
    steps: STEPS,
    'one draft in ten changes': await measure(browser, 0.1),
    'every draft changes': await measure(browser, 1),
  })
} finally {
  await browser.close()
}
