/**
 * The parts that convolutional image tokenizers share: residual blocks of group norm, SiLU and 3 x 3 convolutions,
 * attention with one head over the whole picture, halving and doubling. Both families (MAGVIT-v2, diffusers' VQModel) are
 * built of them, under their own names.
 */
import type { Graph } from '../../graph/graph.ts'
import { attend } from '../../graph/ops/attend.ts'
import { conv } from '../../graph/ops/conv.ts'
import { add, scale, silu } from '../../graph/ops/elementwise.ts'
import { linear, matmul } from '../../graph/ops/matmul.ts'
import { enlarge, groupNorm } from '../../graph/ops/picture.ts'
import { pad, reshape, transpose } from '../../graph/ops/shape.ts'
import type { Value } from '../../graph/types.ts'

export interface Network {
  readonly graph: Graph
  /** Channel groups of every norm, and what is added to the variance. */
  readonly groups: number
  readonly eps: number
  /** A tensor of the checkpoint in single precision. */
  readonly parameter: (name: string) => Value
  readonly has: (name: string) => boolean
}

const bias = (network: Network, name: string): Value => {
  const value = network.parameter(`${name}.bias`)
  return reshape(value, [1, value.shape[0]!, 1, 1])
}

/** x [B, C, H, W] through the convolution of that name, with its bias; same size for odd kernels at stride 1. */
export function convolve(network: Network, name: string, x: Value, stride = 1, padding?: number): Value {
  const weight = network.parameter(`${name}.weight`)
  const around = padding ?? (Number(weight.shape[2]) - 1) / 2
  return add(conv(x, weight, stride, around), bias(network, name))
}

export function norm(network: Network, name: string, x: Value): Value {
  const { parameter, groups, eps } = network
  return groupNorm(x, parameter(`${name}.weight`), parameter(`${name}.bias`), groups, eps)
}

/** norm1, SiLU, conv1, norm2, SiLU, conv2, beside the input or its projection where the widths differ. */
export function residual(network: Network, name: string, shortcut: string, x: Value): Value {
  const inner = convolve(network, `${name}.conv1`, silu(norm(network, `${name}.norm1`, x)))
  const outer = convolve(network, `${name}.conv2`, silu(norm(network, `${name}.norm2`, inner)))
  const beside = network.has(`${name}.${shortcut}.weight`) ? convolve(network, `${name}.${shortcut}`, x) : x
  return add(beside, outer)
}

/** Names of an attention's parts below its own. */
export interface AttentionNames {
  readonly norm: string
  readonly query: string
  readonly key: string
  readonly value: string
  readonly out: string
}

/** Every pixel looks at every pixel: one head as wide as the channels. x [1, C, H, W] */
export function attention(network: Network, name: string, names: AttentionNames, x: Value): Value {
  const [, channels, height, width] = x.shape as [number, number, number, number]
  const count = height * width
  const rows = transpose(reshape(norm(network, `${name}.${names.norm}`, x), [channels, count]), [1, 0])
  // A 1 x 1 convolution or a dense layer: the same numbers.
  const project = (part: string, input: Value): Value => {
    const weight = reshape(network.parameter(`${name}.${part}.weight`), [channels, channels])
    return add(linear(input, weight), network.parameter(`${name}.${part}.bias`))
  }
  const heads = (value: Value): Value => reshape(value, [1, 1, count, channels])
  const queries = heads(project(names.query, rows))
  const keys = transpose(heads(project(names.key, rows)), [0, 1, 3, 2])
  const scores = scale(matmul(queries, keys), channels ** -0.5)
  const mixed = reshape(attend(scores, heads(project(names.value, rows))), [count, channels])
  return add(x, reshape(transpose(project(names.out, mixed), [1, 0]), [1, channels, height, width]))
}

/** Half the size: a row and a column of zeros at the far edges, then a convolution with stride 2. */
export function halve(network: Network, name: string, x: Value): Value {
  return convolve(network, name, pad(pad(x, 2, 0, 1), 3, 0, 1), 2, 0)
}

/** Twice the size: every pixel four times, then a convolution. */
export const double = (network: Network, name: string, x: Value): Value => convolve(network, name, enlarge(x, 2))
