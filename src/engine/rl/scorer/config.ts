/**
 * The storybook scorer as data: a small CLIP-style dual encoder (Radford et al. 2021). Pictures come in as cells of a
 * grid, each averaged down to a few pixels, so that it marks any picture of the world's size or another; texts come in
 * as tokens of a tokenizer of its own, with masks where nothing is decided yet.
 */
import { z } from 'zod'
import { rewardFolders } from '../../../shared/rl.ts'
import type { ParameterSpec } from '../../model/parameters.ts'

const size = z.int().positive()

export const scorerConfigSchema = z
  .strictObject({
    format: z.literal('tandem-scorer'),
    version: z.literal(1),
    name: z.string().min(1),
    /** Cells along one side of a picture, and pixels along one side of a cell as the encoder sees it. */
    grid: size.max(64),
    pixels: size.max(64),
    /** Tokens a text is cut or padded to. */
    words: size.max(4096),
    vocabSize: size,
    special: z.strictObject({ mask: z.int(), pad: z.int(), eos: z.int() }),
    /** Neighbours on each side a word is read together with before the transformer: sprite and cell are a few words apart. */
    reach: z.int().nonnegative().max(16),
    dModel: size,
    layers: size,
    heads: size,
    mlpHidden: size,
    /** Width of the space in which both meet. */
    embedding: size,
    /** Of the cosine over a random 1 % of the training data: what a reward is standardised with. */
    scale: z.strictObject({ mean: z.number(), deviation: z.number().positive() }),
  })
  .refine((c) => c.dModel % c.heads === 0, { message: 'dModel must be a multiple of heads' })
export type ScorerConfig = z.infer<typeof scorerConfigSchema>

export const scorerFiles = {
  config: rewardFolders.scorer,
  weights: 'scorer.safetensors',
  tokenizer: 'tokenizer.json',
  scores: 'scores.json',
} as const

export const towers = ['text', 'picture'] as const
export type Tower = (typeof towers)[number]

export const names = {
  words: 'text.words.weight',
  window: (part: 'value' | 'gate'): string => `text.window.${part}.weight`,
  gate: 'picture.gate.weight',
  cells: 'picture.cells.weight',
  place: (tower: Tower): string => `${tower}.places.weight`,
  block: (tower: Tower, layer: number, part: string): string => `${tower}.blocks.${layer}.${part}.weight`,
  norm: (tower: Tower): string => `${tower}.norm.weight`,
  out: (tower: Tower): string => `${tower}.out.weight`,
  /** log of the inverse temperature. */
  temperature: 'temperature',
} as const

/** Numbers of a cell: pixels x pixels x RGB. */
export const cellSize = ({ pixels }: Pick<ScorerConfig, 'pixels'>): number => pixels * pixels * 3
export const cellCount = ({ grid }: Pick<ScorerConfig, 'grid'>): number => grid * grid

/** CLIP starts at a temperature of 0.07 and never goes below 0.01 (section 2.5). */
export const START_TEMPERATURE = 0.07
export const COLDEST_TEMPERATURE = 0.01

export function scorerParameters(config: ScorerConfig): ParameterSpec[] {
  const { dModel: d, mlpHidden: h, layers } = config
  const matrix = (name: string, shape: number[], deviation: number): ParameterSpec => ({
    name,
    shape,
    init: { normal: deviation },
    role: 'matrix',
  })
  const other = (name: string, shape: number[], init: ParameterSpec['init']): ParameterSpec => ({
    name,
    shape,
    init,
    role: 'other',
  })
  const wide = 1 / Math.sqrt(d)
  const residual = wide / Math.sqrt(2 * layers)
  const specs: ParameterSpec[] = []
  for (const tower of towers) {
    for (let i = 0; i < layers; i++) {
      const name = (part: string): string => names.block(tower, i, part)
      specs.push(
        other(name('attn_norm'), [d], { constant: 1 }),
        matrix(name('q_proj'), [d, d], wide),
        matrix(name('k_proj'), [d, d], wide),
        matrix(name('v_proj'), [d, d], wide),
        matrix(name('attn_out'), [d, d], residual),
        other(name('ff_norm'), [d], { constant: 1 }),
        matrix(name('ff_proj'), [h, d], wide),
        matrix(name('up_proj'), [h, d], wide),
        matrix(name('ff_out'), [d, h], residual),
      )
    }
    const count = tower === 'text' ? config.words : cellCount(config)
    specs.push(
      other(names.place(tower), [count, d], { normal: 0.3 }),
      other(names.norm(tower), [d], { constant: 1 }),
      other(names.out(tower), [config.embedding, d], { normal: wide }),
    )
  }
  specs.push(
    other(names.words, [config.vocabSize, d], { normal: 0.3 }),
    ...(['value', 'gate'] as const).map((part) =>
      matrix(names.window(part), [d, (2 * config.reach + 1) * d], 2 / Math.sqrt((2 * config.reach + 1) * d)),
    ),
    other(names.gate, [cellCount(config), d], { normal: 1 }),
    other(names.cells, [d, cellSize(config)], { normal: 1 / Math.sqrt(cellSize(config)) }),
    other(names.temperature, [1], { constant: Math.log(1 / START_TEMPERATURE) }),
  )
  return specs
}
