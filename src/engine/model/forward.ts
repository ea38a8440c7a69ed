/**
 * The mask predictor, once. A LLaDA trunk (RMSNorm, RoPE, SwiGLU, full bidirectional attention, no biases) described by
 * a config; `compile.ts` turns it into an inference or a training graph. Tensor names are LLaDA's. The options add row,
 * column and segment embeddings and the input-output fuse; with all of them off it is the published architecture.
 */
import type { ModelConfig } from '../../shared/model-config.ts'
import type { Graph } from '../graph/graph.ts'
import { attend } from '../graph/ops/attend.ts'
import { add, mul, silu } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import { linear, matmulRows } from '../graph/ops/matmul.ts'
import { multiHead } from '../graph/ops/multi-head.ts'
import { rmsNorm } from '../graph/ops/rms-norm.ts'
import { rope } from '../graph/ops/rope.ts'
import { take } from '../graph/ops/rows.ts'
import { concat, expand, pad, reshape, slice, transpose } from '../graph/ops/shape.ts'
import { times } from '../graph/shapes.ts'
import type { Dim, Value } from '../graph/types.ts'
import { fieldOrder, type Layout } from './layout.ts'
import type { ParameterSpec } from './parameters.ts'

export const names = {
  embedding: 'model.transformer.wte.weight',
  finalNorm: 'model.transformer.ln_f.weight',
  head: 'model.transformer.ff_out.weight',
  row: 'model.options.row.weight',
  column: 'model.options.column.weight',
  segment: 'model.options.segment.weight',
  fuse: 'model.options.fuse.weight',
  block: (layer: number, part: string): string => `model.transformer.blocks.${layer}.${part}.weight`,
} as const

/** Every parameter of the model, in LLaDA's names and torch's [out, in] order. */
export function modelParameters(config: TrunkConfig): ParameterSpec[] {
  const { dModel: d, mlpHidden: h, layers, options } = config
  const kv = keyWidth(config)
  const wide = { normal: 0.02 }
  // Residual branches start small so that the trunk starts near the identity (GPT-2 section 2.3).
  const residual = { normal: 0.02 / Math.sqrt(2 * layers) }
  const matrix = (name: string, shape: number[], init: ParameterSpec['init']): ParameterSpec => ({
    name,
    shape,
    init,
    role: 'matrix',
  })
  const other = (name: string, shape: number[], init: ParameterSpec['init']): ParameterSpec => ({
    name,
    shape,
    init,
    role: 'other',
  })
  const one = { constant: 1 }
  const specs: ParameterSpec[] = []
  for (let i = 0; i < layers; i++) {
    specs.push(
      other(names.block(i, 'attn_norm'), [d], one),
      matrix(names.block(i, 'q_proj'), [d, d], wide),
      matrix(names.block(i, 'k_proj'), [kv, d], wide),
      matrix(names.block(i, 'v_proj'), [kv, d], wide),
      matrix(names.block(i, 'attn_out'), [d, d], residual),
      other(names.block(i, 'ff_norm'), [d], one),
      matrix(names.block(i, 'ff_proj'), [h, d], wide),
      matrix(names.block(i, 'up_proj'), [h, d], wide),
      matrix(names.block(i, 'ff_out'), [d, h], residual),
    )
  }
  specs.push(other(names.embedding, [config.vocabSize, d], wide), other(names.finalNorm, [d], one))
  if (!options.tiedHead) specs.push(other(names.head, [config.vocabSize, d], wide))
  if (options.gridEmbeddings) {
    const grid = gridOf(config)
    specs.push(other(names.row, [grid, d], wide), other(names.column, [grid, d], wide))
  }
  if (options.segmentEmbeddings) specs.push(other(names.segment, [1 + fieldOrder.length, d], wide))
  if (options.fuse) specs.push(other(names.fuse, [d, d], 'identity'))
  return specs
}

/** What the trunk needs of a config; `image` only where an option looks at the grid. */
export type TrunkConfig = Pick<
  ModelConfig,
  'dModel' | 'layers' | 'heads' | 'kvHeads' | 'mlpHidden' | 'normEps' | 'ropeTheta' | 'vocabSize' | 'options'
> & { readonly image?: Pick<ModelConfig['image'], 'grid'> }

export interface ForwardContext {
  readonly graph: Graph
  readonly config: TrunkConfig
  readonly layout: Omit<Layout, 'task' | 'template'>
  readonly batch: number
  /** The value that holds a named parameter: an input when training, a stored weight at inference. */
  readonly parameter: (name: string) => Value
  /** x [n, in] times rows from .. to-1 of a named matrix, where the weight is not simply a value. */
  readonly product?: (name: string, x: Value, from: number, to: number) => Value
  /** Rows of the embedding at `tokens`, where it is not simply a value. */
  readonly lookUp?: (name: string, tokens: Value) => Value
  /** Attention by the runtime's own kernel, without its scores in memory; it has no gradient. */
  readonly fused?: boolean
  /** What an adapter adds to rows x times a named matrix; null where it adds nothing. */
  readonly adapt?: (name: string, x: Value) => Value | null
}

/** Width of all keys, and of all values, of one position. */
export const keyWidth = ({ dModel, heads, kvHeads }: TrunkConfig): number => ((kvHeads ?? heads) * dModel) / heads

function gridOf({ image }: TrunkConfig): number {
  if (!image) throw new Error('row and column embeddings need an image grid')
  return image.grid
}

/** Rows x times a named matrix, with whatever an adapter adds. [n, in] -> [n, out] */
function project({ parameter, product, adapt }: ForwardContext, name: string, rows: number, x: Value): Value {
  const base = product ? product(name, x, 0, rows) : linear(x, parameter(name))
  const extra = adapt?.(name, x)
  return extra ? add(base, extra) : base
}

/**
 * Which rows a forward computes, where it is not all of them and the output part at the end. For inference: no gradient.
 * Rows that are not computed are known by their keys and values alone.
 */
export interface Reach {
  /** The input part goes through the last block as well. */
  readonly whole?: boolean
  /** [n] positions in the sequence. */
  readonly computed?: Value
  /** [m] of the computed rows, by their place among them: those that anything is asked of. */
  readonly asked?: Value
  /** Keys (turned to their positions) and values of the other rows, [B, P, kv], for each layer. */
  readonly known?: (layer: number) => readonly [Value, Value]
  /** Is told keys and values of the computed rows, [B, n, kv], layer by layer. */
  readonly tell?: (layer: number, keys: Value, values: Value) => void
}

/** Rows of a block: how many of each sequence, and those of them that the last block goes on with. */
interface Rows {
  readonly count: Dim
  readonly asked: Dim
  /** Of a value with the rows on `axis`. */
  readonly pick: (value: Value, axis: number) => Value
}

/**
 * Hidden states after the last norm, for the output part of the sequence only: tokens [B, L] -> [B, L - outputStart, d];
 * for the rows asked, [B, m, d]; or for the whole of it, [B, L, d]. The last block computes queries and MLP for those rows
 * alone: nothing after it reads the others.
 */
export function forwardHidden(context: ForwardContext, tokens: Value, reach: Reach = {}): Value {
  const { config, layout, batch, parameter } = context
  const { length, outputStart } = layout
  const { computed, asked, whole = outputStart === 0 } = reach
  const count = computed ? computed.shape[0]! : length
  const all: Rows = { count, asked: count, pick: (value) => value }
  const few: Rows = asked
    ? { count, asked: asked.shape[0]!, pick: (value, axis) => take(value, asked, axis) }
    : whole
      ? all
      : { count, asked: length - outputStart, pick: (value, axis) => slice(value, axis, outputStart, length) }
  const { graph } = context
  const embedded = graph.within('embed', () => embed(context, tokens))
  const tables = ropeTables(context, computed)
  let x = reshape(computed ? take(embedded, computed) : embedded, [times(count, batch), config.dModel])
  for (let layer = 0; layer < config.layers; layer++)
    x = block(context, tables, layer, x, layer === config.layers - 1 ? few : all, reach)
  const normed = graph.within('head', () => rmsNorm(x, parameter(names.finalNorm), config.normEps))
  return reshape(normed, [batch, few.asked, config.dModel])
}

function embed(context: ForwardContext, tokens: Value): Value {
  const { graph, config, layout, batch, parameter } = context
  const { options, dModel: d } = config
  const { length } = layout
  const raw = context.lookUp?.(names.embedding, tokens) ?? gather(parameter(names.embedding), tokens)
  let x = raw
  const index = (values: Iterable<number>): Value =>
    graph.constant(BigInt64Array.from([...values].map(BigInt)), [length])
  if (options.segmentEmbeddings) x = add(x, gather(parameter(names.segment), index(layout.segmentOf)))
  const imageFields = layout.fields.filter((field) => field.modality === 'image')
  if (options.gridEmbeddings && imageFields.length > 0) {
    const grid = gridOf(config)
    const row = new Array<number>(length).fill(0)
    const column = new Array<number>(length).fill(0)
    const inside = new Float32Array(length)
    for (const { start, length: count } of imageFields) {
      for (let i = 0; i < count; i++) {
        row[start + i] = Math.floor(i / grid)
        column[start + i] = i % grid
        inside[start + i] = 1
      }
    }
    const place = add(gather(parameter(names.row), index(row)), gather(parameter(names.column), index(column)))
    x = add(x, mul(place, graph.constant(inside, [length, 1])))
  }
  const from = layout.fields.find((field) => field.name === 'inputImage')
  const to = layout.fields.find((field) => field.name === 'outputImage')
  if (options.fuse && from && to) {
    const cells = reshape(slice(raw, 1, from.start, from.start + from.length), [batch * from.length, d])
    const fused = reshape(project(context, names.fuse, d, cells), [batch, from.length, d])
    x = add(x, pad(fused, 1, to.start, length - to.start - to.length))
  }
  return x
}

interface RopeTables {
  /** [L, headDim / 2]; the query's carry the 1/sqrt(headDim) of attention. */
  readonly query: { readonly cos: Value; readonly sin: Value }
  readonly key: { readonly cos: Value; readonly sin: Value }
}

function ropeTables({ graph, config, layout }: ForwardContext, computed?: Value): RopeTables {
  const headDim = config.dModel / config.heads
  const half = headDim / 2
  const table = (fn: (angle: number) => number, factor: number): Value => {
    const data = new Float32Array(layout.length * half)
    layout.positions.forEach((position, row) => {
      for (let i = 0; i < half; i++) data[row * half + i] = factor * fn(position * config.ropeTheta ** (-i / half))
    })
    const made = graph.constant(data, [layout.length, half])
    return computed ? gather(made, computed) : made
  }
  const scaled = 1 / Math.sqrt(headDim)
  return {
    query: { cos: table(Math.cos, scaled), sin: table(Math.sin, scaled) },
    key: { cos: table(Math.cos, 1), sin: table(Math.sin, 1) },
  }
}

/** One pre-norm block; queries and MLP only for the rows asked. x [B * count, d] -> [B * asked, d]. */
function block(context: ForwardContext, tables: RopeTables, layer: number, x: Value, rows: Rows, reach: Reach): Value {
  const { config, graph, parameter } = context
  const { dModel: d, mlpHidden: wide } = config
  const weight = (part: string): Value => parameter(names.block(layer, part))
  const through = (part: string, x: Value, width = d): Value => project(context, names.block(layer, part), width, x)
  const attended = graph.within('attention', () => {
    const normed = rmsNorm(x, weight('attn_norm'), config.normEps)
    return mixRows(context, tables, layer, { x, normed, through }, rows, reach)
  })
  return graph.within('mlp', () => {
    const inner = rmsNorm(attended, weight('ff_norm'), config.normEps)
    const gated = mul(silu(through('ff_proj', inner, wide)), through('up_proj', inner, wide))
    return add(attended, through('ff_out', gated))
  })
}

/** The rows asked, with what they attend to added: x [B * count, d] -> [B * asked, d]. */
function mixRows(
  context: ForwardContext,
  { query, key }: RopeTables,
  layer: number,
  block: {
    readonly x: Value
    readonly normed: Value
    readonly through: (part: string, rows: Value, width?: number) => Value
  },
  { count, asked, pick }: Rows,
  { known, tell }: Reach,
): Value {
  const { config, batch } = context
  const { dModel: d } = config
  const { x, normed, through } = block
  const kv = keyWidth(config)
  const tail = (value: Value): Value =>
    asked === count ? value : reshape(pick(reshape(value, [batch, count, d]), 1), [times(asked, batch), d])
  const q = rope(reshape(through('q_proj', tail(normed)), [batch, asked, d]), pick(query.cos, 0), pick(query.sin, 0))
  const keys = rope(reshape(through('k_proj', normed, kv), [batch, count, kv]), key.cos, key.sin)
  const values = reshape(through('v_proj', normed, kv), [batch, count, kv])
  tell?.(layer, keys, values)
  const [otherKeys, otherValues] = known?.(layer) ?? []
  const mixed = attention(
    context,
    q,
    otherKeys ? concat([otherKeys, keys], 1) : keys,
    otherValues ? concat([otherValues, values], 1) : values,
  )
  return add(tail(x), through('attn_out', reshape(mixed, [times(asked, batch), d])))
}

/**
 * q [B, Lq, d], k and v [B, Lk, kv] -> [B, Lq, d]. Every query sees every key; but where the model's input does not attend
 * to its output, queries of the input (there are any only where all rows are computed) see the keys of the input.
 */
function attention(context: ForwardContext, q: Value, k: Value, v: Value): Value {
  const { config, layout } = context
  const { outputStart: input, length } = layout
  if (config.options.inputAttends !== 'input' || q.shape[1] !== length || input === 0)
    return fullAttention(context, q, k, v)
  const own = fullAttention(context, slice(q, 1, 0, input), slice(k, 1, 0, input), slice(v, 1, 0, input))
  return concat([own, fullAttention(context, slice(q, 1, input, length), k, v)], 1)
}

function fullAttention({ config, fused }: ForwardContext, q: Value, k: Value, v: Value): Value {
  const { dModel: d, heads } = config
  const split = (value: Value): Value => {
    const [batch, rows, width] = value.shape as [Dim, Dim, number]
    return reshape(value, [batch, rows, width / (d / heads), d / heads])
  }
  if (fused) return multiHead(q, wholeHeads(split(k), heads), wholeHeads(split(v), heads), heads)
  return reshape(plainAttention(split(q), split(k), split(v), heads), q.shape)
}

/** q [B, Lq, h, dh], k and v [B, Lk, g, dh] -> [B, Lq, h, dh], scores stored: what training differentiates. */
function plainAttention(q: Value, k: Value, v: Value, heads: number): Value {
  const keys = repeatHeads(transpose(k, [0, 2, 1, 3]), heads)
  const scores = matmulRows(transpose(q, [0, 2, 1, 3]), keys)
  const values = repeatHeads(transpose(v, [0, 2, 1, 3]), heads)
  return transpose(attend(scores, values), [0, 2, 1, 3])
}

/** [B, L, g, dh] -> [B, L, heads * dh], each of g heads heads / g times. */
function wholeHeads(x: Value, heads: number): Value {
  const [batch, rows, groups, width] = x.shape as [Dim, Dim, number, number]
  const index = BigInt64Array.from({ length: heads }, (_, head) => BigInt(Math.floor((head * groups) / heads)))
  const wide = groups === heads ? x : take(x, x.graph.constant(index, [heads]), 2)
  return reshape(wide, [batch, rows, heads * width])
}

/** [B, g, a, b] -> [B, heads, a, b]: each of g heads stands heads / g times, one after the other. */
function repeatHeads(x: Value, heads: number): Value {
  const [batch, groups, a, b] = x.shape as [number, number, number, number]
  if (groups === heads) return x
  const wide = expand(reshape(x, [batch, groups, 1, a * b]), [batch, groups, heads / groups, a * b])
  return reshape(wide, [batch, heads, a, b])
}

/** Logits of rows [n, d] over ids [start, start + count) of the vocabulary: [n, count]. */
export function headLogits(context: ForwardContext, rows: Value, start: number, count: number): Value {
  const { config, parameter } = context
  const name = config.options.tiedHead ? names.embedding : names.head
  if (context.product) return context.product(name, rows, start, start + count)
  const weight = parameter(name)
  return linear(rows, slice(weight, 0, start, start + count))
}
