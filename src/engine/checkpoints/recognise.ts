/** Which published model a checkpoint is: from its config, its tokenizer and the number of its embedding's rows. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkpointName } from '../../shared/checkpoints.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Checkpoint } from './shards.ts'
import type { Trunk } from './trunk.ts'
import { variants, type VariantName } from './variants.ts'
import { isVq } from './vq/open.ts'

/** What the tokenizer files of a checkpoint say, as far as an import needs it. */
export interface Vocabulary {
  /** Whole tokenizer.json. */
  readonly json: object
  /** Ids of added tokens by their text. */
  readonly added: ReadonlyMap<string, number>
  /** Number of ids: one past the largest. */
  readonly size: number
}

interface TokenizerFile {
  added_tokens?: { id: number; content: string }[]
  model?: { vocab?: Record<string, number> }
}

/** tokenizer.json of a checkpoint. Throws a TandemError when it is missing or not one. */
export async function readVocabulary(directory: string): Promise<Vocabulary> {
  const path = join(directory, 'tokenizer.json')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new TandemError(
      `${basename(directory)} has no readable tokenizer.json.`,
      'Download it from where the checkpoint comes from.',
      'input',
      { cause: error },
    )
  })
  const damaged = new TandemError('tokenizer.json is not a tokenizer of Hugging Face.', 'Download that file again.')
  let json: TokenizerFile
  try {
    json = JSON.parse(text) as TokenizerFile
  } catch {
    throw damaged
  }
  const vocab = json.model?.vocab
  const list = Array.isArray(json.added_tokens) ? json.added_tokens : []
  if (typeof vocab !== 'object') throw damaged
  const ids = [...Object.values(vocab), ...list.map((token) => token.id)]
  if (ids.length === 0 || !ids.every((id) => Number.isInteger(id) && id >= 0)) throw damaged
  return {
    json,
    added: new Map(list.map((token) => [token.content, token.id])),
    size: 1 + ids.reduce((most, id) => Math.max(most, id), 0),
  }
}

/** Why a folder with weights is nothing that can be imported. */
export function notATrunk(checkpoint: Checkpoint): TandemError {
  const name = basename(checkpoint.directory)
  return new TandemError(
    isVq(checkpoint)
      ? `${name} is an image tokenizer, not a model.`
      : `${name} is not a checkpoint that is known: its tensors are ${[...checkpoint.tensors.keys()].slice(0, 3).join(', ')} ...`,
    'Give the folder of an MMaDA or MMaDA-Parallel checkpoint, and its image tokenizer beside it.',
  )
}

/** The variant, or a TandemError that says what is missing for one. */
export function recogniseVariant(trunk: Trunk, vocabulary: Vocabulary, directory: string): VariantName {
  const { file, config } = trunk
  const named = [file.model_type, ...(file.architectures ?? []), file['_name_or_path'], checkpointName(directory)]
  const said = named
    .filter((name): name is string => typeof name === 'string')
    .join(' ')
    .toLowerCase()
  const answers = ['answer', 'answerEnd', 'uncondition'].every((token) =>
    variants['mmada-parallel-a'].tokens[token]!.names.some((name) => vocabulary.added.has(name)),
  )
  if (answers || /multimodal|parallel-a\b|dimoo/.test(said)) return 'mmada-parallel-a'
  if (config.vocabSize <= vocabulary.size)
    throw new TandemError(
      `This is a text model: its ${config.vocabSize} ids are those of its tokenizer, none is left for an image.`,
      'Import an MMaDA or MMaDA-Parallel checkpoint; "tandem model logits" reads this one.',
    )
  if (/parallel/.test(said)) return 'mmada-parallel-m'
  if (/mmada/.test(said)) return 'mmada'
  throw new TandemError(
    'Neither config.json nor the folder says which model this is.',
    `Say it with --variant ${Object.keys(variants).join(', ')}.`,
  )
}
