/** The work behind `tandem trajectory`: frames of a record decoded with the model that made it. */
import { resolve } from 'node:path'
import type { ShownWord } from '../../shared/jobs.ts'
import { draftTokens, frame } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { writeFileAtomic } from '../../engine/files.ts'
import { encodePng } from '../../engine/images.ts'
import { checkFits } from '../../engine/jobs/fits.ts'
import { maskedCount, shownWords } from '../../engine/jobs/words.ts'
import { openModelFolder, type ModelFolder } from '../../engine/model/folder.ts'
import { readTrajectory } from '../../engine/trajectory/file.ts'
import { filmSteps, renderFilm } from '../../engine/trajectory/film.ts'

async function open(path: string, modelDir: string): Promise<{ trajectory: Trajectory; model: ModelFolder }> {
  const trajectory = await readTrajectory(path)
  const model = await openModelFolder(modelDir)
  checkFits(model, trajectory)
  return { trajectory, model }
}

/** RGB of a field's codes, drafts filled in; null where nothing is known of any cell. */
async function pictureAt(
  model: ModelFolder,
  trajectory: Trajectory,
  step: number,
  name: 'inputImage' | 'outputImage',
): Promise<Uint8Array | null> {
  const { header } = trajectory
  const field = header.fields.find((f) => f.name === name)
  if (!field) return null
  const tokens = draftTokens(frame(trajectory, step)).slice(field.start, field.start + field.length)
  const { offset, size, codebookSize } = model.config.image
  if (tokens.every((token) => token === header.maskId)) return null
  const rgb = await model.image.decode(tokens.map((token) => Math.min(codebookSize - 1, Math.max(0, token - offset))))
  tokens.forEach((token, cell) => {
    if (token === header.maskId) fillCell(rgb, size, model.config.image.factor, cell)
  })
  return rgb
}

/** A masked cell without a draft is grey. */
function fillCell(rgb: Uint8Array, size: number, factor: number, cell: number): void {
  const grid = size / factor
  const [top, left] = [Math.floor(cell / grid) * factor, (cell % grid) * factor]
  for (let y = top; y < top + factor; y++) rgb.fill(200, (y * size + left) * 3, (y * size + left + factor) * 3)
}

export interface ShownStep {
  readonly step: number
  readonly steps: number
  readonly masked: number
  /** Decided words; everything undecided is ▒. */
  readonly text: string
  /** The same with drafts filled in. */
  readonly draft: string
  readonly words: readonly ShownWord[]
  readonly image: string | null
}

export async function showStep(
  path: string,
  options: { step: number; out?: string; model: string },
): Promise<ShownStep> {
  const { trajectory, model } = await open(path, options.model)
  const state = frame(trajectory, options.step)
  const words = shownWords(model, trajectory.header, state)
  let image: string | null = null
  if (options.out !== undefined) {
    const { size } = model.config.image
    const rgb =
      (await pictureAt(model, trajectory, options.step, 'outputImage')) ?? new Uint8Array(size * size * 3).fill(200)
    await writeFileAtomic(options.out, await encodePng(rgb, size, size))
    image = resolve(options.out)
  }
  await model.image.dispose()
  const decided = (word: ShownWord): boolean => word.state === 'given' || word.state === 'committed'
  return {
    step: options.step,
    steps: trajectory.steps.length,
    masked: maskedCount(trajectory.header, state),
    text: words.map((word) => (decided(word) ? word.text : '▒')).join(' '),
    draft: words.map((word) => word.text).join(' '),
    words,
    image,
  }
}

export async function drawFilm(
  path: string,
  options: { out: string; cards: number; model: string },
): Promise<{ film: string; steps: number[] }> {
  const { trajectory, model } = await open(path, options.model)
  const { header } = trajectory
  const total = trajectory.steps.length
  const steps = filmSteps(total, options.cards)
  const input = await pictureAt(model, trajectory, 0, 'inputImage')
  const png = await renderFilm(steps, {
    instruction: header.instruction,
    imageSize: model.config.image.size,
    imageAt: async (k) => (await pictureAt(model, trajectory, k, 'outputImage')) ?? undefined,
    textAt: (k) =>
      shownWords(model, header, frame(trajectory, k)).map((word) =>
        word.state === 'mask' ? { ...word, text: '' } : word,
      ),
    ...(input ? { inputImage: input } : {}),
    totalSteps: total,
    caption: `${header.model.name}, ${header.mode}, ${header.steps} steps, seed ${header.seed}`,
    columns: input ? options.cards + 1 : options.cards,
  })
  await writeFileAtomic(options.out, png)
  await model.image.dispose()
  return { film: resolve(options.out), steps }
}
