/**
 * A suite of prompts as a folder: `suite.json` says what it is and names its categories, `prompts.jsonl` holds one
 * prompt a line, pictures lie beside as files or are rendered from scenes on reading. Everything is checked before the
 * first prompt is answered. A line that cannot be asked costs that line alone: it is unjudged in every report, with the
 * reason, and the others are answered.
 */
import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { describeError, TandemError } from '../../shared/errors.ts'
import type { World } from '../data/world/world.ts'
import { bad, picturesOf, promptOf, promptRowSchema, type Prompt } from './suite-prompt.ts'

export type { Prompt } from './suite-prompt.ts'

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

/** A line that cannot be asked. */
export interface FaultyPrompt {
  /** Its id and line, as a report lists it. */
  readonly id: string
  readonly line: number
  /** The cause, and what to do. */
  readonly reason: string
}

export interface Suite {
  readonly file: SuiteFile
  readonly prompts: readonly Prompt[]
  /** Lines that cannot be asked. */
  readonly faulty: readonly FaultyPrompt[]
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

/**
 * Reads and checks a whole suite. Throws a TandemError where the suite itself cannot be read, or where none of its
 * prompts can be asked.
 */
export async function readSuite(nameOrFolder: string, world: World): Promise<Suite> {
  const folder = await findSuite(nameOrFolder)
  const suitePath = join(folder, 'suite.json')
  const suiteText = await readText(suitePath)
  const file = parse(suiteText, suiteSchema, suitePath)
  const promptsPath = join(folder, 'prompts.jsonl')
  const promptsText = await readText(promptsPath)
  const digest = createHash('sha256').update(suiteText).update('\0').update(promptsText)

  const prompts: Prompt[] = []
  const faulty: FaultyPrompt[] = []
  const lineOf = new Map<string, number>()
  for (const [i, text] of promptsText.split('\n').entries()) {
    if (text.trim() === '') continue
    const line = i + 1
    try {
      const row = parse(text, promptRowSchema)
      const twin = lineOf.get(row.id.toLowerCase())
      if (twin !== undefined) throw bad(`the id ${row.id} is that of line ${twin}`)
      lineOf.set(row.id.toLowerCase(), line)
      if (!file.categories.includes(row.category))
        throw bad(`its category "${row.category}" is none of ${file.categories.join(', ')}`)
      const prompt = await promptOf(row, folder, world)
      for (const picture of await Promise.all(picturesOf(row, folder))) digest.update('\0').update(picture)
      prompts.push(prompt)
    } catch (error) {
      if (!(error instanceof TandemError)) throw error
      faulty.push({ id: labelOf(text, line), line, reason: `prompts.jsonl, line ${line}: ${describeError(error)}` })
      // The picture that is missing now may be there the next time, and then it is another suite.
      digest.update(`\0line ${line}`)
    }
  }
  if (prompts.length === 0 && faulty.length > 0)
    throw new TandemError(`No prompt of this suite can be asked. ${faulty[0]!.reason}`, 'Repair its lines.')
  if (prompts.length === 0) throw new TandemError(`${promptsPath} holds no prompt.`, 'Add one a line.')
  const ref = resolve(folder, '..') === resolve(suitesFolder) ? basename(folder) : folder
  return { file, prompts, faulty, ref, hash: digest.digest('hex') }
}

/** What a faulty line is called in a report: its id as far as it has one, and its line, since an id may be there twice. */
function labelOf(text: string, line: number): string {
  const id = /"id"\s*:\s*"([^"\\]{1,100})"/.exec(text)?.[1]
  return id === undefined ? `line ${line}` : `${id} (line ${line})`
}

/** What is said before a run of a suite with faulty lines; null where there are none. */
export function faultWords({ faulty, prompts }: Pick<Suite, 'faulty' | 'prompts'>): string | null {
  if (faulty.length === 0) return null
  const them = faulty.length === 1 ? '1 prompt' : `${faulty.length} prompts`
  const of = `of ${faulty.length + prompts.length}`
  return `${them} ${of} cannot be asked and will be unjudged${faulty.length === 1 ? '' : '; the first'}: ${faulty[0]!.reason}`
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

function parse<T>(text: string, schema: z.ZodType<T>, where?: string): T {
  const at = where === undefined ? '' : `${where}: `
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new TandemError(`${at}This is not JSON.`, 'Repair it.', 'input', { cause: error })
  }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw bad(`${at}${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`, 'Repair it.')
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new TandemError(`${basename(path)} is missing or cannot be read.`, `Look at ${path}.`, 'input', {
      cause: error,
    })
  })
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  )
