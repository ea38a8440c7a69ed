/**
 * How fast a history of 10,000 runs opens and is searched: in the panel of the real page, from the press to the first frame
 * that shows the runs there should be; and the service alone, as a screen asks it: the call, the query, the parse of every
 * record on its way out. Usage: node bench/studio-history.ts
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { startChromium, startServe } from '../e2e/browser.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { makeSample } from '../src/engine/data/world/sample.ts'
import { loadWorld, renderScene } from '../src/engine/data/world/world.ts'
import { createService } from '../src/main/service/service.ts'
import { openStore } from '../src/main/store/store.ts'
import { testProject, testRun, testSettings } from '../src/main/store/testing.ts'
import type { ResultOf } from '../src/shared/ipc.ts'
import type { PictureRef } from '../src/shared/studio.ts'
import { saveResult } from './lib.ts'
import { openWithEyes, spread, waitOf, waits, type Wait } from './studio-eyes.ts'

const RUNS = 10_000
const PICTURES = 200
const REPEATS = 60
const OPENINGS = 20
const ROUNDS = 3
const SEARCHES = ['cat', 'remove the', 'swap dog', 'b1', 'balloo', 'the place is night', 'nothing-of-this', 'now']

/** What the panel shows of an answer: its count in words, and the runs in their order. */
interface Expected {
  readonly count: string
  readonly titles: readonly string[]
}

const folder = await mkdtemp(join(tmpdir(), 'tandem-history-'))
try {
  const project = await makeHistory()
  const { service, expected } = await askService(project)
  await saveResult('history', { runs: RUNS, repeats: REPEATS, ...service, panel: await usePanel(expected) })
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 10 })
}

/** Runs with the words of the storybook world, and its pictures. */
async function makeHistory(): Promise<string> {
  const world = await loadWorld()
  const store = openStore(folder)
  const project = testProject(store)
  const raw = { width: world.size, height: world.size, channels: 3 } as const
  const pictures: PictureRef[] = []
  for (let index = 0; index < PICTURES; index++) {
    const { output } = makeSample(world, { split: 'train', seed: 1, index })
    const { blob } = await store.blobs.put(await sharp(renderScene(world, output), { raw }).png().toBuffer())
    pictures.push({ blob, width: world.size, height: world.size })
  }
  store.together(() => {
    for (let index = 0; index < RUNS; index++) {
      const { instruction, reasoning } = makeSample(world, { split: 'train', seed: 1, index })
      const settings = { ...testSettings, instruction }
      const picture = pictures[index % PICTURES]!
      const change = { settings, reasoning, picture, createdAt: index, rating: index % 6 }
      store.runs.insert(testRun(project.id, `run-${index}`, change))
    }
  })
  store.close()
  return project.id
}

/** The service's own times; and what it answers to every search and its beginnings. */
async function askService(project: string): Promise<{ service: object; expected: Map<string, Expected> }> {
  const service = await createService({ data: folder, models: [], host: 'browser', version: 'bench' })
  const random = seededRandom('history')
  const list = async (args: object): Promise<ResultOf<'runs.list'>> =>
    (await service.call('runs.list', { project, limit: 100, ...args })) as ResultOf<'runs.list'>
  const times = { open: [] as number[], search: [] as number[], filter: [] as number[] }
  const timed = async (into: number[], args: object): Promise<void> => {
    const began = performance.now()
    await list(args)
    into.push(performance.now() - began)
  }
  for (let i = 0; i < REPEATS; i++) {
    const query = SEARCHES[i % SEARCHES.length]
    await timed(times.open, { offset: i % 2 === 0 ? 0 : random.int(RUNS - 100) })
    await timed(times.search, { query })
    await timed(times.filter, { query, minRating: 3, mode: 'parallel' })
  }
  const expected = new Map<string, Expected>()
  for (const words of SEARCHES)
    for (let length = 0; length <= words.length; length++) {
      const query = words.slice(0, length)
      const { runs, total } = await list({ query })
      const count = total === 0 ? 'No run matches' : total === 1 ? '1 run' : `${total.toLocaleString('en')} runs`
      expected.set(query, { count, titles: runs.map(({ settings }) => settings.instruction) })
    }
  await service.close()
  return {
    service: Object.fromEntries(Object.entries(times).map(([what, of]) => [what, spread('', of)])),
    expected,
  }
}

async function usePanel(expected: ReadonlyMap<string, Expected>): Promise<object> {
  const served = await startServe({ data: folder })
  const browser = await startChromium()
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
    const first = await openWithEyes(context, served.link)
    await button(first, 'Tray').waitFor()
    const openings = await openPanel(context, served.origin, expected.get('')!)
    return { ...openings, search: waits(await typeSearches(context, served.origin, expected)) }
  } finally {
    await browser.close()
    await served.stop()
  }
}

function button(page: Page, name: string): ReturnType<Page['getByRole']> {
  return page.getByRole('button', { name, exact: true }).first()
}

/** A window that shows the tray, at rest: the history has not been open in it. */
async function beforeHistory(context: BrowserContext, address: string): Promise<Page> {
  const page = await openWithEyes(context, address)
  const tray = button(page, 'Tray')
  await tray.waitFor()
  if ((await tray.getAttribute('aria-pressed')) !== 'true') await tray.click()
  await page.waitForTimeout(700)
  return page
}

/** In a window just opened, and again in the same one. */
async function openPanel(context: BrowserContext, address: string, all: Expected): Promise<object> {
  const first: Wait[] = []
  const pictures: Wait[] = []
  const again: Wait[] = []
  for (let i = 0; i < OPENINGS; i++) {
    const page = await beforeHistory(context, address)
    const press = (): Promise<void> => button(page, 'History').click()
    const withPictures = armed(page, 'pointerdown', all, true)
    first.push(await waitOf(armed(page, 'pointerdown', all, false), press))
    pictures.push(await (await withPictures).evaluate(({ done }) => done))
    await button(page, 'Tray').click()
    await page.waitForTimeout(300)
    again.push(await waitOf(armed(page, 'pointerdown', all, false), press))
    await page.close()
  }
  return { open: waits(first), open_with_pictures: waits(pictures), open_again: waits(again) }
}

/** Letter by letter, each to the runs it leaves; where those are the ones that were shown before it, it is not timed. */
async function typeSearches(
  context: BrowserContext,
  address: string,
  expected: ReadonlyMap<string, Expected>,
): Promise<Wait[]> {
  const page = await beforeHistory(context, address)
  const show = async (query: string, act: () => Promise<unknown>): Promise<Wait> =>
    waitOf(armed(page, 'input', expected.get(query)!, false), act)
  await button(page, 'History').click()
  const field = page.getByRole('searchbox', { name: 'Search instruction and reasoning' })
  await field.click()
  const times: Wait[] = []
  for (const words of Array.from({ length: ROUNDS }, () => SEARCHES).flat()) {
    for (let length = 1; length <= words.length; length++) {
      const query = words.slice(0, length)
      const press = (): Promise<void> => page.keyboard.press(words[length - 1]!)
      const isOther = JSON.stringify(expected.get(query)) !== JSON.stringify(expected.get(words.slice(0, length - 1)))
      if (isOther) times.push(await show(query, press))
      else await press()
      await page.waitForTimeout(60)
    }
    await page.keyboard.press('Control+a')
    await show('', () => page.keyboard.press('Delete'))
  }
  return times
}

/** Waits for rows that fill the list, or all there are, to be the runs expected; with their pictures, if that is asked. */
function armed(
  page: Page,
  type: string,
  wanted: Expected,
  pictures: boolean,
): ReturnType<typeof page.evaluateHandle<{ done: Promise<Wait> }>> {
  return page.evaluateHandle(
    ([name, { count, titles }, withPictures]) => {
      const shown = (): boolean => {
        const said =
          document.querySelector('.history-count')?.textContent ?? document.querySelector('.history-list')?.textContent
        if (said?.startsWith(count) !== true) return false
        const rows = [...document.querySelectorAll('.history-row')]
        const list = document.querySelector('.history-list')!.getBoundingClientRect()
        const seen = rows.filter((row) => row.getBoundingClientRect().top < list.bottom)
        const full = seen.length === titles.length || (seen.at(-1)?.getBoundingClientRect().bottom ?? 0) >= list.bottom
        if (!full || seen.some((row, i) => row.querySelector('.history-title')?.textContent !== titles[i])) return false
        if (!withPictures) return true
        return seen.every((row) => {
          const image = row.querySelector('img')
          return image !== null && image.complete && image.naturalWidth > 0
        })
      }
      return { done: window.eyes.after(name, shown) }
    },
    [type, wanted, pictures] as const,
  )
}
