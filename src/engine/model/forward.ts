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
import { expand, pad, reshape, slice, transpose } from '../graph/ops/shape.ts'
import type { Value } from '../graph/types.ts'
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
const keyWidth = ({ dModel, heads, kvHeads }: TrunkConfig): number => ((kvHeads ?? heads) * dModel) / heads

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
 * Hidden states after the last norm, for the output part of the sequence only: tokens [B, L] -> [B, L - outputStart, d].
 * The last block computes queries and MLP for those rows alone: nothing after it reads the others.
 */
export function forwardHidden(context: ForwardContext, tokens: Value): Value {
  const { config, layout, batch, parameter } = context
  const { length } = layout
  let x = reshape(embed(context, tokens), [batch * length, config.dModel])
  const tables = ropeTables(context)
  for (let layer = 0; layer < config.layers; layer++) {
    const from = layer === config.layers - 1 ? layout.outputStart : 0
    x = block(context, tables, layer, x, from)
  }
  const normed = rmsNorm(x, parameter(names.finalNorm), config.normEps)
  return reshape(normed, [batch, length - layout.outputStart, config.dModel])
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

function ropeTables({ graph, config, layout }: ForwardContext): RopeTables {
  const headDim = config.dModel / config.heads
  const half = headDim / 2
  const table = (fn: (angle: number) => number, factor: number): Value => {
    const data = new Float32Array(layout.length * half)
    layout.positions.forEach((position, row) => {
      for (let i = 0; i < half; i++) data[row * half + i] = factor * fn(position * config.ropeTheta ** (-i / half))
    })
    return graph.constant(data, [layout.length, half])
  }
  const scaled = 1 / Math.sqrt(headDim)
  return {
    query: { cos: table(Math.cos, scaled), sin: table(Math.sin, scaled) },
    key: { cos: table(Math.cos, 1), sin: table(Math.sin, 1) },
  }
}

/** One pre-norm block; queries and MLP only for positions `from` onwards. x [B*L, d] -> [B*(L-from), d]. */
function block(context: ForwardContext, tables: RopeTables, layer: number, x: Value, from: number): Value {
  const { config, layout, batch, parameter } = context
  const { dModel: d, heads } = config
  const { length } = layout
  const headDim = d / heads
  const weight = (part: string): Value => parameter(names.block(layer, part))
  const kv = keyWidth(config)
  const through = (part: string, rows: Value, width = d): Value =>
    project(context, names.block(layer, part), width, rows)
  const rest = length - from
  const tail = (value: Value): Value =>
    from === 0 ? value : reshape(slice(reshape(value, [batch, length, d]), 1, from, length), [batch * rest, d])
  const tableTail = (value: Value): Value => (from === 0 ? value : slice(value, 0, from, length))

  const normed = rmsNorm(x, weight('attn_norm'), config.normEps)
  const split = (value: Value, rows: number, width: number): Value =>
    reshape(value, [batch, rows, width / headDim, headDim])
  const rotated = (value: Value, rows: number, width: number, { cos, sin }: RopeTables['key']): Value =>
    split(rope(reshape(value, [batch, rows, width]), cos, sin), rows, width)

  const turn = { cos: tableTail(tables.query.cos), sin: tableTail(tables.query.sin) }
  const q = rotated(through('q_proj', tail(normed)), rest, d, turn)
  const k = rotated(through('k_proj', normed, kv), length, kv, tables.key)
  const flat = (value: Value, rows: number): Value => reshape(value, [batch, rows, d])
  const values = split(through('v_proj', normed, kv), length, kv)
  const mixed = context.fused
    ? multiHead(flat(q, rest), flat(byHead(k, heads), length), flat(byHead(values, heads), length), heads)
    : plainAttention(q, k, values, heads)
  const attended = add(tail(x), through('attn_out', reshape(mixed, [batch * rest, d])))

  const inner = rmsNorm(attended, weight('ff_norm'), config.normEps)
  const wide = config.mlpHidden
  const gated = mul(silu(through('ff_proj', inner, wide)), through('up_proj', inner, wide))
  return add(attended, through('ff_out', gated))
}

/** q [B, Lq, h, dh], k and v [B, Lk, g, dh] -> [B, Lq, h, dh], scores stored: what training differentiates. */
function plainAttention(q: Value, k: Value, v: Value, heads: number): Value {
  const keys = repeatHeads(transpose(k, [0, 2, 1, 3]), heads)
  const scores = matmulRows(transpose(q, [0, 2, 1, 3]), keys)
  const values = repeatHeads(transpose(v, [0, 2, 1, 3]), heads)
  return transpose(attend(scores, values), [0, 2, 1, 3])
}

/** [B, L, g, dh] -> [B, L, heads, dh], each of g heads heads / g times. */
function byHead(x: Value, heads: number): Value {
  if (x.shape[2] === heads) return x
  return transpose(repeatHeads(transpose(x, [0, 2, 1, 3]), heads), [0, 2, 1, 3])
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
