/**
 * The image tokenizer: a picture becomes grid x grid codes and back, with LFQ as in MAGVIT-v2 (a code is the signs of
 * `bits` channels, most significant first). Patches of `factor` pixels are seen in windows of window x window that do not
 * overlap: a window has the same codes wherever it stands and whatever stands beside it.
 */
import type { ImageTokenizerConfig } from '../../shared/model-config.ts'
import { gradients } from '../graph/autodiff.ts'
import { Graph, type InitializerData } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { add, mul, relu, scale, sign, stopGradient, sub, tanh } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import { cast, less } from '../graph/ops/logic.ts'
import { linear } from '../graph/ops/matmul.ts'
import { reduceMean, reduceSum } from '../graph/ops/reduce.ts'
import { reshape } from '../graph/ops/shape.ts'
import type { Value } from '../graph/types.ts'
import { gradientName, type ParameterSpec } from './parameters.ts'

/** Numbers in one patch: factor x factor x RGB. */
export const patchSize = ({ factor }: ImageTokenizerConfig): number => factor * factor * 3
/** Patches that share one window. */
export const windowPatches = ({ window }: ImageTokenizerConfig): number => window * window

export function tokenizerParameters(config: ImageTokenizerConfig): ParameterSpec[] {
  const { features: f, hidden: h, bits } = config
  const p = patchSize(config)
  const n = windowPatches(config)
  const layer = (name: string, out: number, inside: number): ParameterSpec[] => [
    { name: `${name}.weight`, shape: [out, inside], init: { normal: Math.sqrt(2 / inside) }, role: 'matrix' },
    { name: `${name}.bias`, shape: [out], init: { constant: 0 }, role: 'other' },
  ]
  return [
    ...layer('encoder.patch', f, p),
    ...layer('encoder.window', h, n * f),
    ...layer('encoder.codes', n * bits, h),
    ...layer('decoder.codes', h, n * bits),
    ...layer('decoder.window', n * f, h),
    ...layer('decoder.patch', p, f),
  ]
}

type Parameter = (name: string) => Value

function dense(parameter: Parameter, name: string, x: Value): Value {
  return add(linear(x, parameter(`${name}.weight`)), parameter(`${name}.bias`))
}

/** Patches [w * n, patch] in [-1, 1], window by window -> channels [w, n * bits] in (-1, 1), before signs are taken. */
export function encodeWindows(config: ImageTokenizerConfig, parameter: Parameter, patches: Value): Value {
  const n = windowPatches(config)
  const count = Number(patches.shape[0]) / n
  const features = reshape(relu(dense(parameter, 'encoder.patch', patches)), [count, n * config.features])
  return tanh(dense(parameter, 'encoder.codes', relu(dense(parameter, 'encoder.window', features))))
}

/** Signs [w, n * bits] of -1 and 1 -> patches [w * n, patch]. */
export function decodeWindows(config: ImageTokenizerConfig, parameter: Parameter, signs: Value): Value {
  const n = windowPatches(config)
  const count = Number(signs.shape[0])
  const features = relu(dense(parameter, 'decoder.window', relu(dense(parameter, 'decoder.codes', signs))))
  return dense(parameter, 'decoder.patch', reshape(features, [count * n, config.features]))
}

/**
 * Training graph over n windows: reconstruction (mean square), commitment of the channels to their signs, and the
 * balance of each bit over the batch (LFQ's entropy terms for independent bits). Feeds `patches` (what is encoded, noise
 * included), `target` (what is to be drawn) and every parameter; returns `loss`, `reconstruction` and the gradients.
 */
export function buildTokenizerTrainGraph(config: ImageTokenizerConfig, windows: number): Uint8Array {
  const graph = new Graph()
  const specs = tokenizerParameters(config)
  const values = new Map(specs.map((spec) => [spec.name, graph.input(spec.name, 'float32', spec.shape)]))
  const parameter: Parameter = (name) => values.get(name)!
  const shape = [windows * windowPatches(config), patchSize(config)]
  const target = graph.input('target', 'float32', shape)
  const channels = encodeWindows(config, parameter, graph.input('patches', 'float32', shape))
  // Straight-through: forward uses the signs, backward the channels (Bengio et al. 2013).
  const quantised = add(channels, stopGradient(sub(sign(channels), channels)))
  const error = sub(decodeWindows(config, parameter, quantised), target)
  const reconstruction = reduceMean(mul(error, error), [0, 1], false)
  const distance = sub(channels, stopGradient(sign(channels)))
  const commitment = reduceMean(mul(distance, distance), [0, 1], false)
  const mean = reduceMean(channels, [0])
  const balance = reduceMean(mul(mean, mean), [0, 1], false)
  const loss = add(reconstruction, scale(add(commitment, balance), AUXILIARY_WEIGHT))
  graph.output('loss', loss)
  graph.output('reconstruction', reconstruction)
  const wrt = [...values.values()]
  const seed = graph.constant(Float32Array.of(1), [])
  gradients(graph, [{ value: loss, seed }], wrt).forEach((gradient, i) => {
    graph.output(gradientName(wrt[i]!.name), gradient)
  })
  return encodeModel(graph)
}

/** Weight of commitment and balance beside the reconstruction. */
const AUXILIARY_WEIGHT = 0.02

/** Graphs for use: `patches` -> `codes` [windows, n] int64, and `codes` -> `patches`. Weights are stored inside. */
export function buildTokenizerGraphs(
  config: ImageTokenizerConfig,
  windows: number,
  weight: (name: string, shape: readonly number[]) => InitializerData,
): { encoder: Uint8Array; decoder: Uint8Array } {
  const n = windowPatches(config)
  const shapes = new Map(tokenizerParameters(config).map((spec) => [spec.name, spec.shape]))
  const store =
    (graph: Graph): Parameter =>
    (name) =>
      graph.weight(name, 'float32', shapes.get(name)!, weight(name, shapes.get(name)!))
  // Most significant bit first: code = sum over bits of (z > 0) 2^(bits-1-i).
  const powers = Float32Array.from({ length: config.bits }, (_, i) => 2 ** (config.bits - 1 - i))

  const encoder = new Graph()
  const patches = encoder.input('patches', 'float32', [windows * n, patchSize(config)])
  const channels = reshape(encodeWindows(config, store(encoder), patches), [windows * n, config.bits])
  const bits = cast(less(encoder.constant(Float32Array.of(0), []), channels), 'float32')
  const summed = reduceSum(mul(bits, encoder.constant(powers, [1, config.bits])), [1], false)
  encoder.output('codes', cast(summed, 'int64'))

  const decoder = new Graph()
  const table = new Float32Array(2 ** config.bits * config.bits)
  for (let code = 0; code < 2 ** config.bits; code++) {
    for (let i = 0; i < config.bits; i++) table[code * config.bits + i] = (code >> (config.bits - 1 - i)) & 1 ? 1 : -1
  }
  const codes = decoder.input('codes', 'int64', [windows * n])
  const signs = reshape(gather(decoder.constant(table, [2 ** config.bits, config.bits]), codes), [
    windows,
    n * config.bits,
  ])
  decoder.output('patches', decodeWindows(config, store(decoder), signs))
  return { encoder: encodeModel(encoder), decoder: encodeModel(decoder) }
}
