/**
 * A suite of prompts as a folder: `suite.json` says what it is and names its categories, `prompts.jsonl` holds one
 * prompt a line, pictures lie beside as files or are rendered from scenes on reading. Everything is checked before the
 * first prompt is answered, so that a run never stops at prompt 217 for a picture that was missing all along.
 */
import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, normalize, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { parseReasoning } from '../data/world/grammar.ts'
import type { WorldSample } from '../data/world/types.ts'
import { renderScene, type World } from '../data/world/world.ts'
import { readPicture } from '../images.ts'
import { compactSceneSchema, expandScene, truthSchema } from './suite-scene.ts'

export const suiteSchema = z.strictObject({
  format: z.literal('tandem-suite'),
  version: z.literal(1),
  /** Letters, digits and dashes: it names folders and tables. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  title: z.string().min(1),
  description: z.string().optional(),
  /** The order is that of the tables. */
  categories: z.array(z.string().min(1)).min(1),
  /** How the prompts were made, or where they come from. */
  source: z.string().optional(),
  license: z.string().optional(),
})
export type SuiteFile = z.infer<typeof suiteSchema>

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

export interface Suite {
  readonly file: SuiteFile
  readonly prompts: readonly Prompt[]
  /** What finds it again: its name where it ships, else its folder. */
  readonly ref: string
  /** SHA-256 over suite.json, the prompts and every picture they name. */
  readonly hash: string
}

export const suitesFolder = fileURLToPath(new URL('../../../resources/suites/', import.meta.url))

/** A folder, or the name of a suite that ships. */
export async function findSuite(nameOrFolder: string): Promise<string> {
  if (await isFile(join(nameOrFolder, 'suite.json'))) return resolve(nameOrFolder)
  const shipped = (await readdir(suitesFolder).catch(() => [])).sort()
  if (shipped.includes(nameOrFolder)) return join(suitesFolder, nameOrFolder)
  throw new TandemError(
    `There is no suite "${nameOrFolder}".`,
    `Give a folder with a suite.json, or one that ships: ${shipped.join(', ')}.`,
  )
}

/** Reads and checks a whole suite. Throws a TandemError that names the file and the line. */
export async function readSuite(nameOrFolder: string, world: World): Promise<Suite> {
  const folder = await findSuite(nameOrFolder)
  const suitePath = join(folder, 'suite.json')
  const suiteText = await readText(suitePath)
  const file = parse(suiteText, suiteSchema, suitePath)
  const promptsPath = join(folder, 'prompts.jsonl')
  const promptsText = await readText(promptsPath)
  const digest = createHash('sha256').update(suiteText).update('\0').update(promptsText)

  const prompts: Prompt[] = []
  const lineOf = new Map<string, number>()
  for (const [i, text] of promptsText.split('\n').entries()) {
    if (text.trim() === '') continue
    const where = `${promptsPath}, line ${i + 1}`
    const row = parse(text, promptRowSchema, where)
    const twin = lineOf.get(row.id.toLowerCase())
    if (twin !== undefined) throw bad(where, `the id ${row.id} is that of line ${twin}`)
    lineOf.set(row.id.toLowerCase(), i + 1)
    if (!file.categories.includes(row.category))
      throw bad(where, `its category "${row.category}" is none of ${file.categories.join(', ')}`)
    prompts.push(await promptOf(row, folder, world, where))
    for (const picture of [row.input_image, row.reference_image])
      if (picture !== undefined) digest.update('\0').update(await pictureBytes(folder, picture, where))
  }
  if (prompts.length === 0) throw new TandemError(`${promptsPath} holds no prompt.`, 'Add one a line.')
  const ref = resolve(folder, '..') === resolve(suitesFolder) ? basename(folder) : folder
  return { file, prompts, ref, hash: digest.digest('hex') }
}

async function promptOf(row: PromptRow, folder: string, world: World, where: string): Promise<Prompt> {
  const { id, task, category, instruction, input_image, input_scene } = row
  const given = Number(input_image !== undefined) + Number(input_scene !== undefined)
  if (task === 'edit' && given !== 1) throw bad(where, 'an edit needs one input: input_image or input_scene')
  if (task === 'generation' && given !== 0) throw bad(where, 'a generation has no input')
  if (row.truth && input_image !== undefined)
    throw bad(where, 'a prompt with truth has its input as input_scene, from which it is rendered')
  const scene = input_scene ? expandScene(world, input_scene) : null
  if (typeof scene === 'string') throw bad(where, `in its input, ${scene}`)
  const path = input_image === undefined ? null : inside(folder, input_image, where)
  if (path !== null) {
    const size = 64
    await readPicture(path, { size }).catch((error: unknown) => {
      throw error instanceof TandemError ? bad(where, error.message.replace(/\.$/, ''), error.remedy) : error
    })
  }
  const sample = row.truth ? sampleOf(row, scene, world, where) : null
  const right = row.reference_image === undefined ? null : inside(folder, row.reference_image, where)
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

function sampleOf(row: PromptRow, input: WorldSample['input'], world: World, where: string): WorldSample {
  const truth = row.truth!
  const output = expandScene(world, truth.output)
  if (typeof output === 'string') throw bad(where, `in its truth, ${output}`)
  if (!parseReasoning(world, truth.reasoning))
    throw bad(where, 'its true reasoning is not in the language of the world')
  const needsInput = truth.freedom.kind === 'neighbour' || truth.freedom.kind === 'anywhere'
  if (needsInput && !input) throw bad(where, `its freedom "${truth.freedom.kind}" needs an input`)
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

/** The first `limit` prompts, taken in turn from every category, in the suite's order. */
export function limitPrompts({ file, prompts }: Suite, limit: number | null): readonly Prompt[] {
  if (limit === null || limit >= prompts.length) return prompts
  const byCategory = file.categories.map((category) => prompts.filter((p) => p.category === category))
  const chosen = new Set<Prompt>()
  for (let round = 0; chosen.size < limit; round++)
    for (const own of byCategory) if (own[round] && chosen.size < limit) chosen.add(own[round]!)
  return prompts.filter((p) => chosen.has(p))
}

const bad = (where: string, what: string, remedy = 'Repair or remove that line.'): TandemError =>
  new TandemError(`${where}: ${what}.`, remedy)

function parse<T>(text: string, schema: z.ZodType<T>, where: string): T {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new TandemError(`${where} is not JSON.`, 'Repair it.', 'input', { cause: error })
  }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw bad(where, `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`, 'Repair it.')
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new TandemError(`${basename(path)} is missing or cannot be read.`, `Look at ${path}.`, 'input', {
      cause: error,
    })
  })
}

async function pictureBytes(folder: string, path: string, where: string): Promise<Buffer> {
  return readFile(inside(folder, path, where)).catch((error: unknown) => {
    throw new TandemError(`${where}: there is no picture ${path}.`, 'Put it there.', 'input', { cause: error })
  })
}

/** A suite from elsewhere must not read other files. */
function inside(folder: string, path: string, where: string): string {
  const clean = normalize(path)
  if (isAbsolute(clean) || clean === '..' || clean.startsWith(`..${sep}`))
    throw bad(where, `${path} lies outside the folder`, 'Use paths relative to the folder.')
  return resolve(folder, clean)
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  )
