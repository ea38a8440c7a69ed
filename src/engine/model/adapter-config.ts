/**
 * Low-rank adapters (LoRA, Hu et al. 2021): y = W x + (alpha / r) B A x on a frozen W, and, beside them, rows of the
 * embedding that train along, so that a new word can be learned. Tensors carry the names Hugging Face's PEFT gives them.
 */
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { adapterTargets, type AdapterTarget } from '../../shared/training-settings.ts'
import { modelParameters, names } from './forward.ts'
import type { ParameterSpec } from './parameters.ts'

export const adapterSchema = z.strictObject({
  rank: z.int().min(1).max(1024).default(8),
  /** The product is scaled by alpha / rank; twice the rank where it is not given. */
  alpha: z.number().positive().optional(),
  targets: z
    .array(z.enum(adapterTargets))
    .min(1)
    .default(['q_proj', 'k_proj', 'v_proj', 'attn_out', 'ff_proj', 'up_proj', 'ff_out']),
  /** Share of the inputs of A that are set to zero in a training step. */
  dropout: z.number().min(0).max(0.9).default(0),
  /** Token ids whose embedding rows train along. */
  rows: z.array(z.int().nonnegative()).default([]),
})
export type AdapterConfig = z.infer<typeof adapterSchema>

export const adapterScale = ({ rank, alpha }: Pick<AdapterConfig, 'rank' | 'alpha'>): number =>
  (alpha ?? 2 * rank) / rank

const prefix = 'base_model.model.'
/** Where an adapter's tensors of a weight are stored. */
export const adapterNames = {
  a: (weight: string): string => `${prefix}${moduleOf(weight)}.lora_A.weight`,
  b: (weight: string): string => `${prefix}${moduleOf(weight)}.lora_B.weight`,
  rows: (weight: string): string => `${prefix}${moduleOf(weight)}.token_adapter.trainable_tokens_delta`,
} as const

/** A module's name: its weight's without the last part. */
export const moduleOf = (weight: string): string => weight.replace(/\.weight$/, '')

/** The weights of a model that targets name. */
export function targetWeights(config: ModelConfig, targets: readonly AdapterTarget[]): ParameterSpec[] {
  const wanted = new Set<string>(targets)
  const isBlock = (name: string): boolean => name.startsWith('model.transformer.blocks.') || name === names.fuse
  return modelParameters(config).filter(
    ({ name, shape }) => shape.length === 2 && isBlock(name) && wanted.has(moduleOf(name).split('.').at(-1)!),
  )
}

/** Tables whose rows are a token's: the embedding, and the head where it has weights of its own. */
export const rowWeights = (config: ModelConfig): string[] =>
  config.options.tiedHead ? [names.embedding] : [names.embedding, names.head]

/** Every trainable parameter of an adapter. B and the rows' changes start at zero: the first step is the base model. */
export function adapterParameters(config: ModelConfig, adapter: AdapterConfig): ParameterSpec[] {
  const specs: ParameterSpec[] = []
  for (const { name, shape } of targetWeights(config, adapter.targets)) {
    const [out, width] = shape as [number, number]
    if (adapter.rank > Math.min(out, width))
      throw new TandemError(
        `A rank of ${adapter.rank} is more than ${moduleOf(name)} has (${out} x ${width}).`,
        `Give a rank of ${Math.min(out, width)} at most.`,
      )
    specs.push(
      // The deviation of PEFT's uniform start, 1 / sqrt(3 in).
      {
        name: adapterNames.a(name),
        shape: [adapter.rank, width],
        init: { normal: 1 / Math.sqrt(3 * width) },
        role: 'other',
      },
      { name: adapterNames.b(name), shape: [out, adapter.rank], init: { constant: 0 }, role: 'other' },
    )
  }
  if (specs.length === 0)
    throw new TandemError('The model has none of the matrices the adapter is to stand on.', 'Choose other targets.')
  if (adapter.rows.length > 0) {
    if (new Set(adapter.rows).size !== adapter.rows.length || adapter.rows.some((row) => row >= config.vocabSize))
      throw new TandemError(
        'The embedding rows to train are not different tokens of this model.',
        `Give ids below ${config.vocabSize}, each once.`,
      )
    for (const weight of rowWeights(config))
      specs.push({
        name: adapterNames.rows(weight),
        shape: [adapter.rows.length, config.dModel],
        init: { constant: 0 },
        role: 'other',
      })
  }
  return specs
}
