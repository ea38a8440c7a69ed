/** Shared by the benchmarks of the screens: what is timed inside the page, and the processor time its main thread takes. */
import type { Page } from 'playwright-core'
import { setNumber } from '../e2e/hands.ts'
import { percentile } from './lib.ts'

/**
 * Presses a key in the page and waits for the paint after it, in milliseconds: `ms` from the key to the paint, `beyond`
 * without the wait for the display's next frame, which is up to 16.7 ms however quick the page is.
 */
export const keyToPaint = (page: Page, key: string): Promise<{ ms: number; beyond: number }> =>
  page.evaluate(
    (pressed) =>
      new Promise<{ ms: number; beyond: number }>((resolve) => {
        const target = document.querySelector<HTMLElement>('[role=slider][aria-label=Step]')!
        target.focus()
        const began = performance.now()
        target.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, bubbles: true, cancelable: true }))
        const handled = performance.now()
        requestAnimationFrame(() => {
          const frame = performance.now()
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => {
            const painted = performance.now()
            resolve({ ms: painted - began, beyond: painted - frame + (handled - began) })
          }
          port2.postMessage(null)
        })
      }),
    key,
  )

/** Drafts are drawn anew at every step, so that no two steps look alike and every picture has to be decoded. */
export async function drawWildly(page: Page): Promise<void> {
  for (const name of ['Words, number', 'Picture, number'])
    await setNumber(page.getByRole('spinbutton', { name }), WILD_TEMPERATURE)
}
const WILD_TEMPERATURE = 10

/** The viewed run has come to its last step, and nothing runs. */
export async function runEnded(page: Page, steps: number): Promise<void> {
  await page.waitForFunction(
    (last) =>
      document.querySelector('[role=slider][aria-label=Step]')?.ariaValueMax === last &&
      document.querySelector('.run-going') === null,
    String(steps),
    { polling: 100, timeout: 120_000 },
  )
}

/** What the canvases of the page show around a point of it, as text. */
export const pixelsAround = (page: Page, at: { x: number; y: number }): Promise<string> =>
  page.evaluate(
    ({ x, y }) =>
      [...document.querySelectorAll('canvas')]
        .map((canvas) => {
          const box = canvas.getBoundingClientRect()
          const scale = canvas.width / box.width
          const pixels = canvas.getContext('2d')?.getImageData((x - box.x) * scale - 4, (y - box.y) * scale - 4, 8, 8)
          return pixels?.data.join() ?? ''
        })
        .join('/'),
    at,
  )

const STROKE_LENGTH = 20
const LOOK_MS = 4

/** Whether a canvas of the page shows this colour (`#rrggbb`), opaque, at a point of the page. */
const isColour = (page: Page, at: { x: number; y: number }, colour: string): Promise<boolean> =>
  page.evaluate(
    ({ x, y, wanted }) =>
      [...document.querySelectorAll<HTMLCanvasElement>('section[aria-label=Canvas] canvas')].some((canvas) => {
        const box = canvas.getBoundingClientRect()
        const scale = canvas.width / box.width
        const pixel = canvas.getContext('2d')?.getImageData((x - box.x) * scale, (y - box.y) * scale, 1, 1).data ?? []
        return `#${[...pixel].map((value) => value.toString(16).padStart(2, '0')).join('')}` === `${wanted}ff`
      }),
    { ...at, wanted: colour },
  )

/** Paints a stroke in the middle of the canvas, and returns when its colour is there; then `undo` takes it away again. */
export async function paintStroke(page: Page): Promise<{ undo: () => Promise<void> }> {
  const box = (await page.locator('section[aria-label=Canvas] canvas').first().boundingBox())!
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const name = await page.locator('.colour-button').getAttribute('aria-label')
  const colour = /#[0-9a-f]{6}/.exec(name ?? '')![0]
  const isThere = (): Promise<boolean> => isColour(page, at, colour)
  if (await isThere()) throw new Error('the colour of the stroke was there before it')
  await page.keyboard.press('b')
  await page.mouse.move(at.x, at.y)
  await page.mouse.down()
  await page.mouse.move(at.x, at.y + STROKE_LENGTH, { steps: 4 })
  await page.mouse.up()
  while (!(await isThere())) await page.waitForTimeout(LOOK_MS)
  return {
    undo: async () => {
      await page.keyboard.press('Control+z')
      while (await isThere()) await page.waitForTimeout(LOOK_MS)
    },
  }
}

export const summary = (values: readonly number[]): Record<string, number> => ({
  n: values.length,
  median_ms: percentile(values, 50),
  p95_ms: percentile(values, 95),
})

/** Processor time of the page's main thread since the first call, in ms: all its tasks, and parts of them. */
export async function watchProcessor(page: Page): Promise<() => Promise<Record<string, number>>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const now = async (): Promise<Record<string, number>> => {
    const { metrics } = await session.send('Performance.getMetrics')
    const of = (name: string): number => 1000 * (metrics.find((metric) => metric.name === name)?.value ?? 0)
    return {
      all: of('TaskDuration'),
      script: of('ScriptDuration'),
      style: of('RecalcStyleDuration'),
      layout: of('LayoutDuration'),
    }
  }
  const began = await now()
  return async () =>
    Object.fromEntries(Object.entries(await now()).map(([what, ms]) => [what, ms - (began[what] ?? 0)]))
}
