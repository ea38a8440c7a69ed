/**
 * The mask predictor compiled for inference: weights stored inside, sampling inside. A forward takes the conditional
 * sequence (and, with guidance, the unconditional one) and returns a token and its confidence for the asked rows only.
 * A pick is drawn by inverting the cumulative distribution at one uniform number a row, so the host owns all randomness
 * and no noise tensor crosses. Confidence is the pick's probability at temperature 1 under the full normaliser.
 */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import { Graph, type InitializerData } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { add, div, mul, scalar, sub } from '../graph/ops/elementwise.ts'
import { gatherElements } from '../graph/ops/gather.ts'
import { cast, cumsum, less } from '../graph/ops/logic.ts'
import { reduceSum, softmax } from '../graph/ops/reduce.ts'
import { ends, take } from '../graph/ops/rows.ts'
import { concat, reshape, slice } from '../graph/ops/shape.ts'
import type { Value } from '../graph/types.ts'
import { forwardHidden, headLogits, keyWidth, modelParameters, type ForwardContext, type Reach } from './forward.ts'
import { findField, resolveLayout, type Layout } from './layout.ts'
import { storedAccess, type StoredWeight } from './stored-weights.ts'
import { vocabularyOf } from './train-graph.ts'

export interface InferGraph {
  readonly model: Uint8Array
  readonly layout: Layout
  /** Sequences per forward: 1 conditional, plus 1 or 2 unconditional ones when guidance is used. */
  readonly passes: number
}

export type Passes = 1 | 2 | 3

/** Positions of all sequences from which the runtime's attention kernel is faster than scores in memory (measured on CPU). */
export const LONG = 384

export interface InferGraphOptions {
  /** Also return the guided logits of the asked rows (`logits:text`, `logits:image`), for tests. */
  readonly logits?: boolean
  /** Length of the instruction, where the model reads it at its own. */
  readonly instruction?: number
  /** Weights that stay in their files; `weight` is then not asked. */
  readonly stored?: (name: string) => StoredWeight
  /**
   * `make`: also returns keys and values of the positions fed as `keep` [P], `new:keys:l` and `new:values:l` [B, P, kv] for
   * every layer. `use`: is fed such as `keys:l` and `values:l`, and computes the rows fed as `computed` [n] alone; `rows:m`
   * then count places among those. `select`: as `use`, of whose keys and values those at `known` [k] alone are taken. `renew`:
   * `make` and `use`, `keep` counting places as well. `input`: computes the input part alone and
   * returns its keys and values, nothing else; of a model whose input does not attend to its output.
   */
  readonly cache?: 'make' | 'use' | 'select' | 'renew' | 'input'
  /** False: attention in plain products at any length, see `kernelIsSound`. */
  readonly kernel?: boolean
  /** What adapters add beside stored weights. */
  readonly adapt?: (graph: Graph) => NonNullable<ForwardContext['adapt']>
}

/** What the names of returned keys and values begin with; without it they are the names under which they are fed. */
export const NEW = 'new:'

/** A logit far below any other: the token cannot be drawn and adds nothing to the normaliser. */
const EXCLUDED = -1e9

/**
 * Feeds per modality m in {text, image}: `rows:m` [n] positions counted from layout.outputStart, `uniform:m` [n, 1] in
 * [0, 1), `temperature:m` scalar > 0, and for unconditional
 * sequences scalars `guidance:m`, `guidance:m:2`: logits = cond + sum of g (cond - uncond).
 * Results: `token:m` [n, 1] (text: id, image: code), `confidence:m` [n, 1].
 */
export function buildInferGraph(
  config: ModelConfig,
  task: Task,
  passes: Passes,
  weight: (name: string, shape: readonly number[]) => InitializerData,
  options: InferGraphOptions = {},
): InferGraph {
  const graph = new Graph()
  const layout = resolveLayout(config, task, options.instruction)
  const shapes = new Map(modelParameters(config).map((spec) => [spec.name, spec.shape]))
  const stored = new Map<string, Value>()
  const context: ForwardContext = {
    graph,
    config,
    layout,
    batch: passes,
    parameter(name) {
      const shape = shapes.get(name)
      if (!shape) throw new Error(`the model has no parameter ${name}`)
      const value = stored.get(name) ?? graph.weight(name, 'float32', shape, weight(name, shape))
      stored.set(name, value)
      return value
    },
    fused: options.kernel !== false && (passes * layout.length >= LONG || feedsRows(options.cache)),
    ...(options.stored ? storedAccess(graph, options.stored) : {}),
    ...(options.adapt ? { adapt: options.adapt(graph) } : {}),
  }
  const tokens = graph.input('tokens', 'int64', [passes, layout.length])
  if (options.cache === 'input') {
    const input = BigInt64Array.from({ length: layout.outputStart }, (_, p) => BigInt(p))
    const computed = graph.constant(input, [input.length])
    // What the last block does with its keys leads to no result and is left out of the graph.
    forwardHidden(context, tokens, { whole: true, computed, tell: teller(graph) })
    return { model: encodeModel(graph), layout, passes }
  }
  const modalities = (['text', 'image'] as const).filter((m) => m === 'image' || findField(layout, 'outputText'))
  const rows = modalities.map((m) => graph.input(`rows:${m}`, 'int64', [`rows_${m}`]))
  const asked = rows.length === 1 ? rows[0]! : concat(rows, 0)
  const hidden = forwardHidden(context, tokens, reachOf(context, asked, options.cache))
  modalities.forEach((modality, i) => {
    const own = rows.length === 1 ? hidden : ends(hidden, rows[i]!, i === 0 ? 'start' : 'end')
    const { offset, size } = vocabularyOf(config, modality)
    const guided = graph.within('head', () => {
      const logits = Array.from({ length: passes }, (_, p) => {
        const sequence = reshape(slice(own, 0, p, p + 1), [rows[i]!.shape[0]!, config.dModel])
        return headLogits(context, sequence, offset, size)
      })
      return guide(graph, modality, logits)
    })
    if (options.logits) graph.output(`logits:${modality}`, guided)
    graph.within('picks', () => drawRows(graph, config, modality, guided))
  })
  return { model: encodeModel(graph), layout, passes }
}

/** Whether keys and values of some rows are fed. */
const feedsRows = (cache: InferGraphOptions['cache']): boolean =>
  cache === 'use' || cache === 'select' || cache === 'renew'

/** What is computed: all rows up to the last block and the asked ones in it, or, where rows are known, `computed` alone. */
function reachOf(
  { graph, config, layout, batch }: ForwardContext,
  asked: Value,
  cache: InferGraphOptions['cache'],
): Reach {
  const told =
    cache === 'make' || cache === 'renew' ? { tell: teller(graph, graph.input('keep', 'int64', ['kept'])) } : {}
  if (feedsRows(cache)) {
    const places = cache === 'select' ? graph.input('known', 'int64', ['taken']) : null
    const known = (what: string, layer: number): Value => {
      const fed = graph.input(`${what}:${layer}`, 'float32', [batch, 'known', keyWidth(config)])
      return places ? take(fed, places) : fed
    }
    return {
      computed: graph.input('computed', 'int64', ['computed']),
      asked,
      known: (layer) => [known('keys', layer), known('values', layer)],
      ...told,
    }
  }
  return { asked: add(asked, graph.constant(BigInt64Array.of(BigInt(layout.outputStart)), [])), ...told }
}

/** Returns keys and values of the rows at the given places among the computed ones; of all of them where none are given. */
const teller =
  (graph: Graph, places?: Value): NonNullable<Reach['tell']> =>
  (layer, keys, values) => {
    graph.output(`${NEW}keys:${layer}`, places ? take(keys, places) : keys)
    graph.output(`${NEW}values:${layer}`, places ? take(values, places) : values)
  }

/** From logits of the asked rows to the results: a pick each and its confidence. */
export function drawRows(graph: Graph, config: ModelConfig, modality: 'text' | 'image', guided: Value): void {
  const { size } = vocabularyOf(config, modality)
  const logits = modality === 'text' ? exclude(guided, config.special.mask, size) : guided
  const uniform = graph.input(`uniform:${modality}`, 'float32', [guided.shape[0]!, 1])
  const temperature = graph.input(`temperature:${modality}`, 'float32', [])
  const token = draw(softmax(div(logits, temperature)), uniform)
  graph.output(`token:${modality}`, token)
  graph.output(`confidence:${modality}`, gatherElements(softmax(logits), token, 1))
}

/** Classifier-free guidance on logits: cond + sum over k of g_k (cond - uncond_k). */
function guide(graph: Graph, modality: string, [cond, ...unconditional]: readonly Value[]): Value {
  return unconditional.reduce((sum, uncond, k) => {
    const scale = graph.input(guidanceFeed(modality, k), 'float32', [])
    return add(sum, mul(sub(cond!, uncond), scale))
  }, cond!)
}

/** Of the k-th unconditional sequence, from 0. */
export const guidanceFeed = (modality: string, k: number): string =>
  k === 0 ? `guidance:${modality}` : `guidance:${modality}:${k + 1}`

function exclude(logits: Value, token: number, size: number): Value {
  if (token >= size) return logits
  const bias = new Float32Array(size)
  bias[token] = EXCLUDED
  return add(logits, logits.graph.constant(bias, [1, size]))
}

/** Index of the first class whose running probability exceeds u x the total: [n, V], [n, 1] -> int64 [n, 1]. */
function draw(probabilities: Value, uniform: Value): Value {
  const size = Number(probabilities.shape[1])
  const running = cumsum(probabilities)
  // Against the total as it was rounded, and strictly: a class without probability does not raise the running sum, so
  // it is never the first to exceed, not at u = 0 (the mask token may be id 0) and not past a total below 1.
  const threshold = mul(uniform, slice(running, 1, size - 1, size))
  const after = reduceSum(cast(less(threshold, running), 'float32'), [1])
  return cast(sub(scalar(after, size), after), 'int64')
}
