/**
 * A quadruplet folder as training samples: every row is read, checked and encoded once before training starts, so that a
 * bad row is named at once and no picture is decoded on the hot path.
 */
import { TandemError } from '../../shared/errors.ts'
import { seededRandom } from '../data/random.ts'
import { readQuadruplets, type Quadruplet } from '../data/quadruplets.ts'
import { normaliseInstruction } from '../data/world/words.ts'
import { readPicture } from '../images.ts'
import type { ModelFolder } from '../model/folder.ts'
import { requireField, resolveLayout } from '../model/layout.ts'
import type { TokenSample } from './batch.ts'
import type { SampleSource } from './sft.ts'

interface Pools {
  readonly edit: TokenSample[]
  readonly generate: TokenSample[]
}

export async function createFolderSource(
  directory: string,
  model: ModelFolder,
  generateShare: number,
): Promise<SampleSource> {
  const train: Pools = { edit: [], generate: [] }
  const validation: Pools = { edit: [], generate: [] }
  const problems: string[] = []
  for await (const row of readQuadruplets(directory)) {
    if (row.split === 'test') continue
    try {
      const pools = row.split === 'val' ? validation : train
      pools[row.inputImage ? 'edit' : 'generate'].push(await encode(row, model))
    } catch (error) {
      if (!(error instanceof TandemError)) throw error
      problems.push(`${row.id}: ${error.message}`)
    }
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
    identity: JSON.stringify({ folder: [train, validation].map((p) => [p.edit.length, p.generate.length]) }),
    train(index, edit) {
      const rows = pool(train, edit)
      return rows[orderOf(Math.floor(index / rows.length), rows.length)[index % rows.length]!]!
    },
    validation: (index, edit) => held(edit)[index % held(edit).length]!,
  }
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

async function encode(row: Quadruplet, model: ModelFolder): Promise<TokenSample> {
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
  const codes = async (path: string): Promise<Int32Array> => image.encode((await readPicture(path, { size })).rgb)
  return {
    inputImage: row.inputImage ? await codes(row.inputImage) : null,
    // As an instruction is read when the model is used.
    instruction: fit('instruction', normaliseInstruction(row.instruction)),
    outputImage: await codes(row.outputImage),
    outputText: fit('outputText', row.reasoning),
  }
}
