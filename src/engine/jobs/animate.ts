/**
 * A run as moving pictures: one page a step, picture and reasoning as they stood then, all pages of one size. GIF and
 * WebP play by themselves; `frames` is the pages as PNG files.
 */
import { join } from 'node:path'
import sharp from 'sharp'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { advanceFrame, frameCodes, initialFrame, type Frame } from '../../shared/trajectory-frame.ts'
import { eventsByStep, type Trajectory, type TrajectoryHeader } from '../../shared/trajectory.ts'
import { makeFolder, writeFileAtomic } from '../files.ts'
import type { ModelFolder } from '../model/folder.ts'
import { readTrajectory } from '../trajectory/file.ts'
import { renderReel } from '../trajectory/film.ts'
import type { JobContext } from './context.ts'
import { decodeRaster } from './decode.ts'
import { checkFits } from './fits.ts'
import { shownWords } from './words.ts'

const STEP_MS = 250
/** The last page stays longer: it is the result. */
const LAST_MS = 2500
/** An animation of more pages is a file nobody opens: steps are then left out evenly. Pictures are of every step. */
const MAX_PAGES = 128
/** Pixels along one side of a picture on a page: twice those of the model that ships. */
const TILE = 256

export async function* animateJob(spec: SpecOf<'animate'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const trajectory = await readTrajectory(spec.trajectory)
  const { model } = await context.engine(spec.model)
  checkFits(model, trajectory)
  const { header } = trajectory
  const total = trajectory.steps.length
  const count = spec.form === 'frames' ? total + 1 : Math.min(total + 1, MAX_PAGES)
  const steps = Array.from({ length: count }, (_, i) => (count === 1 ? total : Math.round((i * total) / (count - 1))))
  const input = await inputPicture(model, header)
  yield { type: 'started', total: count, detail: model.name }
  const states = framesAt(trajectory, steps)
  const reel = await renderReel(steps, {
    instruction: header.instruction,
    imageSize: model.config.image.size,
    imageAt: async (k) => (await decodeRaster(model, frameCodes(header, states.get(k)!))).rgb,
    textAt: (k) =>
      shownWords(model, header, states.get(k)!).map((word) => (word.state === 'mask' ? { ...word, text: '' } : word)),
    ...(input ? { inputImage: input } : {}),
    totalSteps: total,
    caption: `${header.model.name}, ${header.mode}, ${header.steps} steps, seed ${header.seed}`,
    tile: TILE,
    columns: input ? 2 : 1,
    scale: 1,
  })
  const { width, height } = reel
  const raw = { width, height, channels: 3 } as const
  const pages: Buffer[] = []
  for await (const page of reel.pages) {
    if (context.signal.aborted) return
    if (spec.form === 'frames') {
      if (pages.length === 0) await makeFolder(spec.out)
      const name = `step-${String(steps[pages.length]).padStart(4, '0')}.png`
      await writeFileAtomic(join(spec.out, name), await sharp(page, { raw }).png().toBuffer())
      pages.push(Buffer.alloc(0))
    } else pages.push(page)
    yield { type: 'progress', done: pages.length, total: count, metrics: {} }
  }
  if (spec.form !== 'frames') {
    const delay = pages.map((_, i) => (i === pages.length - 1 ? LAST_MS : STEP_MS))
    const joined = sharp(Buffer.concat(pages), { raw: { ...raw, height: height * pages.length, pageHeight: height } })
    const moving =
      spec.form === 'gif'
        ? // Flat colours need no dithering, which costs the most and packs the worst.
          joined.gif({ delay, loop: 0, dither: 0, effort: 1 })
        : joined.webp({ delay, loop: 0, quality: 90, effort: 2 })
    await writeFileAtomic(spec.out, await moving.toBuffer())
  }
  yield { type: 'result', result: { out: spec.out, pages: pages.length } }
}

/** The state after each of these steps, walked once. */
function framesAt(trajectory: Trajectory, steps: readonly number[]): ReadonlyMap<number, Frame> {
  const byStep = eventsByStep(trajectory.events)
  const wanted = new Set(steps)
  let state = initialFrame(trajectory.header)
  const states = new Map([[0, state]])
  for (const step of trajectory.steps) {
    state = advanceFrame(state, trajectory.header, step, byStep.get(step.step))
    if (wanted.has(step.step)) states.set(step.step, state)
  }
  return states
}

async function inputPicture(model: ModelFolder, header: TrajectoryHeader): Promise<Uint8Array | null> {
  const field = header.fields.find((f) => f.name === 'inputImage')
  if (!field) return null
  const codes = header.tokens.slice(field.start, field.start + field.length).map((token) => token - header.image.offset)
  return (await decodeRaster(model, codes)).rgb
}
