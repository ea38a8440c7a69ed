/**
 * The studio's numbers in a real browser on the real service and engine: start to an interactive window and to a first
 * stroke, a step from its event to its paint, panning and zooming a large document. Times are taken inside the page, after
 * the frame that shows the change has been handed over. Usage: node bench/studio.ts [steps]
 * With `steps` only the steps are measured and nothing is saved: for a look at one change.
 *
 * A step is heard at any moment between two frames of the display and waits for the next one: `step_event_to_paint` holds
 * that wait, `step_beyond_its_frame` is what the studio itself takes, hearing it and making the frame. The processor time
 * of the page's main thread stands beside both: other work on the machine stretches the former, not the latter. That what is
 * painted then is the step's words and its picture is looked at in a run more, which is not timed: looking is work, too.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { startChromium, startServe } from '../e2e/browser.ts'
import { openReasoning } from '../e2e/first-edit.ts'
import { setSteps } from '../e2e/hands.ts'
import { saveResult } from './lib.ts'
import { installSight, restOf, type Look } from './studio-eyes.ts'
import { drawWildly, paintStroke, pixelsAround, summary, watchProcessor } from './studio-page.ts'

const SIDE = 4096
const LAYERS = 10
const WARM_STARTS = 5
const RUNS = 6
const STEPS = 64

interface Probe {
  /** Of each step event: milliseconds to the paint that shows it, those beside the wait for its frame, those of the frame. */
  steps: { ms: number; beyond: number; frame: number }[]
  /** What each step's paint showed, while `looking`. */
  looks: { step: number; look: Look }[]
  looking: boolean
  /** Main-thread milliseconds of each frame of the display since `watchFrames`. */
  frames: number[]
  watchFrames: () => void
}

/** Runs in the page before anything else: hooks the socket, and measures frames. */
function installProbe(): void {
  // Asking for every frame is work, too: it is done only where frames are what is measured.
  const probe: Probe = {
    steps: [],
    looks: [],
    looking: false,
    frames: [],
    watchFrames: () => requestAnimationFrame(frame),
  }
  Object.assign(window, { probe })
  const soon = (done: () => void): void => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = done
    port2.postMessage(null)
  }
  const Native = window.WebSocket
  window.WebSocket = class extends Native {
    constructor(url: string | URL) {
      super(url)
      this.addEventListener('message', ({ data }) => {
        // A step brings its picture: a binary message, whose text begins behind 4 bytes (shared/wire.ts).
        const began = performance.now()
        if (!(data instanceof ArrayBuffer)) return
        const head = new TextDecoder().decode(new Uint8Array(data, 4, Math.min(400, data.byteLength - 4)))
        const step = /^\{"value":\{"seq":\d+,"name":"run\.step".*?"record":\{"step":(\d+)/.exec(head)?.[1]
        if (step === undefined) return
        let heard = began
        soon(() => (heard = performance.now()))
        requestAnimationFrame(() => {
          const frame = performance.now()
          soon(() => {
            const painted = performance.now()
            const wait = heard === began ? 0 : Math.max(0, frame - heard)
            probe.steps.push({ ms: painted - began, beyond: painted - began - wait, frame: painted - frame })
            if (!probe.looking) return
            const look = { words: window.sight.words(), pixels: window.sight.pixels() }
            probe.looks.push({ step: Number(step), look })
          })
        })
      })
    }
  }
  const frame = (): void => {
    const began = performance.now()
    soon(() => probe.frames.push(performance.now() - began))
    requestAnimationFrame(frame)
  }
}

declare global {
  interface Window {
    probe: Probe
  }
}

const probeOf = (page: Page): Promise<Probe> => page.evaluate(() => window.probe)

async function open(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage()
  await page.addInitScript(installProbe)
  await page.addInitScript(installSight)
  await page.goto(address)
  return page
}

const data = await mkdtemp(join(tmpdir(), 'tandem-bench-studio-'))
const served = await startServe({ data })
const browser = await startChromium()
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
try {
  const page = await open(context, served.link)
  await page.getByRole('button', { name: /Where things are/ }).click()
  await openReasoning(page)
  await page.waitForFunction(() => document.querySelector('[role=slider][aria-label=Step]')?.ariaValueNow === '16')
  // A longer run gives more steps to measure.
  await page.getByRole('tab', { name: /^Run/ }).click()
  await setSteps(page, STEPS)
  await page.evaluate(() => {
    const { probe } = window
    probe.steps = []
  })
  const processor = await watchProcessor(page)
  for (let run = 1; run <= RUNS; run++) {
    await page.keyboard.press('Control+Enter')
    // Not asked at every frame, as Playwright would: asking is work, too.
    for (let heard = 0; heard < run * STEPS; heard = (await probeOf(page)).steps.length) await page.waitForTimeout(250)
    await page.waitForTimeout(500)
  }
  const spent = await processor()
  const { steps } = await probeOf(page)
  const stepNumbers = {
    step_event_to_paint: summary(steps.map((s) => s.ms)),
    step_beyond_its_frame: summary(steps.map((s) => s.beyond)),
    frame_work_while_steps_come: summary(steps.map((s) => s.frame)),
    main_thread_cpu_ms_a_step: Object.fromEntries(Object.entries(spent).map(([what, ms]) => [what, ms / steps.length])),
    steps_seen: await lookAtSteps(page),
  }
  console.log(JSON.stringify(stepNumbers, null, 2))
  if (process.argv[2] !== 'steps') await rest(page, stepNumbers)
} finally {
  await browser.close()
  await served.stop()
  await rm(data, { recursive: true, force: true })
}

/**
 * A run more, with a look at what each step's paint shows; then the same run is walked and what each step looks like at rest
 * set beside it. Steps of one frame are painted together: a paint may show a later step, words and picture, never an earlier.
 */
async function lookAtSteps(page: Page): Promise<object> {
  await drawWildly(page)
  await page.evaluate(() => (window.probe.looking = true))
  const heard = (await probeOf(page)).steps.length
  await page.keyboard.press('Control+Enter')
  while ((await probeOf(page)).steps.length < heard + STEPS) await page.waitForTimeout(250)
  await page.waitForTimeout(500)
  await page.evaluate(() => (window.probe.looking = false))
  const { looks } = await probeOf(page)
  await page.locator('[role=slider][aria-label=Step]').focus()
  await page.keyboard.press('Home')
  const rest: Look[] = [await restOf(page)]
  for (let step = 1; step <= STEPS; step++) {
    await page.keyboard.press('ArrowRight')
    rest.push(await restOf(page))
  }
  const isOf = (key: keyof Look) => (seen: { step: number; look: Look }) =>
    rest.slice(seen.step).some((look) => look[key] === seen.look[key])
  const share = (key: keyof Look): number => looks.filter(isOf(key)).length / looks.length
  return { n: looks.length, words: share('words'), picture: share('pixels') }
}

/** Everything but the steps, and the whole saved. */
async function rest(page: Page, stepNumbers: object): Promise<void> {
  // Warm starts: the service is up, the browser has been here before.
  const interactive: number[] = []
  const stroke: number[] = []
  for (let i = 0; i < WARM_STARTS; i++) {
    const began = performance.now()
    const again = await open(context, served.origin)
    await again.getByRole('button', { name: /^Run/ }).first().waitFor()
    interactive.push(performance.now() - began)
    const { undo } = await paintStroke(again)
    stroke.push(performance.now() - began)
    await undo()
    await again.waitForTimeout(1000)
    await again.close()
  }

  await saveResult('studio', {
    warm_start_interactive: summary(interactive),
    warm_start_first_stroke: summary(stroke),
    ...stepNumbers,
    pan_zoom: await panAndZoom(page),
  })
}

/** Ten layers of 4096 x 4096 with the overlays on: wheel and drag, main-thread work of every frame. */
async function panAndZoom(page: Page): Promise<object> {
  await page
    .getByRole('button', { name: /History|Tray/ })
    .first()
    .waitFor()
  const noise = Buffer.from(Uint8Array.from({ length: SIDE * 64 * 4 }, (_, i) => (i * 2654435761) >>> 24))
  const strip = sharp(noise, { raw: { width: SIDE, height: 64, channels: 4 } })
  const png = await strip.resize(SIDE, SIDE, { kernel: 'nearest', fit: 'fill' }).png({ compressionLevel: 1 }).toBuffer()
  await page.evaluate(
    async ({ base64, side, layers }) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
      const { blob } = (await (await fetch('blob', { method: 'POST', body: bytes })).json()) as { blob: string }
      const socket = new WebSocket(new URL('socket', location.href.replace(/^http/, 'ws')))
      await new Promise((resolve) => (socket.onopen = resolve))
      let id = 1_000_000
      const call = (method: string, args: object): Promise<Record<string, unknown>> =>
        new Promise((resolve) => {
          const mine = id++
          const hear = ({ data }: MessageEvent): void => {
            if (typeof data !== 'string') return
            const reply = JSON.parse(data) as { id?: number; result?: Record<string, unknown> }
            if (reply.id !== mine) return
            socket.removeEventListener('message', hear)
            resolve(reply.result ?? {})
          }
          socket.addEventListener('message', hear)
          socket.send(JSON.stringify({ id: mine, method, args }))
        })
      const { projects } = (await call('projects.list', {})) as { projects: { document: string }[] }
      const document = projects[0]!.document
      const stored = (await call('documents.open', { document })) as { first: number; cursor: number; revision: number }
      const by = { writer: 'bench', revision: stored.revision }
      const transform = { x: 0, y: 0, scaleX: 1, scaleY: 1, rotation: 0 }
      const commands = [
        { type: 'resize', width: side, height: side },
        ...Array.from({ length: layers }, (_, i) => ({
          type: 'addLayer',
          value: {
            id: `large-${i}`,
            name: `Large ${i}`,
            visible: true,
            opacity: 0.5,
            transform,
            marks: [
              { kind: 'picture', picture: { blob, width: side, height: side }, x: 0, y: 0, width: side, height: side },
            ],
          },
        })),
        { type: 'addMaskMark', mark: { kind: 'area', points: [500, 500, 3000, 600, 2500, 3000], erase: false } },
      ]
      await call('documents.append', { document, at: stored.first + stored.cursor, commands, by })
      socket.close()
    },
    { base64: png.toString('base64'), side: SIDE, layers: LAYERS },
  )
  await page.reload()
  await page.locator('canvas').first().waitFor()
  const box = (await page.locator('canvas').first().boundingBox())!
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  // Ten layers are decoded one by one: they are all there when the picture has stood still for a while.
  let seen = ''
  for (let still = 0; still < 4; await page.waitForTimeout(1000)) {
    const now = await pixelsAround(page, { x, y })
    still = now === seen ? still + 1 : 0
    seen = now
  }
  const values = new Set(seen.split(/[,/]/))
  if (values.size < 16) throw new Error('the ten layers of noise are not shown')
  await page.mouse.move(x, y)
  await page.evaluate(() => window.probe.watchFrames())
  for (let i = 0; i < 40; i++) {
    await page.mouse.wheel(0, i % 20 < 10 ? -60 : 60)
    await page.waitForTimeout(30)
  }
  const zoom = (await probeOf(page)).frames
  await page.evaluate(() => (window.probe.frames = []))
  await page.keyboard.down('Space')
  await page.mouse.down()
  for (let i = 0; i < 60; i++) {
    await page.mouse.move(x + 80 * Math.sin(i / 6), y + 60 * Math.cos(i / 5))
    await page.waitForTimeout(16)
  }
  await page.mouse.up()
  await page.keyboard.up('Space')
  const pan = (await probeOf(page)).frames
  return { side: SIDE, layers: LAYERS, zoom: summary(zoom), pan: summary(pan) }
}
