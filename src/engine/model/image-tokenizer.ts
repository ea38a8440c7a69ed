/**
 * The image tokenizer: a picture becomes grid x grid codes and back, with LFQ as in MAGVIT-v2 (a code is the signs of
 * `bits` channels, most significant first). Patches of `factor` pixels are seen in windows of window x window that do not
 * overlap: a window has the same codes wherever it stands and whatever stands beside it.
 */
import type { ImageTokenizerConfig } from '../../shared/model-config.ts'
import { Graph } from '../graph/graph.ts'
import { add, mul, relu, scale, sign, stopGradient, sub, tanh } from '../graph/ops/elementwise.ts'
import { linear } from '../graph/ops/matmul.ts'
import { reduceMean } from '../graph/ops/reduce.ts'
import { reshape } from '../graph/ops/shape.ts'
import type { Value } from '../graph/types.ts'
import type { ParameterSpec } from './parameters.ts'

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
 * Training graph over n patches: reconstruction (mean square), commitment of the channels to their signs, and the
 * balance of each bit over the batch (LFQ's entropy terms for independent bits). Feeds `patches`, `weight` [n, 1] and
 * every parameter; returns `loss`, `reconstruction` and the gradients.
 */
export function tokenizerTrainGraph(config: ImageTokenizerConfig, n: number, withGradients: (graph: Graph, loss: Value, parameters: Value[]) => void): Graph {
  const graph = new Graph()
  const specs = tokenizerParameters(config)
  const values = new Map(specs.map((spec) => [spec.name, graph.input(spec.name, 'float32', spec.shape)]))
  const parameter: Parameter = (name) => values.get(name)!
  const patches = graph.input('patches', 'float32', [n, patchSize(config)])
  const channels = encodeWindows(config, parameter, patches)
  // Straight-through: forward uses the signs, backward the channels (Bengio et al. 2013).
  const quantised = add(channels, stopGradient(sub(sign(channels), channels)))
  const error = sub(decodeWindows(config, parameter, quantised), patches)
  const reconstruction = reduceMean(mul(error, error), [0, 1], false)
  const distance = sub(channels, stopGradient(sign(channels)))
  const commitment = reduceMean(mul(distance, distance), [0, 1], false)
  const mean = reduceMean(channels, [0])
  const balance = reduceMean(mul(mean, mean), [0, 1], false)
  const loss = add(reconstruction, add(scale(commitment, 0.02), scale(balance, 0.02)))
  graph.output('loss', loss)
  graph.output('reconstruction', reconstruction)
  withGradients(graph, loss, [...values.values()])
  return graph
}

