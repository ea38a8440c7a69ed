/**
 * A forward as the public code runs it: every row of the sequence to the logits of every id, the scores of attention
 * stored. Nothing samples from it; it is what speed-ups are measured against.
 */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import { Graph, type InitializerData } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { reshape } from '../graph/ops/shape.ts'
import { forwardHidden, headLogits, modelParameters } from './forward.ts'
import { resolveLayout } from './layout.ts'

/** Feeds `tokens` [1, L]; returns `logits` [L, V]. */
export function buildReferenceGraph(...of: Parameters<typeof composeReferenceGraph>): Uint8Array {
  return encodeModel(composeReferenceGraph(...of))
}

export function composeReferenceGraph(
  config: ModelConfig,
  task: Task,
  weight: (name: string, shape: readonly number[]) => InitializerData,
): Graph {
  const layout = resolveLayout(config, task)
  const graph = new Graph()
  const made = new Map(
    modelParameters(config).map(
      ({ name, shape }) => [name, graph.weight(name, 'float32', shape, weight(name, shape))] as const,
    ),
  )
  const context = { graph, config, layout, batch: 1, parameter: (name: string) => made.get(name)! }
  const hidden = forwardHidden(context, graph.input('tokens', 'int64', [1, layout.length]), { whole: true })
  graph.output('logits', headLogits(context, reshape(hidden, [layout.length, config.dModel]), 0, config.vocabSize))
  return graph
}
