/**
 * What a benchmark of the screens sees from inside the page: when a person's key or click came, when what it asked for
 * stood on the screen, and what went over the socket meanwhile.
 *
 * A wait ends with a painted frame. `ms` is from the input (the browser's own time of it) to that frame, handed over;
 * `wait` the idle time before that frame, from the end of the last input or message that was handled to the display's next
 * beat, up to 16.7 ms however quick the page is; `beyond` is `ms` without it.
 */
import type { BrowserContext, JSHandle, Page } from 'playwright-core'
import { percentile } from './lib.ts'

export interface Wait {
  readonly ms: number
  readonly wait: number
  readonly beyond: number
  /** When the input came and when the frame was there, on the page's clock. */
  readonly from: number
  readonly to: number
}

/** A message of the socket: its text, or the text at the head of one with bytes; `at` on the page's clock. */
export interface Message {
  readonly at: number
  readonly way: 'sent' | 'heard'
  readonly text: string
}

export interface Eyes {
  readonly messages: Message[]
  /** The wait that begins with the next input of this type and ends with the first frame in which `test` holds. */
  after: (type: string, test: () => boolean) => Promise<Wait>
}

/** What is on the screen of a step, told apart from that of any other. */
export interface Sight {
  /** The words of the reasoning: the step they are of, each with its look and how sure it is. */
  words: () => string
  /** A number for what the canvases show in the middle of the canvas's place, all of the generation box included. */
  pixels: () => number
}

/** What a step looked like. */
export interface Look {
  readonly words: string
  readonly pixels: number
}

declare global {
  interface Window {
    eyes: Eyes
    sight: Sight
  }
}

/** Opens a page with eyes in it. */
export async function openWithEyes(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage()
  await page.addInitScript(installEyes)
  await page.addInitScript(installSight)
  await page.goto(address)
  return page
}

/** Runs in the page before anything else. */
function installEyes(): void {
  const HEAD = 400
  const messages: Message[] = []
  /** When the last message came and when it had been handled; Infinity while it is. */
  let message = { came: -1, handled: -1 }
  const { port1, port2 } = new MessageChannel()
  const queue: (() => void)[] = []
  port1.onmessage = () => queue.shift()?.()
  const soon = (done: () => void): void => {
    queue.push(done)
    port2.postMessage(null)
  }
  const follow = (): void => {
    const mine = { came: performance.now(), handled: Infinity }
    message = mine
    // Twice: what handling it put into the queue of tasks is part of it.
    soon(() => soon(() => (mine.handled = performance.now())))
  }
  // The browser's own account of inputs. Those painted within 16 ms are left out: they hardly waited.
  const inputs: PerformanceEventTiming[] = []
  new PerformanceObserver((list) => inputs.push(...(list.getEntries() as PerformanceEventTiming[]))).observe({
    type: 'event',
    durationThreshold: 16,
  } as PerformanceObserverInit)
  const LATE_MS = 120
  const inputHandled = async (type: string, from: number): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, LATE_MS))
    return inputs.find(({ name, startTime }) => name === type && startTime === from)?.processingEnd ?? Infinity
  }
  const headOf = (data: unknown): string => {
    if (typeof data === 'string') return data.slice(0, HEAD)
    // One with bytes: its text begins behind 4 bytes (shared/wire.ts).
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array)
    return new TextDecoder().decode(bytes.subarray(4, 4 + HEAD))
  }
  const Native = window.WebSocket
  window.WebSocket = class extends Native {
    constructor(url: string | URL) {
      super(url)
      this.addEventListener('message', ({ data }) => {
        follow()
        messages.push({ at: performance.now(), way: 'heard', text: headOf(data) })
      })
    }
    override send(data: string | ArrayBufferLike | Blob | ArrayBufferView<ArrayBufferLike>): void {
      messages.push({ at: performance.now(), way: 'sent', text: headOf(data) })
      super.send(data as string)
    }
  }
  const after: Eyes['after'] = (type, test) =>
    new Promise((resolve) => {
      const begin = ({ timeStamp: from }: Event): void => {
        const look = (): void => {
          const frame = performance.now()
          const known = message.came > from ? message.handled : null
          soon(() => {
            const to = performance.now()
            if (!test()) return void requestAnimationFrame(look)
            const ms = to - from
            const done = known === null ? inputHandled(type, from) : Promise.resolve(known)
            void done.then((handled) => {
              const wait = Math.max(0, frame - handled)
              resolve({ ms, wait, beyond: ms - wait, from, to })
            })
          })
        }
        requestAnimationFrame(look)
      }
      window.addEventListener(type, begin, { capture: true, once: true })
    })
  window.eyes = { messages, after }
}

/** Runs in the page before anything else. */
export function installSight(): void {
  const words: Sight['words'] = () => {
    const list = document.querySelector('[role=listbox][aria-label^="Reasoning at step"]')
    const slots = [...(list?.querySelectorAll<HTMLElement>('.tj-word') ?? [])].map(
      (slot) => `${slot.className}|${slot.textContent}|${slot.querySelector<HTMLElement>('.tj-bar')?.style.cssText}`,
    )
    return [list?.ariaLabel, ...slots].join('\n')
  }
  const pixels: Sight['pixels'] = () => {
    let hash = 0
    const STRIDE = 4
    for (const canvas of document.querySelectorAll<HTMLCanvasElement>('section[aria-label=Canvas] canvas')) {
      const { width, height } = canvas
      const side = Math.min(width, height)
      const drawn = canvas.getContext('2d')?.getImageData((width - side) >> 1, (height - side) >> 1, side, side)
      const values = new Uint32Array(drawn?.data.buffer ?? [])
      for (let y = 0; y < side; y += STRIDE)
        for (let x = 0; x < side; x += STRIDE) hash = (Math.imul(hash, 31) + values[y * side + x]!) | 0
    }
    return hash
  }
  window.sight = { words, pixels }
}

export const lookOf = (page: Page): Promise<Look> =>
  page.evaluate(() => ({ words: window.sight.words(), pixels: window.sight.pixels() }))

const REST_MS = 60

/** What is shown once it stands still. */
export async function restOf(page: Page): Promise<Look> {
  for (let before = await lookOf(page); ;) {
    await page.waitForTimeout(REST_MS)
    const now = await lookOf(page)
    if (now.words === before.words && now.pixels === before.pixels) return now
    before = now
  }
}

/** A wait that has been asked for in the page, and what the person does then. */
export async function waitOf(
  armed: Promise<JSHandle<{ done: Promise<Wait> }>>,
  act: () => Promise<unknown>,
): Promise<Wait> {
  const waiting = await armed
  await act()
  return waiting.evaluate(({ done }) => done)
}

export const messagesOf = (page: Page): Promise<readonly Message[]> => page.evaluate(() => window.eyes.messages)

/** Of many waits: all of it, and without the wait for the display. */
export const waits = (all: readonly Wait[]): object => ({
  n: all.length,
  ...spread(
    '',
    all.map(({ ms }) => ms),
  ),
  ...spread(
    'beyond_its_frame_',
    all.map(({ beyond }) => beyond),
  ),
})

/** Median, 95th percentile and the longest. */
export const spread = (prefix: string, values: readonly number[]): Record<string, number> => ({
  [`${prefix}median_ms`]: percentile(values, 50),
  [`${prefix}p95_ms`]: percentile(values, 95),
  [`${prefix}longest_ms`]: Math.max(...values),
})
