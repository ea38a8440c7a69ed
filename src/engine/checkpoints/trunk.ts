/**
 * A trunk of the LLaDA family (LLaDA, MMaDA, MMaDA-Parallel-A and -M): its sizes, from what the tensors show, with the
 * few numbers no tensor shows (heads, RoPE base, norm epsilon) from config.json. A config that contradicts the tensors or
 * asks for a part this trunk does not have is refused.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { readJson } from '../model/folder.ts'
import { modelParameters, names, type TrunkConfig } from '../model/forward.ts'
import type { PlainWeight } from '../model/stored-weights.ts'
import { checkTensors } from './compare.ts'
import type { Checkpoint, ShardTensor } from './shards.ts'
import { isWeightType, weightTypes, type WeightType } from './weight-types.ts'

const count = z.int().positive()

/** config.json as the published code writes it; what was left at a default of that code may be absent. */
export const trunkFileSchema = z.looseObject({
  model_type: z.string().nullish(),
  architectures: z.array(z.string()).nullish(),
  d_model: count.nullish(),
  hidden_size: count.nullish(),
  n_heads: count.nullish(),
  num_attention_heads: count.nullish(),
  n_kv_heads: count.nullish(),
  n_layers: count.nullish(),
  mlp_hidden_size: count.nullish(),
  vocab_size: count.nullish(),
  embedding_size: count.nullish(),
  rms_norm_eps: z.number().positive().nullish(),
  rope_theta: z.number().positive().nullish(),
  weight_tying: z.boolean().nullish(),
  max_sequence_length: count.nullish(),
  mask_token_id: z.int().nonnegative().nullish(),
  eos_token_id: z.union([z.int().nonnegative(), z.array(z.int().nonnegative())]).nullish(),
  pad_token_id: z.int().nonnegative().nullish(),
  text_vocab_size: count.nullish(),
  codebook_size: count.nullish(),
  num_vq_tokens: count.nullish(),
})
export type TrunkFile = z.infer<typeof trunkFileSchema>

/** Values under which the published code builds another network than the one here. */
const REFUSED: readonly (readonly [key: string, wrong: (value: unknown) => boolean, why: string])[] = [
  ['rope', (v) => v === false, 'positions that are not rotary'],
  ['alibi', (v) => v === true, 'ALiBi positions'],
  ['layer_norm_type', (v) => v !== 'rms', 'another norm than RMSNorm'],
  ['activation_type', (v) => v !== 'silu' && v !== 'swiglu', 'another activation than SwiGLU'],
  ['block_type', (v) => v !== 'llama', 'another block than the llama block'],
  ['input_emb_norm', (v) => v === true, 'scaled embeddings'],
  ['scale_logits', (v) => v === true, 'scaled logits'],
  ['attention_layer_norm', (v) => v === true, 'norms of queries and keys'],
]

export interface Trunk {
  /** Root folder of the file system the weights lie on. */
  readonly root: string
  readonly config: TrunkConfig
  readonly file: TrunkFile
  /** The weight of a parameter, by the name the forward uses. */
  weight(this: void, name: string): PlainWeight
  /** Name in the checkpoint of a parameter. */
  stored(this: void, name: string): string
}

const contradiction = (message: string): TandemError =>
  new TandemError(message, 'Use weights and config of one checkpoint.')

/** Whether the tensors are those of a trunk, under either prefix. */
export const isTrunk = ({ tensors }: Pick<Checkpoint, 'tensors'>): boolean => prefixOf(tensors) !== null

/** Saved with or without the wrapper that adds "model.". */
function prefixOf(tensors: ReadonlyMap<string, ShardTensor>): string | null {
  const bare = names.embedding.replace(/^model\./, '')
  for (const prefix of ['model.', '', 'model.model.']) if (tensors.has(prefix + bare)) return prefix
  return null
}

export async function openTrunk(checkpoint: Checkpoint): Promise<Trunk> {
  const { tensors, directory } = checkpoint
  const file = await readJson(join(directory, 'config.json'), trunkFileSchema, 'the config of the checkpoint')
  for (const [key, wrong, why] of REFUSED) {
    const value = file[key]
    if (value !== undefined && value !== null && wrong(value))
      throw new TandemError(`The config asks for ${why} (${key}).`, 'Only trunks of the LLaDA family can be imported.')
  }
  const prefix = prefixOf(tensors)
  if (prefix === null) throw contradiction(`The weights hold no ${names.embedding}.`)
  const stored = (name: string): string => prefix + name.replace(/^model\./, '')
  const config = sizesOf(tensors, stored, file)
  const shapes = new Map(modelParameters(config).map(({ name, shape }) => [stored(name), shape]))
  // Biases of a config with include_bias, or norms of queries, would be left out of the sum: extra is an error.
  checkTensors(`a trunk of ${config.layers} layers of ${config.dModel}`, checkpoint, shapes, isBuffer)
  return {
    root: oneRoot(checkpoint.files),
    config,
    file,
    stored,
    weight(name) {
      const tensor = tensors.get(stored(name))
      if (!tensor) throw new Error(`the trunk has no ${name}`)
      return plainWeight(tensor)
    },
  }
}

/** How the matrices of a trunk are stored. */
export function storedPrecision(trunk: Trunk): (typeof weightTypes)[WeightType]['precision'] {
  const { dtype } = trunk.weight(names.block(0, 'k_proj'))
  return Object.values(weightTypes).find((type) => type.dtype === dtype)!.precision
}

/** Tables some versions of the code save with the weights. */
const isBuffer = (name: string): boolean => name.endsWith('rotary_emb.inv_freq')

/** A tensor as a weight of a graph whose session is told the root folder. */
export function plainWeight({ dtype, shape, path, offset }: ShardTensor): PlainWeight {
  if (!isWeightType(dtype)) throw new Error(`${dtype} is no weight`)
  return { form: 'plain', dtype: weightTypes[dtype].dtype, shape, file: belowRoot(path), offset }
}

/** A path as the runtime wants it: relative to the root, with forward slashes. */
export const belowRoot = (path: string): string => path.replace(/^([A-Za-z]:)?[\\/]+/, '').replaceAll('\\', '/')
/** The root folder of a path: what a session over it is told. */
const rootOf = (path: string): string => /^([A-Za-z]:)?[\\/]/.exec(path)?.[0] ?? '/'

/** The root that all of these lie below: a session is told one. Throws where they are on several drives. */
export function oneRoot(paths: readonly string[]): string {
  const root = rootOf(paths[0]!)
  const drive = (path: string): string => rootOf(path).replaceAll('\\', '/').toLowerCase()
  const other = paths.find((path) => drive(path) !== drive(root))
  if (other === undefined) return root
  throw new TandemError(
    `The weights of one model lie on two drives, ${root} and ${rootOf(other)}.`,
    'Put them on one drive; of quantised weights, choose --out on the drive of the checkpoint.',
  )
}

function sizesOf(
  tensors: ReadonlyMap<string, ShardTensor>,
  stored: (name: string) => string,
  file: TrunkFile,
): TrunkConfig {
  const matrix = (name: string): readonly [number, number] => {
    const found = tensors.get(stored(name))
    if (!found) throw contradiction(`The weights hold no ${stored(name)}.`)
    if (found.shape.length !== 2) throw contradiction(`${stored(name)} is no matrix.`)
    return found.shape as readonly [number, number]
  }
  const [vocabSize, dModel] = matrix(names.embedding)
  const pattern = new RegExp(`^${stored('model.transformer.blocks').replaceAll('.', '\\.')}\\.(\\d+)\\.`)
  const layers = 1 + Math.max(-1, ...[...tensors.keys()].map((name) => Number(pattern.exec(name)?.[1] ?? -1)))
  if (layers === 0) throw contradiction('The weights hold no block of a trunk.')
  const heads = file.n_heads ?? file.num_attention_heads
  if (!heads) throw contradiction('config.json does not say how many heads the trunk has (n_heads).')
  if (dModel % (2 * heads) !== 0)
    throw contradiction(`A width of ${dModel} does not fall into ${heads} heads of even width.`)
  const headDim = dModel / heads
  const [keys] = matrix(names.block(0, 'k_proj'))
  if (keys % headDim !== 0 || heads % (keys / headDim) !== 0)
    throw contradiction(`Keys of ${keys} do not fall into heads of ${headDim}.`)
  const [mlpHidden] = matrix(names.block(0, 'ff_proj'))
  const tiedHead = !tensors.has(stored(names.head))
  const claims: readonly (readonly [string, number | null | undefined, number])[] = [
    ['d_model', file.d_model ?? file.hidden_size, dModel],
    ['n_layers', file.n_layers, layers],
    ['n_kv_heads', file.n_kv_heads, keys / headDim],
    ['mlp_hidden_size', file.mlp_hidden_size, mlpHidden],
    ['embedding_size', file.embedding_size, vocabSize],
  ]
  for (const [key, claimed, shown] of claims)
    if (claimed && claimed !== shown)
      throw contradiction(`config.json says ${key} ${claimed}, the tensors show ${shown}.`)
  // Rows beyond vocab_size are padding of the embedding; fewer would leave ids without one.
  if (file.vocab_size && file.vocab_size > vocabSize)
    throw contradiction(`config.json says vocab_size ${file.vocab_size}, the embedding has ${vocabSize} rows.`)
  if (file.weight_tying === true && !tiedHead)
    throw contradiction('config.json ties the head to the embedding, but the weights hold a head of their own.')
  if (file.weight_tying === false && tiedHead)
    throw contradiction(`The weights hold no ${stored(names.head)}, and config.json does not tie the head.`)
  return {
    dModel,
    layers,
    heads,
    ...(keys === dModel ? {} : { kvHeads: keys / headDim }),
    mlpHidden,
    normEps: file.rms_norm_eps ?? 1e-5,
    ropeTheta: file.rope_theta ?? 10_000,
    vocabSize,
    options: { gridEmbeddings: false, segmentEmbeddings: false, fuse: false, tiedHead },
  }
}
