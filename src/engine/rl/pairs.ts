/**
 * What a reward sees of a run: the picture with every undecided place shown by its current candidate, and the text with
 * its masks (MMaDA-Parallel section 5). Both come from the trajectory alone, without a forward of the model.
 */
import { advanceFrame, frameCodes, initialFrame, type Frame } from '../../shared/trajectory-frame.ts'
import { eventsByStep, type Trajectory, type TrajectoryHeader } from '../../shared/trajectory.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { ModelFolder } from '../model/folder.ts'

/** A text as words; null where nothing is decided. */
export type PartialText = readonly (string | null)[]

export interface Pair {
  readonly words: PartialText
  /** RGB [size, size, 3]. */
  readonly rgb: Uint8Array
  readonly size: number
  /** The ground truth, where the prompt has one: only an oracle looks at it. */
  readonly sample: WorldSample | null
}

/** The output text at a frame: words of what is decided up to the end token, null at each mask. */
export function partialText(
  { config, text }: Pick<ModelFolder, 'config' | 'text'>,
  header: TrajectoryHeader,
  state: Pick<Frame, 'tokens'>,
): PartialText {
  const field = header.fields.find(({ name }) => name === 'outputText')
  if (!field) return []
  const tokens = state.tokens.subarray(field.start, field.start + field.length)
  const { mask, eos } = config.special
  const end = tokens.indexOf(eos)
  const shown = end < 0 ? tokens : tokens.subarray(0, end)
  const words: (string | null)[] = []
  // Decided neighbours are read together: a word may be spelled in several tokens.
  for (let from = 0; from < shown.length;) {
    if (shown[from] === mask) {
      words.push(null)
      from++
      continue
    }
    let to = from
    while (to < shown.length && shown[to] !== mask) to++
    words.push(...text.decode(shown.subarray(from, to)).split(' ').filter(Boolean))
    from = to
  }
  return words
}

/** The pair at each of the given steps (ascending), with a person's edits. A place without any candidate is code 0. */
export async function pairsAt(
  model: Pick<ModelFolder, 'config' | 'text' | 'image'>,
  trajectory: Trajectory,
  steps: readonly number[],
  sample: WorldSample | null,
): Promise<Pair[]> {
  const { header } = trajectory
  const wanted = new Set(steps)
  const byStep = eventsByStep(trajectory.events)
  const pairs: Pair[] = []
  let state = initialFrame(header)
  for (const step of trajectory.steps) {
    state = advanceFrame(state, header, step, byStep.get(step.step))
    if (!wanted.has(step.step)) continue
    const codes = Int32Array.from(frameCodes(header, state), (code) => Math.max(0, code))
    const rgb = await model.image.decode(codes)
    pairs.push({ words: partialText(model, header, state), rgb, size: model.config.image.size, sample })
  }
  return pairs
}

/** A text that is whole; masks as blanks for whoever reads it. */
export const showWords = (words: PartialText): string => words.map((word) => word ?? '_').join(' ')
