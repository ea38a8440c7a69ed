/** One line of a suite: what it may say, checked against the folder and the world, and the prompt it makes. */
import { readFile } from 'node:fs/promises'
import { isAbsolute, normalize, resolve, sep } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { parseReasoning } from '../data/world/grammar.ts'
import type { WorldSample } from '../data/world/types.ts'
import { renderScene, type World } from '../data/world/world.ts'
import { readPicture } from '../images.ts'
import { compactSceneSchema, expandScene, truthSchema } from './suite-scene.ts'

export const promptRowSchema = z.strictObject({
  /** Names files of a run: letters, digits, dot, dash and underscore. */
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  task: z.enum(['edit', 'generation']),
  category: z.string().min(1),
  instruction: z.string().min(1).max(20_000),
  /** A picture file of the folder; of an edit either this or `input_scene`. */
  input_image: z.string().min(1).optional(),
  input_scene: compactSceneSchema.optional(),
  /** What a good answer looks like, for people and for judges that can use it. */
  reference_image: z.string().min(1).optional(),
  reference_reasoning: z.string().optional(),
  /** Ground truth of the storybook world; the exact judge needs it. */
  truth: truthSchema.optional(),
})
export type PromptRow = z.infer<typeof promptRowSchema>

export interface Prompt {
  readonly id: string
  readonly task: 'edit' | 'generation'
  readonly category: string
  readonly instruction: string
  /** The sample with its truth; null where only a person or a model can judge. */
  readonly sample: WorldSample | null
  /** The input as RGB [size, size, 3]; null of a generation. */
  input(size: number): Promise<Uint8Array | null>
  /** A right answer as RGB [size, size, 3] and in words; null where the suite has none. */
  reference(size: number): Promise<Uint8Array | null>
  readonly referenceReasoning: string | null
}

/** Throws a TandemError that says what is wrong with the row. */
export async function promptOf(row: PromptRow, folder: string, world: World): Promise<Prompt> {
  const { id, task, category, instruction, input_image, input_scene } = row
  const given = Number(input_image !== undefined) + Number(input_scene !== undefined)
  if (task === 'edit' && given !== 1) throw bad('an edit needs one input: input_image or input_scene')
  if (task === 'generation' && given !== 0) throw bad('a generation has no input')
  if (row.truth && input_image !== undefined)
    throw bad('a prompt with truth has its input as input_scene, from which it is rendered')
  const scene = input_scene ? expandScene(world, input_scene) : null
  if (typeof scene === 'string') throw bad(`in its input, ${scene}`)
  const path = input_image === undefined ? null : inside(folder, input_image)
  const sample = row.truth ? sampleOf(row, scene, world) : null
  const right = row.reference_image === undefined ? null : inside(folder, row.reference_image)
  for (const picture of [path, right]) if (picture !== null) await readPicture(picture, { size: 64 })
  return {
    id,
    task,
    category,
    instruction,
    sample,
    referenceReasoning: row.reference_reasoning ?? sample?.reasoning ?? null,
    async reference(size) {
      if (right !== null) return (await readPicture(right, { size })).rgb
      return sample && size === world.size ? renderScene(world, sample.output) : null
    },
    async input(size) {
      if (path !== null) return (await readPicture(path, { size })).rgb
      if (!scene) return null
      if (size !== world.size)
        throw new TandemError(
          `The suite draws ${world.size} px pictures, the model reads ${size} px.`,
          'Give a model made for this world, or a suite with picture files.',
        )
      return renderScene(world, scene)
    },
  }
}

function sampleOf(row: PromptRow, input: WorldSample['input'], world: World): WorldSample {
  const truth = row.truth!
  const output = expandScene(world, truth.output)
  if (typeof output === 'string') throw bad(`in its truth, ${output}`)
  if (!parseReasoning(world, truth.reasoning)) throw bad('its true reasoning is not in the language of the world')
  const needsInput = truth.freedom.kind === 'neighbour' || truth.freedom.kind === 'anywhere'
  if (needsInput && !input) throw bad(`its freedom "${truth.freedom.kind}" needs an input`)
  return {
    id: row.id,
    split: 'test',
    family: truth.family,
    operation: truth.operation,
    heldOut: truth.held_out,
    instruction: row.instruction,
    reasoning: truth.reasoning,
    input,
    output,
    freedom: truth.freedom,
  }
}

/** The bytes of every picture a row names, in order. */
export const picturesOf = ({ input_image, reference_image }: PromptRow, folder: string): Promise<Buffer>[] =>
  [input_image, reference_image].flatMap((path) => (path === undefined ? [] : [pictureBytes(folder, path)]))

export const bad = (what: string, remedy = 'Repair or remove that line.'): TandemError =>
  new TandemError(`${what}.`, remedy)

async function pictureBytes(folder: string, path: string): Promise<Buffer> {
  return readFile(inside(folder, path)).catch((error: unknown) => {
    if (error instanceof TandemError) throw error
    throw new TandemError(`There is no picture ${path}.`, 'Put it there.', 'input', { cause: error })
  })
}

/** A suite from elsewhere must not read other files. */
function inside(folder: string, path: string): string {
  const clean = normalize(path)
  if (isAbsolute(clean) || clean === '..' || clean.startsWith(`..${sep}`))
    throw bad(`${path} lies outside the folder`, 'Use paths relative to the folder.')
  return resolve(folder, clean)
}
