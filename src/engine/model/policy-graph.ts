/**
 * The mask predictor compiled for rollouts: many sequences in one forward, their weights fed. A policy changes after
 * every update, so nothing of it is stored in the graph; picks are drawn as in infer-graph.ts.
 */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { gather } from '../graph/ops/gather.ts'
import { reshape } from '../graph/ops/shape.ts'
import { adaptModel, type GraphAdapter } from './adapter-graph.ts'
import { forwardHidden, headLogits, type ForwardContext } from './forward.ts'
import { drawRows } from './infer-graph.ts'
import { findField, resolveLayout, type Layout } from './layout.ts'
import { vocabularyOf, wholeModel } from './train-graph.ts'

/**
 * Feeds: `tokens` [B, L]; per modality m `rows:m` [n], indices into the B x (L - outputStart) output positions, row after
 * row; `uniform:m` [n, 1], `temperature:m`; every parameter, or the adapter's. Results `token:m`, `confidence:m` [n, 1].
 */
export function buildPolicyGraph(
  config: ModelConfig,
  task: Task,
  batch: number,
  adapter?: GraphAdapter,
): { readonly model: Uint8Array; readonly layout: Layout } {
  const graph = new Graph()
  const layout = resolveLayout(config, task)
  const access = adapter ? adaptModel(graph, config, adapter, { dropout: false }) : wholeModel(graph, config)
  const context: ForwardContext = { graph, config, layout, batch, ...access }
  const hidden = forwardHidden(context, graph.input('tokens', 'int64', [batch, layout.length]))
  const rows = reshape(hidden, [batch * (layout.length - layout.outputStart), config.dModel])
  for (const modality of ['text', 'image'] as const) {
    if (modality === 'text' && !findField(layout, 'outputText')) continue
    const asked = gather(rows, graph.input(`rows:${modality}`, 'int64', [`rows_${modality}`]))
    const { offset, size } = vocabularyOf(config, modality)
    drawRows(graph, config, modality, headLogits(context, asked, offset, size))
  }
  return { model: encodeModel(graph), layout }
}
