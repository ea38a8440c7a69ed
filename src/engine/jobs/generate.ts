/** An edit or a generation: picture, instruction and options in; picture, reasoning and trajectory out. */
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { taskOf } from '../model/layout.ts'
import { readInstruction } from '../model/instruction.ts'
import { readMask, readPicture } from '../images.ts'
import type { ModelFolder } from '../model/folder.ts'
import { layoutOf, prepareRun } from '../run.ts'
import type { JobContext } from './context.ts'
import { hostRun, loading } from './host.ts'
import { positionOf, tokenAt } from './places.ts'
import { recordRun } from './record.ts'

/** More characters than this cannot be an instruction: refused before any tokenizer sees them. */
const MAX_CHARACTERS = 20_000

export async function* generateJob(spec: SpecOf<'generate'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const began = performance.now()
  if (spec.instruction.trim() === '')
    throw new TandemError('The instruction is empty.', 'Say what should change, for example: remove the cat.')
  if (spec.instruction.length > MAX_CHARACTERS)
    throw new TandemError('The instruction is far too long.', 'Shorten it to one sentence.')
  const hosted = yield* hostRun(spec, context)
  const { engine } = hosted
  const { model } = engine
  const instruction = readInstruction(model, spec.instruction)
  if (!model.stored) for (const message of checkWords(model, instruction)) yield { type: 'warning', message }
  const size = model.config.image.size
  const picture = spec.picture ? await readPicture(spec.picture, { size }) : null
  if (picture?.squashed)
    yield {
      type: 'warning',
      message: `The picture is ${picture.width} x ${picture.height}; it was squashed to a square.`,
    }
  const region = spec.mask ? await readRegion(spec.mask, model) : undefined
  const task = taskOf(picture !== null, spec.mode === 'image-only')
  const layout = layoutOf(model, task, model.text.encode(instruction))
  const pinned = new Map<number, number>()
  for (const { place, token } of spec.pins) {
    const position = positionOf(layout, place)
    pinned.set(position, tokenAt(model, layout, position, token))
  }
  const header = await prepareRun(engine, {
    instruction,
    input: picture?.rgb ?? null,
    mode: spec.mode,
    steps: spec.steps,
    ...(spec.imageSteps === undefined ? {} : { imageSteps: spec.imageSteps }),
    seed: spec.seed,
    guidance: spec.guidance,
    temperatures: spec.temperatures,
    ...(region ? { region } : {}),
    ...(spec.acceleration ? { acceleration: spec.acceleration } : {}),
    pinned,
  })
  yield* loading(hosted)
  yield* recordRun(engine, { header, steps: [], events: [] }, spec.out, began, context.signal, spec.preview)
}

/** Refuses a text with no word the model knows; names the single ones it does not. */
function checkWords(model: ModelFolder, instruction: string): string[] {
  const unknown = model.text.unknownWords(instruction)
  if (model.text.knownWords(instruction) === 0) {
    throw new TandemError(
      'The instruction has no word this model was trained on.',
      'The model that ships speaks of the storybook world: see docs/world.md.',
    )
  }
  if (unknown.length === 0) return []
  const shown = unknown
    .slice(0, 5)
    .map((word) => `"${word}"`)
    .join(', ')
  return [`The model was not trained on ${shown}; it sees ${unknown.length > 1 ? 'them' : 'it'} letter by letter.`]
}

/** Cells that hold any white pixel of the mask. */
async function readRegion(path: string, model: ModelFolder): Promise<number[]> {
  const { size, grid, factor } = model.config.image
  const mask = await readMask(path, { size })
  const free: number[] = []
  for (let cell = 0; cell < grid * grid; cell++) {
    const top = Math.floor(cell / grid) * factor
    const left = (cell % grid) * factor
    let white = false
    for (let y = top; y < top + factor && !white; y++)
      white = mask.subarray(y * size + left, y * size + left + factor).some((v) => v > 127)
    if (white) free.push(cell)
  }
  if (free.length === 0)
    throw new TandemError(
      'The mask has no white part: nothing may change.',
      'Paint white where the picture may change.',
    )
  return free
}
