/**
 * Adapters as folders: `adapter_config.json` and `adapter_model.safetensors` as PEFT writes and reads them. An adapter
 * is checked against its base by every name and shape, and by the base's hash where it was recorded; it is put to use by
 * adding its product to the weights, once, in double precision.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import type { ModelEntry } from '../../shared/models.ts'
import { adapterTargets } from '../../shared/training-settings.ts'
import { writeFileAtomic } from '../files.ts'
import {
  adapterNames,
  adapterParameters,
  adapterScale,
  moduleOf,
  rowWeights,
  targetWeights,
  type AdapterConfig,
} from './adapter-config.ts'
import { checkTensors, readJson } from './folder.ts'
import { modelParameters } from './forward.ts'
import { viewOf, type ParameterTable } from './parameters.ts'
import { floatTensor, openSafetensors, readFloats, writeSafetensors, type StoredTensor } from './safetensors.ts'

export const adapterFiles = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' } as const

const noPattern = z
  .record(z.string(), z.number())
  .nullish()
  .refine((pattern) => Object.keys(pattern ?? {}).length === 0, 'ranks and scales of single matrices cannot be read')

/** PEFT's file, as far as it matters here; what else it holds is let through. */
const peftSchema = z.looseObject({
  peft_type: z.literal('LORA', 'only LoRA adapters can be read'),
  r: z.int().min(1),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).max(1).default(0),
  target_modules: z.union([z.string(), z.array(z.string())]),
  base_model_name_or_path: z.string().nullish(),
  bias: z.literal('none', 'adapters with biases cannot be read').default('none'),
  use_dora: z.literal(false, 'DoRA cannot be read').nullish(),
  use_rslora: z.boolean().nullish(),
  fan_in_fan_out: z.literal(false, 'transposed adapters cannot be read').nullish(),
  // One rank and one scale for all matrices: another one for some would be read wrongly.
  rank_pattern: noPattern,
  alpha_pattern: noPattern,
  trainable_token_indices: z.union([z.array(z.int()), z.record(z.string(), z.array(z.int()))]).nullish(),
})

export interface Adapter {
  readonly directory: string
  readonly name: string
  readonly config: AdapterConfig
  /** As the adapter's own file gives it: a path relative to it, or a name. */
  readonly basePath: string | null
  /** Hash of the model it was trained on; null for one from elsewhere. */
  readonly baseHash: string | null
  /** Hash of its tensors and scale. */
  readonly hash: string
  readonly parameters: number
  tensor(this: void, name: string): Float32Array
}

/** What an adapter's small files tell, without its base: its size, its matrices' names, where it was trained. */
export async function readAdapterHead(directory: string): Promise<NonNullable<ModelEntry['stands']>> {
  const raw = await readJson(join(directory, adapterFiles.config), peftSchema, 'the adapter config')
  const { metadata } = await openSafetensors(join(directory, adapterFiles.weights))
  const { tandem_base_name: name = '?', tandem_base_hash: hash } = metadata
  const named = typeof raw.target_modules === 'string' ? [raw.target_modules] : raw.target_modules
  const indices = raw.trainable_token_indices
  const rows = Array.isArray(indices) ? indices : (Object.values(indices ?? {})[0] ?? [])
  return {
    rank: raw.r,
    alpha: raw.use_rslora ? raw.lora_alpha * Math.sqrt(raw.r) : raw.lora_alpha,
    targets: [...new Set(named.map((module) => module.split('.').at(-1)!))],
    rows: rows.length,
    base: hash === undefined ? null : { name, hash },
  }
}

/** Opens an adapter for a base of this config. Throws a TandemError when it is not one, or stands on another model. */
export async function openAdapter(directory: string, base: { config: ModelConfig; hash: string }): Promise<Adapter> {
  const raw = await readJson(join(directory, adapterFiles.config), peftSchema, 'the adapter config')
  const file = await openSafetensors(join(directory, adapterFiles.weights))
  const baseHash = file.metadata['tandem_base_hash'] ?? null
  if (baseHash !== null && baseHash !== base.hash) {
    throw new TandemError(
      `This adapter was trained on another model (${file.metadata['tandem_base_name'] ?? '?'} ${baseHash.slice(0, 8)}).`,
      'Use it with the model it was trained on.',
    )
  }
  const rank = raw.r
  const indices = raw.trainable_token_indices
  const lists = Array.isArray(indices) ? [indices] : Object.values(indices ?? {})
  const rows = lists[0] ?? []
  if (lists.some((list) => list.join() !== rows.join()))
    throw new TandemError(
      'This adapter trains other rows of the head than of the embedding.',
      'Train it again with the same tokens for both.',
    )
  const config: AdapterConfig = {
    rank,
    // rsLoRA scales by alpha / sqrt(r).
    alpha: raw.use_rslora ? raw.lora_alpha * Math.sqrt(rank) : raw.lora_alpha,
    dropout: Math.min(raw.lora_dropout, 0.9),
    targets: adapterTargets.filter((target) =>
      targetWeights(base.config, [target]).some(({ name }) => file.tensors.has(adapterNames.a(name))),
    ),
    rows,
  }
  const specs = adapterParameters(base.config, config)
  checkTensors(file, new Map(specs.map(({ name, shape }) => [name, shape])))
  const digest = createHash('sha256').update(JSON.stringify([adapterScale(config), rows]))
  const tensors = new Map<string, Float32Array>()
  for (const { name } of specs) {
    const floats = await readFloats(file, name)
    digest.update(name).update(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength))
    tensors.set(name, floats)
  }
  return {
    directory,
    name: file.metadata['tandem_name'] ?? 'adapter',
    config,
    basePath: raw.base_model_name_or_path ?? null,
    baseHash,
    hash: digest.digest('hex').slice(0, 32),
    parameters: [...tensors.values()].reduce((sum, data) => sum + data.length, 0),
    tensor(name) {
      const data = tensors.get(name)
      if (!data) throw new Error(`the adapter has no ${name}`)
      return data
    },
  }
}

export interface AdapterRecord {
  readonly name: string
  readonly base: { readonly name: string; readonly hash: string; readonly path: string; readonly config: ModelConfig }
  readonly config: AdapterConfig
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Writes trained parameters, laid out by `table`, as an adapter folder. The trainer holds rows as changes; PEFT stores
 * the rows themselves, so the base's are added.
 */
export async function writeAdapter(
  directory: string,
  { name, base, config, metadata }: AdapterRecord,
  table: ParameterTable,
  flat: Float32Array,
  baseWeight: (name: string) => Float32Array,
): Promise<void> {
  const tensors = new Map<string, StoredTensor>()
  const rowsOf = new Map(rowWeights(base.config).map((weight) => [adapterNames.rows(weight), weight]))
  for (const span of table.spans) {
    const data = viewOf(flat, span).slice()
    const weight = rowsOf.get(span.name)
    if (weight) {
      const table = baseWeight(weight)
      const d = base.config.dModel
      config.rows.forEach((row, i) => {
        for (let j = 0; j < d; j++) data[i * d + j] = data[i * d + j]! + table[row * d + j]!
      })
    }
    tensors.set(span.name, floatTensor(data, span.shape))
  }
  await writeSafetensors(join(directory, adapterFiles.weights), tensors, {
    format: 'pt',
    tandem_name: name,
    tandem_base_name: base.name,
    tandem_base_hash: base.hash,
    ...metadata,
  })
  const rows =
    config.rows.length === 0
      ? null
      : Object.fromEntries(rowWeights(base.config).map((weight) => [moduleOf(weight).split('.').at(-1)!, config.rows]))
  const peft = {
    peft_type: 'LORA',
    task_type: null,
    base_model_name_or_path: base.path,
    r: config.rank,
    lora_alpha: adapterScale(config) * config.rank,
    lora_dropout: config.dropout,
    // Whole names: the short ones would also match the head, which is called ff_out as well.
    target_modules: targetWeights(base.config, config.targets).map((spec) => moduleOf(spec.name)),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    trainable_token_indices: rows,
  }
  await writeFileAtomic(join(directory, adapterFiles.config), JSON.stringify(peft, null, 2) + '\n')
}

/**
 * A weight with adapters added, each times its own weight: W + sum_i w_i (alpha_i / r_i) B_i A_i, and for rows of the
 * embedding W[row] + sum_i w_i (row_i - W[row]).
 */
export function adaptedWeight(
  config: ModelConfig,
  name: string,
  base: Float32Array,
  stack: readonly { readonly adapter: Pick<Adapter, 'config' | 'tensor'>; readonly weight: number }[],
): Float32Array {
  const shape = modelParameters(config).find((spec) => spec.name === name)?.shape
  if (!shape) throw new Error(`the model has no parameter ${name}`)
  let sum: Float64Array | null = null
  for (const { adapter, weight } of stack) {
    if (targetWeights(config, adapter.config.targets).some((spec) => spec.name === name)) {
      sum ??= Float64Array.from(base)
      const a = adapter.tensor(adapterNames.a(name))
      const b = adapter.tensor(adapterNames.b(name))
      addProduct(sum, a, b, adapter.config.rank, shape[1]!, weight * adapterScale(adapter.config))
    }
    if (adapter.config.rows.length > 0 && rowWeights(config).includes(name)) {
      sum ??= Float64Array.from(base)
      const rows = adapter.tensor(adapterNames.rows(name))
      const d = shape[1]!
      for (const [i, row] of adapter.config.rows.entries())
        for (let j = 0; j < d; j++) sum[row * d + j]! += weight * (rows[i * d + j]! - base[row * d + j]!)
    }
  }
  return sum ? Float32Array.from(sum) : base
}

/** sum [out, in] += factor B [out, r] A [r, in]. */
function addProduct(
  sum: Float64Array,
  a: Float32Array,
  b: Float32Array,
  rank: number,
  width: number,
  factor: number,
): void {
  const out = b.length / rank
  for (let o = 0; o < out; o++) {
    for (let k = 0; k < rank; k++) {
      const left = factor * b[o * rank + k]!
      if (left === 0) continue
      for (let i = 0; i < width; i++) sum[o * width + i]! += left * a[k * width + i]!
    }
  }
}
