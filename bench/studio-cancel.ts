/**
 * Stopping a run that goes, by its button: from the press to the service's answer in the page, and to the first frame that
 * says so; and how many steps the page heard of after that answer, in the order of the socket, which is the order of the
 * record. Usage: node bench/studio-cancel.ts [times]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startChromium, startServe } from '../e2e/browser.ts'
import { setSteps } from '../e2e/hands.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { MAX_STEPS } from '../src/shared/jobs.ts'
import { saveResult } from './lib.ts'
import { messagesOf, openWithEyes, spread, waitOf, waits, type Message, type Wait } from './studio-eyes.ts'
import { runEnded } from './studio-page.ts'

const times = Number(process.argv[2] ?? 40)
const random = seededRandom('cancel')
const data = await mkdtemp(join(tmpdir(), 'tandem-bench-cancel-'))
const served = await startServe({ data })
const browser = await startChromium()
const shown: Wait[] = []
const answered: number[] = []
/** Steps told between the press and the answer, and after the answer. */
const before: number[] = []
const after: number[] = []
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await openWithEyes(context, served.link)
  await page.getByRole('button', { name: /Where things are/ }).click()
  await runEnded(page, 16)
  // Far longer than anybody waits here: every press falls into a run that goes.
  await setSteps(page, MAX_STEPS)
  for (let i = 0; i < times; i++) await stopOne(page)
  await saveResult('studio-cancel', {
    times,
    press_to_answer: spread('', answered),
    press_to_screen: waits(shown),
    steps_until_the_answer: { most: Math.max(...before), total: sum(before) },
    steps_after_the_answer: { most: Math.max(...after), total: sum(after) },
  })
} finally {
  await browser.close()
  await served.stop()
  await rm(data, { recursive: true, force: true, maxRetries: 10 })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

async function stopOne(page: Page): Promise<void> {
  await page.evaluate(() => void window.eyes.messages.splice(0))
  await page.keyboard.press('Control+Enter')
  await page.waitForFunction(() => /^Step [3-9]/.test(document.querySelector('.run-going-line')?.textContent ?? ''))
  await page.waitForTimeout(random.int(300))
  const armed = page.evaluateHandle(() => ({
    // It says that it stops after this step, or has stopped already.
    done: window.eyes.after('pointerdown', () => {
      const line = document.querySelector('.run-going-line')
      return line === null || line.textContent.startsWith('Stopping after this step')
    }),
  }))
  const wait = await waitOf(armed, () => page.getByRole('button', { name: 'Stop this run' }).first().click())
  await page.waitForFunction(() => document.querySelector('.run-going') === null)
  const { answer, steps } = readStop(await messagesOf(page))
  shown.push(wait)
  answered.push(answer.at - wait.from)
  before.push(steps.filter(({ at }) => at >= wait.from && at < answer.at).length)
  after.push(steps.filter(({ at }) => at > answer.at).length)
}

/** The answer to the cancel, and the steps told. */
function readStop(messages: readonly Message[]): { answer: Message; steps: readonly Message[] } {
  const asked = messages.find(({ way, text }) => way === 'sent' && text.includes('"method":"runs.cancel"'))
  const id = /"id":(\d+)/.exec(asked?.text ?? '')?.[1]
  const answer = messages.find(({ way, text }) => way === 'heard' && text.startsWith(`{"id":${id},`))
  if (!answer) throw new Error('the cancel was not answered')
  return { answer, steps: messages.filter(({ way, text }) => way === 'heard' && text.includes('"name":"run.step"')) }
}
