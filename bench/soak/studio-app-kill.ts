/**
 * Kills the desktop application at random moments while a person paints and a run goes, and opens it again: no recorded
 * step may be lost, no stroke that is older than two seconds, and the window opens to the project and drawer it had.
 * Usage: npm run soak -- studio-app-kill [times]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openInElectron } from '../../e2e/electron.ts'
import { seededRandom } from '../../src/engine/data/random.ts'
import type { ArgsOf, Method, ResultOf } from '../../src/shared/ipc.ts'
import { saveResult } from '../lib.ts'

const times = Number(process.argv[2] ?? 50)
const GRACE_MS = 2000
const DRAWERS = ['Tray', 'History', 'Queue'] as const
const random = seededRandom('app-kill')
const data = await mkdtemp(join(tmpdir(), 'tandem-app-kill-'))
const counts = { kills: 0, edits: 0, editsLost: 0, runsCut: 0, stepsLost: 0, otherView: 0 }

/** The contract, asked through the window's own bridge. */
async function call<M extends Method>(page: Page, method: M, args: ArgsOf<M>): Promise<ResultOf<M>> {
  const reply = await page.evaluate(
    ([name, value]) =>
      (
        window as unknown as { tandem: { request(m: string, a: unknown): Promise<{ result: unknown }> } }
      ).tandem.request(name as string, value),
    [method, args] as const,
  )
  return reply.result as ResultOf<M>
}

interface Before {
  /** Commands of the document when the last edit older than the grace was made. */
  readonly commands: number
  readonly run: string | null
  readonly step: number
  readonly drawer: string | null
}

async function commandsOf(page: Page): Promise<number> {
  const { projects } = await call(page, 'projects.list', {})
  const { first, commands } = await call(page, 'documents.open', { document: projects[0]!.document })
  return first + commands.length
}

async function check(page: Page, before: Before): Promise<void> {
  if ((await commandsOf(page)) < before.commands) counts.editsLost++
  if (before.run !== null) {
    const run = await call(page, 'runs.get', { run: before.run })
    if (run.step < before.step) counts.stepsLost++
    if (run.state !== 'done') counts.runsCut++
  }
  if (before.drawer !== null) {
    const button = page.getByRole('button', { name: before.drawer, exact: true }).first()
    if ((await button.getAttribute('aria-pressed')) !== 'true') counts.otherView++
  }
}

/** Paints and runs until the moment comes; then the process is gone. */
async function workAndKill(studio: Awaited<ReturnType<typeof openInElectron>>): Promise<Before> {
  const { page, app } = studio
  const drawer = DRAWERS[random.int(DRAWERS.length)]!
  const button = page.getByRole('button', { name: drawer, exact: true }).first()
  if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click()
  const canvas = page.locator('section[aria-label=Canvas] canvas').first()
  const box = (await canvas.boundingBox())!
  await page.keyboard.press('Control+Enter')
  const known: { at: number; commands: number }[] = [{ at: performance.now(), commands: await commandsOf(page) }]
  let commands = known[0]!.commands
  const until = performance.now() + 500 + random.int(4500)
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
  const { items } = await call(page, 'queue.list', {})
  const going = items.find((item) => item.state === 'running')
  const killedAt = performance.now()
  app.process().kill('SIGKILL')
  counts.kills++
  const safe = known.filter(({ at }) => at < killedAt - GRACE_MS).at(-1)
  return { commands: safe?.commands ?? 0, run: going?.run ?? null, step: going?.step ?? 0, drawer }
}

let before: Before | null = null
for (let i = 0; i < times; i++) {
  const studio = await openInElectron({ data })
  const { page } = studio
  await page.getByRole('button', { name: /^Run/ }).first().waitFor({ timeout: 30_000 })
  if (before) await check(page, before)
  else {
    await page.getByRole('button', { name: /Where things are/ }).click()
    const steps = page.getByRole('spinbutton', { name: 'Steps' }).first()
    await steps.fill('600')
    await steps.press('Enter')
    await page.waitForTimeout(1500)
  }
  before = await workAndKill(studio)
  await studio.close().catch(() => undefined)
}
const studio = await openInElectron({ data })
await studio.page.getByRole('button', { name: /^Run/ }).first().waitFor({ timeout: 30_000 })
if (before) await check(studio.page, before)
await studio.close()
await rm(data, { recursive: true, force: true })
await saveResult('soak-studio-app-kill', { times, ...counts })
console.log(JSON.stringify(counts))
if (counts.editsLost + counts.stepsLost + counts.otherView > 0) process.exitCode = 1
