/**
 * A run as moving pictures: one page a step, picture and reasoning as they stood then, all pages of one size. GIF and
 * WebP play by themselves; `frames` is the pages as PNG files.
 */
import { join } from 'node:path'
import sharp from 'sharp'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { frame, frameCodes } from '../../shared/trajectory-frame.ts'
import type { TrajectoryHeader } from '../../shared/trajectory.ts'
import { makeFolder, writeFileAtomic } from '../files.ts'
import type { ModelFolder } from '../model/folder.ts'
import { readTrajectory } from '../trajectory/file.ts'
import { renderFilm } from '../trajectory/film.ts'
import type { JobContext } from './context.ts'
import { decodeRaster } from './decode.ts'
import { checkFits } from './fits.ts'
import { shownWords } from './words.ts'

const STEP_MS = 250
/** The last page stays longer: it is the result. */
const LAST_MS = 2500
/** More pages than this make a file nobody opens: steps are then left out evenly. */
const MAX_PAGES = 128

export async function* animateJob(spec: SpecOf<'animate'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const trajectory = await readTrajectory(spec.trajectory)
  const { model } = await context.engine(spec.model)
  checkFits(model, trajectory)
  const { header } = trajectory
  const total = trajectory.steps.length
  const count = Math.min(total + 1, MAX_PAGES)
  const steps = Array.from({ length: count }, (_, i) => (count === 1 ? total : Math.round((i * total) / (count - 1))))
  const input = await inputPicture(model, header)
  yield { type: 'started', total: count, detail: model.name }
  const pages: Buffer[] = []
  for (const [i, k] of steps.entries()) {
    if (context.signal.aborted) return
    const state = frame(trajectory, k)
    const { rgb } = await decodeRaster(model, frameCodes(header, state))
    const words = shownWords(model, header, state).map((word) => (word.state === 'mask' ? { ...word, text: '' } : word))
    pages.push(
      await renderFilm([k], {
        instruction: header.instruction,
        imageSize: model.config.image.size,
        imageAt: () => Promise.resolve(rgb),
        textAt: () => words,
        ...(input ? { inputImage: input } : {}),
        totalSteps: total,
        caption: `${header.model.name}, ${header.mode}, ${header.steps} steps, seed ${header.seed}`,
        tile: 320,
        columns: input ? 2 : 1,
        scale: 1,
      }),
    )
    yield { type: 'progress', done: i + 1, total: count, metrics: {} }
  }
  const even = await evenPages(pages)
  if (spec.form === 'frames') {
    await makeFolder(spec.out)
    for (const [i, page] of even.entries())
      await writeFileAtomic(join(spec.out, `step-${String(steps[i]).padStart(4, '0')}.png`), page)
  } else {
    const delay = even.map((_, i) => (i === even.length - 1 ? LAST_MS : STEP_MS))
    const joined = sharp(even, { join: { animated: true } })
    const moving = spec.form === 'gif' ? joined.gif({ delay, loop: 0 }) : joined.webp({ delay, loop: 0, quality: 90 })
    await writeFileAtomic(spec.out, await moving.toBuffer())
  }
  yield { type: 'result', result: { out: spec.out, pages: even.length } }
}

async function inputPicture(model: ModelFolder, header: TrajectoryHeader): Promise<Uint8Array | null> {
  const field = header.fields.find((f) => f.name === 'inputImage')
  if (!field) return null
  const codes = header.tokens.slice(field.start, field.start + field.length).map((token) => token - header.image.offset)
  return (await decodeRaster(model, codes)).rgb
}

/** Pages padded at the bottom to the height of the tallest. */
async function evenPages(pages: readonly Buffer[]): Promise<Buffer[]> {
  const sizes = await Promise.all(pages.map((page) => sharp(page).metadata()))
  const height = Math.max(...sizes.map((size) => size.height))
  const width = Math.max(...sizes.map((size) => size.width))
  return Promise.all(
    pages.map((page, i) =>
      sharp(page)
        .extend({ bottom: height - sizes[i]!.height, right: width - sizes[i]!.width, background: '#f7f6f3' })
        .png()
        .toBuffer(),
    ),
  )
}
