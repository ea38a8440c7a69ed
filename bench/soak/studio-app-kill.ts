/**
 * Kills the desktop application at random moments while a person paints and a run goes, and opens it again: no recorded
 * step may be lost, no stroke that is older than two seconds, and the window opens to the view it had: project, drawer,
 * side tab, zoom and pan, and the run and step that were looked at.
 * Usage: npm run soak -- studio-app-kill [times]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openInElectron } from '../../e2e/electron.ts'
import { seededRandom } from '../../src/engine/data/random.ts'
import type { ArgsOf, Method, ResultOf } from '../../src/shared/ipc.ts'
import { MAX_STEPS } from '../../src/shared/jobs.ts'
import { percentile, saveResult } from '../lib.ts'

const times = Number(process.argv[2] ?? 50)
const GRACE_MS = 2000
/** A window that was killed is there again this soon, or something is wrong. */
const PATIENCE_MS = 30_000
const DRAWERS = ['Tray', 'History', 'Queue'] as const
const TABS = ['Run', 'Layers and mask', 'Branches'] as const
const random = seededRandom('app-kill')
const data = await mkdtemp(join(tmpdir(), 'tandem-app-kill-'))
const counts = { kills: 0, edits: 0, editsLost: 0, runsCut: 0, stepsLost: 0, otherView: 0, followed: 0 }
const starts: number[] = []
/** How far the runs were when they were cut, as a share of their steps: near 1, they are too short for this machine. */
const cutAt: number[] = []

/** The contract, asked through the window's own bridge. */
async function call<M extends Method>(page: Page, method: M, args: ArgsOf<M>): Promise<ResultOf<M>> {
  const reply = page.evaluate(
    ([name, value]) =>
      (
        window as unknown as { tandem: { request(m: string, a: unknown): Promise<{ result: unknown }> } }
      ).tandem.request(name as string, value),
    [method, args] as const,
  )
  return (await answered(reply, method)).result as ResultOf<M>
}

/** A window that answers no more would hang all of this, and nobody would know at what. */
async function answered<T>(asked: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`${what} had no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS)
  try {
    return await Promise.race([asked, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** What a person sees of where they are. */
interface View {
  readonly drawer: string | null
  readonly tab: string | null
  readonly zoom: string | null
  readonly step: string | null
  readonly theme: string | undefined
  /** The run that is looked at, and the step, as the document keeps them. */
  readonly viewed: string
  /** The pixel of the document in the middle of the canvas. */
  readonly middle: readonly number[]
}

const seen = (page: Page): Promise<Omit<View, 'middle' | 'viewed'>> =>
  answered(
    page.evaluate(() => ({
      drawer: document.querySelector('nav[aria-label=Drawers] [aria-pressed=true]')?.getAttribute('aria-label') ?? null,
      tab: document.querySelector('[role=tab][aria-selected=true]')?.textContent ?? null,
      zoom: document.querySelector('.canvas-percent')?.textContent ?? null,
      step: document.querySelector('[role=slider][aria-label=Step]')?.ariaValueNow ?? null,
      theme: document.documentElement.dataset['theme'],
    })),
    'the window',
  )

async function viewOf(page: Page): Promise<View> {
  const { projects } = await call(page, 'projects.list', {})
  const { entries } = await call(page, 'layout.get', {})
  const { document } = projects[0]!
  const kept = JSON.parse(String(entries[`view.${document}`] ?? '[]')) as number[]
  const viewed = String(entries[`viewed.${document}`] ?? '')
  return { ...(await seen(page)), viewed, middle: kept.slice(1, 3).map((value) => Math.round(value)) }
}

interface Before {
  /** Commands of the document when the last edit older than the grace was made. */
  readonly commands: number
  readonly run: string | null
  readonly step: number
  readonly view: View
}

async function commandsOf(page: Page): Promise<number> {
  const { projects } = await call(page, 'projects.list', {})
  const { first, commands } = await call(page, 'documents.open', { document: projects[0]!.document })
  return first + commands.length
}

/** A run that is followed (no step is kept) shows the step it has come to, which is a later one. */
function isSame(before: View, now: View): boolean {
  const followed = before.viewed !== '' && !before.viewed.includes(' ')
  const step = followed && Number(now.step) >= Number(before.step) ? before.step : now.step
  return JSON.stringify({ ...now, step }) === JSON.stringify(before)
}

async function check(page: Page, before: Before): Promise<void> {
  if ((await commandsOf(page)) < before.commands) counts.editsLost++
  if (before.run !== null) {
    const run = await call(page, 'runs.get', { run: before.run })
    if (run.step < before.step) counts.stepsLost++
    if (run.state !== 'done') {
      counts.runsCut++
      cutAt.push(before.step / MAX_STEPS)
    }
  }
  let now = await viewOf(page)
  // The run's record is fetched after the window is there.
  for (let i = 0; i < 20 && !isSame(before.view, now); i++) {
    await page.waitForTimeout(100)
    now = await viewOf(page)
  }
  if (isSame(before.view, now)) {
    if (now.step !== before.view.step) counts.followed++
    return
  }
  counts.otherView++
  console.error(`kill ${counts.kills}: was ${JSON.stringify(before.view)}, is ${JSON.stringify(now)}`)
}

/** Looks elsewhere: another drawer, tab, zoom, and a step of a run that is over. */
async function lookAround(page: Page): Promise<void> {
  const drawer = DRAWERS[random.int(DRAWERS.length)]!
  const button = page.getByRole('button', { name: drawer, exact: true }).first()
  if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click()
  await page.getByRole('tab', { name: TABS[random.int(TABS.length)]!, exact: true }).click()
  await page.keyboard.press('b')
  const box = (await page.locator('section[aria-label=Canvas] canvas').first().boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.wheel(0, (random.int(2) === 0 ? -1 : 1) * (60 + random.int(200)))
  const slider = page.getByRole('slider', { name: 'Step', exact: true })
  if ((await slider.count()) === 0) return
  await slider.focus()
  for (let i = 0; i < 1 + random.int(5); i++) await page.keyboard.press('ArrowLeft')
}

/** Paints, runs and looks around until the moment comes; then the process is gone. */
async function workAndKill(studio: Awaited<ReturnType<typeof openInElectron>>): Promise<Before> {
  const { page, app } = studio
  const box = (await page.locator('section[aria-label=Canvas] canvas').first().boundingBox())!
  await page.keyboard.press('Control+Enter')
  const known: { at: number; commands: number }[] = [{ at: performance.now(), commands: await commandsOf(page) }]
  let commands = known[0]!.commands
  const paint = async (ms: number): Promise<void> => {
    const until = performance.now() + ms
    await page.keyboard.press('b')
    while (performance.now() < until) {
      const [x, y] = [box.x + box.width * (0.2 + random.next() * 0.6), box.y + box.height * (0.2 + random.next() * 0.6)]
      await page.mouse.move(x, y)
      await page.mouse.down()
      await page.mouse.move(x + 12, y + 8, { steps: 2 })
      await page.mouse.up()
      counts.edits++
      known.push({ at: performance.now(), commands: ++commands })
      await page.waitForTimeout(80 + random.int(250))
    }
  }
  await paint(300 + random.int(2500))
  await lookAround(page)
  // What was done in the last moment may be lost; this is older.
  await page.waitForTimeout(600)
  const view = await viewOf(page)
  await paint(GRACE_MS + random.int(2000))
  const { items } = await call(page, 'queue.list', {})
  const going = items.find((item) => item.state === 'running')
  const killedAt = performance.now()
  app.process().kill('SIGKILL')
  counts.kills++
  const safe = known.filter(({ at }) => at < killedAt - GRACE_MS).at(-1)
  return { commands: safe?.commands ?? 0, run: going?.run ?? null, step: going?.step ?? 0, view }
}

async function opened(): Promise<Awaited<ReturnType<typeof openInElectron>>> {
  const began = performance.now()
  const studio = await openInElectron({ data })
  const patience = setTimeout(() => {
    console.error(`kill ${counts.kills}: no page within ${PATIENCE_MS} ms. It said:\n${studio.said()}`)
    process.exit(1)
  }, PATIENCE_MS)
  await studio.page.locator('.canvas-percent').waitFor({ timeout: 2 * PATIENCE_MS })
  clearTimeout(patience)
  starts.push(performance.now() - began)
  return studio
}

let before: Before | null = null
let current: Awaited<ReturnType<typeof openInElectron>> | null = null
process.on('uncaughtException', (error) => {
  console.error(`kill ${counts.kills}: ${error.message}. The studio said:\n${current?.said() ?? ''}\nIts data: ${data}`)
  process.exit(1)
})
for (let i = 0; i < times; i++) {
  const studio = await opened()
  current = studio
  const { page } = studio
  if (before) await check(page, before)
  else {
    await page.getByRole('button', { name: /Where things are/ }).click()
    const steps = page.getByRole('spinbutton', { name: 'Steps' }).first()
    // The longest there is: a step takes some milliseconds, and a kill comes five to ten seconds after the start.
    await steps.fill(String(MAX_STEPS))
    await steps.press('Enter')
    await page.waitForTimeout(1500)
  }
  before = await workAndKill(studio)
  await studio.close()
}
const studio = await opened()
if (before) await check(studio.page, before)
await studio.close()
// The service is still closing what it works in.
await rm(data, { recursive: true, force: true, maxRetries: 10 })
await saveResult('soak-studio-app-kill', {
  times,
  ...counts,
  start_median_ms: percentile(starts, 50),
  start_longest_ms: Math.max(...starts),
  cut_at_median: percentile(cutAt, 50),
  cut_at_latest: Math.max(0, ...cutAt),
})
console.log(
  `${counts.kills} kills, ${counts.runsCut} of them in a run (at ${Math.round(100 * Math.max(0, ...cutAt))} % of its steps at the latest): ` +
    `recorded steps lost in ${counts.stepsLost}, edits older than ${GRACE_MS / 1000} s lost in ${counts.editsLost}, another view in ${counts.otherView}.`,
)
if (counts.editsLost + counts.stepsLost + counts.otherView > 0) process.exitCode = 1
if (counts.runsCut < times / 2) {
  console.error('Too few kills fell into a run for this to say anything about its steps.')
  process.exitCode = 1
}
