/** The arithmetic of one forward by part, in floating-point operations (a multiply-add is 2): products alone, as papers count. */
import type { ModelConfig } from '../../shared/model-config.ts'
import { keyWidth } from './forward.ts'
import { findField, type Layout } from './layout.ts'
import { vocabularyOf } from './train-graph.ts'

export interface ForwardRows {
  readonly passes: number
  /** Rows computed of each sequence; all positions are keys. */
  readonly computed: number
  /** Rows of each modality that go through the head, over the modality's own vocabulary. */
  readonly asked: Readonly<Record<'text' | 'image', number>>
  /** Rows that go through the last block; those that are asked where absent. */
  readonly last?: number
}

export type CostParts = Readonly<Record<'embed' | 'attention' | 'mlp' | 'head', number>>

export function forwardCost(config: ModelConfig, layout: Layout, given: ForwardRows): CostParts {
  const { passes, computed, asked, last = asked.text + asked.image } = given
  const { dModel: d, mlpHidden: h, layers, options } = config
  const kv = keyWidth(config)
  const { outputStart: input, length } = layout
  // Queries of an input that does not attend to the output see the input alone.
  const hidden = options.inputAttends === 'input' && computed === length ? input * (length - input) : 0
  const scores = 4 * d * (computed * length - hidden)
  const projections = (rows: number, queries: number): number => 2 * rows * 2 * d * kv + 2 * queries * 2 * d * d
  const attention =
    (layers - 1) * (projections(computed, computed) + scores) + projections(computed, last) + 4 * d * last * length
  const mlp = 6 * d * h * ((layers - 1) * computed + last)
  const cells = options.fuse ? (findField(layout, 'inputImage')?.length ?? 0) : 0
  const head = (['text', 'image'] as const).reduce((n, m) => n + 2 * d * asked[m] * vocabularyOf(config, m).size, 0)
  return { embed: passes * 2 * cells * d * d, attention: passes * attention, mlp: passes * mlp, head: passes * head }
}

export const totalCost = (parts: CostParts): number => Object.values(parts).reduce((a, b) => a + b, 0)
