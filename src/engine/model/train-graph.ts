/**
 * The mask predictor compiled for training: one graph that returns log p(target) per output row and, seeded with
 * per-row weights, the gradient of every parameter. SFT, ParaRL and output-level objectives differ in the weights alone.
 */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import { gradients } from '../graph/autodiff.ts'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { gatherElements } from '../graph/ops/gather.ts'
import { logSoftmax } from '../graph/ops/reduce.ts'
import { reshape, slice } from '../graph/ops/shape.ts'
import type { Value } from '../graph/types.ts'
import { adaptModel, type AdaptedModel, type DropoutFeed, type GraphAdapter } from './adapter-graph.ts'
import { forwardHidden, headLogits, modelParameters, type ForwardContext } from './forward.ts'
import { gradientName } from './parameters.ts'
import { findField, resolveLayout, type Field, type Layout } from './layout.ts'

export interface TrainGraph {
  readonly model: Uint8Array
  readonly layout: Layout
  readonly batch: number
  /** Output fields in layout order; each has feeds `target:NAME`, `seed:NAME` and a result `logp:NAME`. */
  readonly fields: readonly Field[]
  /** Dropout masks an adapter's graph is fed; none without one. */
  readonly dropouts: readonly DropoutFeed[]
}

export interface TrainGraphOptions {
  /** Also return logits of every output row (`logits:NAME`), for tests. */
  readonly logits?: boolean
  /** Without gradients: the same numbers for validation. */
  readonly forwardOnly?: boolean
  /** Trains an adapter: its parameters are fed and get gradients, the model's own are stored. */
  readonly adapter?: GraphAdapter
  /** Length of the instruction, where the model reads it at its own. */
  readonly instruction?: number
}

/** Feeds: `tokens` [B, L] int64, targets [B*n] int64 relative to the field's vocabulary, seeds [B*n], every parameter. */
export function buildTrainGraph(
  config: ModelConfig,
  task: Task,
  batch: number,
  options: TrainGraphOptions = {},
): TrainGraph {
  const { graph, ...rest } = composeTrainGraph(config, task, batch, options)
  return { model: encodeModel(graph), ...rest }
}

/** The same before it is written, for whoever wants to look at its nodes. */
export function composeTrainGraph(
  config: ModelConfig,
  task: Task,
  batch: number,
  options: TrainGraphOptions = {},
): Omit<TrainGraph, 'model'> & { readonly graph: Graph } {
  const graph = new Graph()
  const layout = resolveLayout(config, task, options.instruction)
  const { trainable, dropouts, ...access } = options.adapter
    ? adaptModel(graph, config, options.adapter, { dropout: !options.forwardOnly })
    : wholeModel(graph, config)
  const context: ForwardContext = { graph, config, layout, batch, ...access }
  const hidden = forwardHidden(context, graph.input('tokens', 'int64', [batch, layout.length]))
  const fields = (['outputImage', 'outputText'] as const).flatMap((name) => findField(layout, name) ?? [])
  const outputs: { value: Value; seed: Value }[] = []
  for (const field of fields) {
    const count = batch * field.length
    const start = field.start - layout.outputStart
    const rows = reshape(slice(hidden, 1, start, start + field.length), [count, config.dModel])
    const { offset, size } = vocabularyOf(config, field.modality)
    const logits = headLogits(context, rows, offset, size)
    if (options.logits) graph.output(`logits:${field.name}`, logits)
    const target = graph.input(`target:${field.name}`, 'int64', [count, 1])
    const logp = reshape(gatherElements(logSoftmax(logits), target, 1), [count])
    graph.output(`logp:${field.name}`, logp)
    if (!options.forwardOnly) outputs.push({ value: logp, seed: graph.input(`seed:${field.name}`, 'float32', [count]) })
  }
  if (!options.forwardOnly) {
    const wrt = [...trainable.values()].filter((value) => used(graph, value))
    gradients(graph, outputs, wrt).forEach((gradient, i) => graph.output(gradientName(wrt[i]!.name), gradient))
  }
  return { graph, layout, batch, fields, dropouts }
}

/** Every parameter of the model fed, and trained. */
export function wholeModel(graph: Graph, config: ModelConfig): Omit<AdaptedModel, 'adapt'> {
  const trainable = new Map(
    modelParameters(config).map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]),
  )
  return {
    trainable,
    dropouts: [],
    parameter(name) {
      const value = trainable.get(name)
      if (!value) throw new Error(`the model has no parameter ${name}`)
      return value
    },
  }
}

/** The ids a row of this modality may take: text over the text vocabulary, image over the codebook. */
export function vocabularyOf(config: ModelConfig, modality: 'text' | 'image'): { offset: number; size: number } {
  return modality === 'text'
    ? { offset: 0, size: config.textVocabSize }
    : { offset: config.image.offset, size: config.image.codebookSize }
}

/** The fuse does not exist in a layout without an input image: its weight has no gradient there. */
function used(graph: Graph, value: Value): boolean {
  return graph.nodes.some((node) => node.inputs.includes(value))
}
