/**
 * The dual encoder as a graph: a small transformer for each side, its mean projected into one space and scaled to length
 * 1. Training adds the symmetric contrastive loss with a learned temperature (CLIP, figure 3); a text also has to tell its
 * picture from pictures with a planted error, and a picture its text from such texts: further columns of the softmax.
 */
import { gradients } from '../../graph/autodiff.ts'
import { Graph, type InitializerData } from '../../graph/graph.ts'
import { encodeModel } from '../../graph/onnx.ts'
import { attend } from '../../graph/ops/attend.ts'
import { add, div, exp, max, mul, neg, scalar, scale, silu, sqrt } from '../../graph/ops/elementwise.ts'
import { gather, gatherElements } from '../../graph/ops/gather.ts'
import { linear, matmul, matmulRows } from '../../graph/ops/matmul.ts'
import { logSoftmax, reduceMean, reduceSum, reduceSumSquare } from '../../graph/ops/reduce.ts'
import { concat, pad, reshape, slice, transpose } from '../../graph/ops/shape.ts'
import { rmsNorm } from '../../graph/ops/rms-norm.ts'
import type { Value } from '../../graph/types.ts'
import { gradientName } from '../../model/parameters.ts'
import {
  cellCount,
  cellSize,
  COLDEST_TEMPERATURE,
  names,
  scorerParameters,
  type ScorerConfig,
  type Tower,
} from './config.ts'

type Parameter = (name: string) => Value

const EPSILON = 1e-6

/** One pre-norm block with full attention. x [B * n, d]. */
function block(config: ScorerConfig, parameter: Parameter, tower: Tower, layer: number, x: Value, n: number): Value {
  const { dModel: d, heads } = config
  const batch = Number(x.shape[0]) / n
  const weight = (part: string): Value => parameter(names.block(tower, layer, part))
  const split = (value: Value): Value => reshape(value, [batch, n, heads, d / heads])
  const normed = rmsNorm(x, weight('attn_norm'), EPSILON)
  const q = scale(split(linear(normed, weight('q_proj'))), 1 / Math.sqrt(d / heads))
  const k = split(linear(normed, weight('k_proj')))
  const v = split(linear(normed, weight('v_proj')))
  const scores = matmulRows(transpose(q, [0, 2, 1, 3]), transpose(k, [0, 2, 1, 3]))
  const mixed = transpose(attend(scores, transpose(v, [0, 2, 1, 3])), [0, 2, 1, 3])
  const attended = add(x, linear(reshape(mixed, [batch * n, d]), weight('attn_out')))
  const inner = rmsNorm(attended, weight('ff_norm'), EPSILON)
  const gated = mul(silu(linear(inner, weight('ff_proj'))), linear(inner, weight('up_proj')))
  return add(attended, linear(gated, weight('ff_out')))
}

/** [B, n, d] -> unit vectors [B, embedding]. */
function encode(config: ScorerConfig, parameter: Parameter, tower: Tower, embedded: Value): Value {
  const [batch, n, d] = embedded.shape as [number, number, number]
  let x = reshape(add(embedded, parameter(names.place(tower))), [batch * n, d])
  for (let layer = 0; layer < config.layers; layer++) x = block(config, parameter, tower, layer, x, n)
  const pooled = reduceMean(reshape(x, [batch, n, d]), [1], false)
  const out = linear(rmsNorm(pooled, parameter(names.norm(tower)), EPSILON), parameter(names.out(tower)))
  return div(out, sqrt(add(reduceSumSquare(out, [-1]), scalar(out, EPSILON))))
}

/** Tokens [B, words] int64 -> unit vectors. */
function encodeText(config: ScorerConfig, parameter: Parameter, tokens: Value): Value {
  const { reach, dModel: d } = config
  const words = gather(parameter(names.words), tokens)
  const [batch, n] = words.shape as [number, number, number]
  const padded = pad(words, 1, reach, reach)
  const near = concat(
    Array.from({ length: 2 * reach + 1 }, (_, i) => slice(padded, 1, i, i + n)),
    2,
  )
  const rows = reshape(near, [batch * n, (2 * reach + 1) * d])
  // A product of two views, so that "cat" near "b3" is something of its own from the start and not a sum of the two.
  const mixed = mul(linear(rows, parameter(names.window('value'))), linear(rows, parameter(names.window('gate'))))
  return encode(config, parameter, 'text', add(words, reshape(mixed, [batch, n, d])))
}

/** Cells [B, grid^2, pixels^2 * 3] in [-1, 1] -> unit vectors. */
function encodePicture(config: ScorerConfig, parameter: Parameter, cells: Value): Value {
  const [batch, n, width] = cells.shape as [number, number, number]
  const rows = linear(reshape(cells, [batch * n, width]), parameter(names.cells))
  // What a cell shows times where it is: the mean over cells still knows which stood where.
  const placed = mul(reshape(rows, [batch, n, config.dModel]), parameter(names.gate))
  return encode(config, parameter, 'picture', placed)
}

/** Pictures with a planted error beside each true one, and texts. */
export const PLANTED = 2
export const PLANTED_TEXTS = 2

/**
 * Feeds: `tokens` [(1 + PLANTED_TEXTS) B, words], `cells` [(1 + PLANTED) B, grid^2, ...], the true ones first; `weight` [B, 1], summing to
 * 1; every parameter. Results: `loss`, `scale` (1 / temperature), log p of each row's own partner (`logp:text` among all
 * pictures, `logp:picture` among all texts), and gradients.
 */
export function buildScorerTrainGraph(config: ScorerConfig, batch: number): Uint8Array {
  const graph = new Graph()
  const inputs = new Map(scorerParameters(config).map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]))
  const parameter: Parameter = (name) => inputs.get(name)!
  const text = encodeText(
    config,
    parameter,
    graph.input('tokens', 'int64', [(1 + PLANTED_TEXTS) * batch, config.words]),
  )
  const cells = graph.input('cells', 'float32', [(1 + PLANTED) * batch, cellCount(config), cellSize(config)])
  const picture = encodePicture(config, parameter, cells)
  // min(log s, log 100): the temperature never falls below CLIP's floor.
  const logScale = neg(max(neg(parameter(names.temperature)), scalar(text, -Math.log(1 / COLDEST_TEMPERATURE))))
  const own = graph.constant(
    BigInt64Array.from({ length: batch }, (_, i) => BigInt(i)),
    [batch, 1],
  )
  const weight = graph.input('weight', 'float32', [batch, 1])
  const losses = (['text', 'picture'] as const).map((side) => {
    const [from, to] = side === 'text' ? [text, picture] : [picture, text]
    // Row b of `from` against every partner, planted errors included: column b is right.
    const logits = mul(matmul(slice(from, 0, 0, batch), transpose(to, [1, 0])), exp(logScale))
    const logp = gatherElements(logSoftmax(logits), own, 1)
    graph.output(`logp:${side}`, logp)
    return neg(reduceSum(mul(logp, weight), [0, 1], false))
  })
  const loss = scale(add(losses[0]!, losses[1]!), 0.5)
  graph.output('loss', loss)
  graph.output('scale', exp(logScale))
  const seed = graph.constant(Float32Array.of(1), [])
  const wrt = [...inputs.values()]
  gradients(graph, [{ value: loss, seed }], wrt).forEach((g, i) => graph.output(gradientName(wrt[i]!.name), g))
  return encodeModel(graph)
}

/** Feeds `tokens` [B, words] or `cells` [B, ...]; results `text` or `picture` [B, embedding], unit vectors. */
export function buildTowerGraph(
  config: ScorerConfig,
  tower: Tower,
  batch: number,
  weight: (name: string) => InitializerData,
): Uint8Array {
  const graph = new Graph()
  const shapes = new Map(scorerParameters(config).map(({ name, shape }) => [name, shape]))
  const stored = new Map<string, Value>()
  const parameter: Parameter = (name) => {
    const value = stored.get(name) ?? graph.weight(name, 'float32', shapes.get(name)!, weight(name))
    stored.set(name, value)
    return value
  }
  if (tower === 'text')
    graph.output('text', encodeText(config, parameter, graph.input('tokens', 'int64', [batch, config.words])))
  else {
    const cells = graph.input('cells', 'float32', [batch, cellCount(config), cellSize(config)])
    graph.output('picture', encodePicture(config, parameter, cells))
  }
  return encodeModel(graph)
}
