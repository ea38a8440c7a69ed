/**
 * The mask predictor, once. A LLaDA trunk (RMSNorm, RoPE, SwiGLU, full bidirectional attention, no biases) described by
 * a config; `compile.ts` turns it into an inference or a training graph. Tensor names are LLaDA's. The options add row,
 * column and segment embeddings and the input-output fuse; with all of them off it is the published architecture.
 */
import type { ModelConfig } from '../../shared/model-config.ts'
import type { Graph } from '../graph/graph.ts'
import { attend } from '../graph/ops/attend.ts'
import { add, div, mul, scale, silu, sqrt } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import { linear, matmul } from '../graph/ops/matmul.ts'
import { rope } from '../graph/ops/rope.ts'
import { reduceSumSquare } from '../graph/ops/reduce.ts'
import { pad, reshape, slice, transpose } from '../graph/ops/shape.ts'
import type { Value } from '../graph/types.ts'
import { fieldOrder, findField, type Layout } from './layout.ts'
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
export function modelParameters(config: ModelConfig): ParameterSpec[] {
  const { dModel: d, mlpHidden: h, layers, options } = config
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
      matrix(names.block(i, 'k_proj'), [d, d], wide),
      matrix(names.block(i, 'v_proj'), [d, d], wide),
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
    specs.push(other(names.row, [config.image.grid, d], wide), other(names.column, [config.image.grid, d], wide))
  }
  if (options.segmentEmbeddings) specs.push(other(names.segment, [1 + fieldOrder.length, d], wide))
  if (options.fuse) specs.push(other(names.fuse, [d, d], 'identity'))
  return specs
}

export interface ForwardContext {
  readonly graph: Graph
  readonly config: ModelConfig
  readonly layout: Layout
  readonly batch: number
  /** The value that holds a named parameter: an input when training, a stored weight at inference. */
  readonly parameter: (name: string) => Value
  /** What an adapter adds to rows x times a named matrix; null where it adds nothing. */
  readonly adapt?: (name: string, x: Value) => Value | null
}

/** Rows x times a named matrix, with whatever an adapter adds. [n, in] -> [n, out] */
function project({ parameter, adapt }: ForwardContext, name: string, x: Value): Value {
  const base = linear(x, parameter(name))
  const extra = adapt?.(name, x)
  return extra ? add(base, extra) : base
}

/** Root-mean-square norm over the last axis of x [n, d]. */
function rmsNorm(x: Value, weight: Value, eps: number): Value {
  const d = Number(x.shape.at(-1))
  const epsilon = x.graph.constant(Float32Array.of(eps), [])
  const rms = sqrt(add(scale(reduceSumSquare(x, [-1]), 1 / d), epsilon))
  return mul(div(x, rms), weight)
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
  const { options, image, dModel: d } = config
  const { length } = layout
  const raw = gather(parameter(names.embedding), tokens)
  let x = raw
  const index = (values: Iterable<number>): Value =>
    graph.constant(BigInt64Array.from([...values].map(BigInt)), [length])
  if (options.segmentEmbeddings) x = add(x, gather(parameter(names.segment), index(layout.segmentOf)))
  const imageFields = layout.fields.filter((field) => field.modality === 'image')
  if (options.gridEmbeddings && imageFields.length > 0) {
    const row = new Array<number>(length).fill(0)
    const column = new Array<number>(length).fill(0)
    const inside = new Float32Array(length)
    for (const { start, length: count } of imageFields) {
      for (let i = 0; i < count; i++) {
        row[start + i] = Math.floor(i / image.grid)
        column[start + i] = i % image.grid
        inside[start + i] = 1
      }
    }
    const place = add(gather(parameter(names.row), index(row)), gather(parameter(names.column), index(column)))
    x = add(x, mul(place, graph.constant(inside, [length, 1])))
  }
  const from = findField(layout, 'inputImage')
  const to = findField(layout, 'outputImage')
  if (options.fuse && from && to) {
    const cells = reshape(slice(raw, 1, from.start, from.start + from.length), [batch * from.length, d])
    const fused = reshape(project(context, names.fuse, cells), [batch, from.length, d])
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
    for (let position = 0; position < layout.length; position++) {
      for (let i = 0; i < half; i++) {
        data[position * half + i] = factor * fn(position * config.ropeTheta ** (-i / half))
      }
    }
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
  const through = (part: string, rows: Value): Value => project(context, names.block(layer, part), rows)
  const rest = length - from
  const tail = (value: Value): Value =>
    from === 0 ? value : reshape(slice(reshape(value, [batch, length, d]), 1, from, length), [batch * rest, d])
  const tableTail = (value: Value): Value => (from === 0 ? value : slice(value, 0, from, length))

  const normed = rmsNorm(x, weight('attn_norm'), config.normEps)
  const split = (value: Value, rows: number): Value => reshape(value, [batch, rows, heads, headDim])
  const rotated = (value: Value, rows: number, { cos, sin }: RopeTables['key']): Value =>
    split(rope(reshape(value, [batch, rows, d]), cos, sin), rows)

  const turn = { cos: tableTail(tables.query.cos), sin: tableTail(tables.query.sin) }
  const q = rotated(through('q_proj', tail(normed)), rest, turn)
  const k = rotated(through('k_proj', normed), length, tables.key)
  const v = split(through('v_proj', normed), length)
  const scores = matmul(transpose(q, [0, 2, 1, 3]), transpose(k, [0, 2, 3, 1]))
  const mixed = transpose(attend(scores, transpose(v, [0, 2, 1, 3])), [0, 2, 1, 3])
  const attended = add(tail(x), through('attn_out', reshape(mixed, [batch * rest, d])))

  const inner = rmsNorm(attended, weight('ff_norm'), config.normEps)
  const gated = mul(silu(through('ff_proj', inner)), through('up_proj', inner))
  return add(attended, through('ff_out', gated))
}

/** Logits of rows [n, d] over ids [start, start + count) of the vocabulary: [n, count]. */
export function headLogits(context: ForwardContext, rows: Value, start: number, count: number): Value {
  const { config, parameter } = context
  const weight = parameter(config.options.tiedHead ? names.embedding : names.head)
  return linear(rows, slice(weight, 0, start, start + count))
}
