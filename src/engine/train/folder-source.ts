/**
 * A data set as training samples: every row is read and encoded once before training starts, so that a bad row is named
 * at once and no picture is decoded on the hot path. Any format that can be read can be trained on.
 */
import { createHash } from 'node:crypto'
import { TandemError } from '../../shared/errors.ts'
import { seededRandom } from '../data/random.ts'
import { DatasetHash } from '../data/check.ts'
import type { Dataset } from '../data/formats/open.ts'
import { mapOrdered } from '../data/formats/pipeline.ts'
import type { DatasetEntry, DatasetRow, ImageMember } from '../data/formats/types.ts'
import { readPicture } from '../images.ts'
import type { ModelFolder } from '../model/folder.ts'
import { readInstruction } from '../model/instruction.ts'
import { requireField, resolveLayout } from '../model/layout.ts'
import type { TokenSample } from './batch.ts'
import type { PreviewPrompt, SampleSource } from './sft.ts'

interface Pools {
  readonly edit: TokenSample[]
  readonly generate: TokenSample[]
}

/** A row to look at while training goes. */
type Prompt = PreviewPrompt & { readonly row: string; readonly validates: boolean }
/** First rows without a validation split of their own that are remembered: most that may be looked at. */
const MAX_PROMPTS = 64

export async function createFolderSource(
  set: Dataset,
  model: ModelFolder,
  generateShare: number,
  /** What the check found: a set that was written to since is refused. */
  hash: string,
  options: {
    /** Ids of rows that will be looked at, whatever their split. */
    readonly looked?: readonly string[]
    readonly signal?: AbortSignal
    /** Told now and then how many rows are encoded. */
    readonly onProgress?: (rows: number) => void
  } = {},
): Promise<SampleSource> {
  const wanted = new Set(options.looked)
  let rows = 0
  const train: Pools = { edit: [], generate: [] }
  const validation: Pools = { edit: [], generate: [] }
  const problems: string[] = []
  const found = new DatasetHash()
  const prompts = new Map<string, Prompt>()
  const spare: Prompt[] = []
  const load = async (entry: DatasetEntry): Promise<Loaded | null> => (entry.kind === 'row' ? loadRow(entry.row) : null)
  for await (const loaded of mapOrdered(set.entries(), AHEAD, load)) {
    options.signal?.throwIfAborted()
    if (!loaded) continue
    const { row } = loaded
    if (++rows % 100 === 0) options.onProgress?.(rows)
    found.add(row, loaded.input && digest(loaded.input), loaded.output && digest(loaded.output))
    if (row.split === 'test') continue
    try {
      const pools = row.split === 'val' ? validation : train
      const sample = await encode(loaded, model)
      pools[row.inputImage ? 'edit' : 'generate'].push(sample)
      const validates = row.split === 'val'
      const { inputImage } = sample
      const prompt = { row: row.id, instruction: readInstruction(model, row.instruction), inputImage, validates }
      if (validates || wanted.has(row.id)) prompts.set(row.id, prompt)
      else if (spare.length < MAX_PROMPTS) spare.push(prompt)
    } catch (error) {
      if (!(error instanceof TandemError)) throw error
      problems.push(`${row.id}: ${error.message}`)
    }
  }
  if (found.digest() !== hash) {
    throw new TandemError('The data set changed after it was checked.', 'Start again when nothing writes to it.')
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, 5).join(' ')
    throw new TandemError(`${problems.length} rows cannot be trained on. ${shown}`, 'Correct or remove them.')
  }
  if (train.edit.length === 0 && generateShare < 1) {
    throw new TandemError(
      'The folder has no edit to train on.',
      'Add rows with an input_image (and a split other than test), or set sft.generateShare to 1.',
    )
  }
  if (train.generate.length === 0 && generateShare > 0) {
    throw new TandemError(
      'The folder has no generation to train on.',
      'Add rows without input_image, or set sft.generateShare to 0.',
    )
  }
  const pool = (pools: Pools, edit: boolean): TokenSample[] => (edit ? pools.edit : pools.generate)
  // Without rows of its own, validation measures what was trained on.
  const held = (edit: boolean): TokenSample[] =>
    pool(validation, edit).length > 0 ? pool(validation, edit) : pool(train, edit)
  return {
    // A run goes on with the data it was started with.
    identity: JSON.stringify({ data: hash }),
    train(index, edit) {
      const rows = pool(train, edit)
      return rows[orderOf(Math.floor(index / rows.length), rows.length)[index % rows.length]!]!
    },
    validation: (index, edit) => held(edit)[index % held(edit).length]!,
    prompts(rows, count) {
      if (rows.length > 0) return rows.map((id) => prompts.get(id) ?? missing(id))
      const own = [...prompts.values()].filter((prompt) => prompt.validates)
      return (own.length > 0 ? own : spare).slice(0, count)
    },
    counts: {
      train: train.edit.length + train.generate.length,
      validation: validation.edit.length + validation.generate.length,
    },
  }
}

function missing(id: string): never {
  throw new TandemError(`The data set has no row ${id} to preview.`, 'Name rows that train or validate.')
}

let cached: { key: string; order: number[] } = { key: '', order: [] }

/** The shuffled order of an epoch: a function of its number alone, so that a resume finds its place. */
function orderOf(epoch: number, length: number): number[] {
  const key = `${epoch}:${length}`
  if (cached.key !== key) {
    const rows = Array.from({ length }, (_, i) => i)
    cached = { key, order: seededRandom('epoch', epoch, length).shuffle(rows) }
  }
  return cached.order
}

interface Loaded {
  readonly row: DatasetRow
  readonly input: Uint8Array | null
  /** Null where it could not be had: the hash then differs from that of a set which passed its check. */
  readonly output: Uint8Array | null
}

/** Rows whose pictures are read while one is encoded. */
const AHEAD = 8

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

async function loadRow(row: DatasetRow): Promise<Loaded> {
  const read = (member: ImageMember | null): Promise<Uint8Array | null> =>
    member ? member.read().catch(() => null) : Promise.resolve(null)
  return { row, input: await read(row.inputImage), output: await read(row.outputImage) }
}

async function encode({ row, input, output }: Loaded, model: ModelFolder): Promise<TokenSample> {
  const { config, image, text } = model
  const { size } = config.image
  const layout = resolveLayout(config, 'edit')
  const fit = (name: 'instruction' | 'outputText', words: string): Int32Array => {
    const ids = text.encode(words)
    const limit = requireField(layout, name).length - 1
    if (ids.length > limit)
      throw new TandemError(
        `its ${name === 'instruction' ? 'instruction' : 'reasoning'} is ${ids.length} tokens, the model reads ${limit}.`,
        '',
      )
    return ids
  }
  const codes = async (member: ImageMember, bytes: Uint8Array | null): Promise<Int32Array> => {
    if (!bytes) throw new TandemError(`${member.name} cannot be read.`, 'Check the set again.')
    return image.encode((await readPicture({ name: member.name, bytes }, { size })).rgb)
  }
  return {
    inputImage: row.inputImage ? await codes(row.inputImage, input) : null,
    instruction: fit('instruction', readInstruction(model, row.instruction)),
    outputImage: await codes(row.outputImage, output),
    outputText: fit('outputText', row.reasoning),
  }
}
