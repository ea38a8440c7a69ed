/**
 * Patches with Gemm, or convolutions: an LFQ image tokenizer of the same size and code count made of strided
 * convolutions, trained for the same wall time on the same pictures, judged the same way as the one that ships.
 * Usage: node bench/tokenizer-conv.ts [minutes]
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readScene } from '../src/engine/bench/judge.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { loadWorld, randomScene, renderScene, resourcesUrl, scenesEqual } from '../src/engine/data/world/world.ts'
import { gradients } from '../src/engine/graph/autodiff.ts'
import { Graph } from '../src/engine/graph/graph.ts'
import { encodeModel } from '../src/engine/graph/onnx.ts'
import { conv, convTranspose } from '../src/engine/graph/ops/conv.ts'
import { add, mul, relu, scale, sign, stopGradient, sub, tanh } from '../src/engine/graph/ops/elementwise.ts'
import { reduceMean } from '../src/engine/graph/ops/reduce.ts'
import { reshape } from '../src/engine/graph/ops/shape.ts'
import type { Value } from '../src/engine/graph/types.ts'
import { openModelFolder } from '../src/engine/model/folder.ts'
import {
  gradientName,
  initialiseParameters,
  layOutParameters,
  type ParameterSpec,
} from '../src/engine/model/parameters.ts'
import { createProgram } from '../src/engine/train/step.ts'
import { clipGradient, createOptimiser, learningRateAt } from '../src/engine/train/optimiser.ts'
import { saveResult } from './lib.ts'

const minutes = Number(process.argv[2] ?? 2.6)
const BATCH = 12
const SCENES = 500
const BITS = 10
const down = [3, 32, 64, 96, 128]
const up = [128, 96, 64, 32, 3]

/** Kernels are kept as matrices [out, in * k * k], so that Muon treats them as it does the other tokenizer's. */
const kernel = (name: string, out: number, inside: number, k: number): ParameterSpec[] => [
  { name, shape: [out, inside * k * k], init: { normal: Math.sqrt(2 / (inside * k * k)) }, role: 'matrix' },
  { name: `${name}.bias`, shape: [out, 1, 1], init: { constant: 0 }, role: 'other' },
]
const specs: ParameterSpec[] = [
  ...down.slice(1).flatMap((out, i) => kernel(`encoder.${i}`, out, down[i]!, 3)),
  ...kernel('encoder.codes', BITS, 128, 1),
  ...kernel('decoder.codes', 128, BITS, 1),
  // A transposed convolution's kernel is [in, out, k, k]; its matrix is [in, out * k * k].
  ...up.slice(1).flatMap((out, i): ParameterSpec[] => [
    { name: `decoder.${i}`, shape: [up[i]!, out * 16], init: { normal: Math.sqrt(2 / (up[i]! * 4)) }, role: 'matrix' },
    { name: `decoder.${i}.bias`, shape: [out, 1, 1], init: { constant: 0 }, role: 'other' },
  ]),
]
const table = layOutParameters(specs)

function build(training: boolean): Uint8Array {
  const graph = new Graph()
  const values = new Map(specs.map((spec) => [spec.name, graph.input(spec.name, 'float32', spec.shape)]))
  const p = (name: string): Value => values.get(name)!
  const batch = training ? BATCH : 1
  const target = graph.input('target', 'float32', [batch, 3, 128, 128])
  let x = target
  down.slice(1).forEach((out, i) => {
    x = relu(add(conv(x, reshape(p(`encoder.${i}`), [out, down[i]!, 3, 3]), 2, 1), p(`encoder.${i}.bias`)))
  })
  const channels = tanh(add(conv(x, reshape(p('encoder.codes'), [BITS, 128, 1, 1])), p('encoder.codes.bias')))
  const signs = training ? add(channels, stopGradient(sub(sign(channels), channels))) : sign(channels)
  x = relu(add(conv(signs, reshape(p('decoder.codes'), [128, BITS, 1, 1])), p('decoder.codes.bias')))
  up.slice(1).forEach((out, i) => {
    const y = add(convTranspose(x, reshape(p(`decoder.${i}`), [up[i]!, out, 4, 4]), 2, 1), p(`decoder.${i}.bias`))
    x = out === 3 ? y : relu(y)
  })
  graph.output('pixels', x)
  if (training) {
    const error = sub(x, target)
    const reconstruction = reduceMean(mul(error, error), [0, 1, 2, 3], false)
    const distance = sub(channels, stopGradient(sign(channels)))
    const mean = reduceMean(channels, [0, 2, 3])
    const auxiliary = add(
      reduceMean(mul(distance, distance), [0, 1, 2, 3], false),
      reduceMean(mul(mean, mean), [0, 1, 2, 3], false),
    )
    const loss = add(reconstruction, scale(auxiliary, 0.02))
    graph.output('reconstruction', reconstruction)
    const wrt = [...values.values()]
    const seed = graph.constant(Float32Array.of(1), [])
    gradients(graph, [{ value: loss, seed }], wrt).forEach((g, i) => graph.output(gradientName(wrt[i]!.name), g))
  }
  return encodeModel(graph)
}

/** RGB bytes [128, 128, 3] as planes in [-1, 1], into `out` at picture `at`. */
function planes(rgb: Uint8Array, out: Float32Array, at: number): void {
  const n = 128 * 128
  for (let i = 0; i < n; i++) for (let c = 0; c < 3; c++) out[(at * 3 + c) * n + i] = rgb[i * 3 + c]! / 127.5 - 1
}

const world = await loadWorld()
const extra = await loadWorld(fileURLToPath(new URL('extra.json', resourcesUrl)))
const random = seededRandom('conv')
const weights = initialiseParameters(table, random)
const ema = weights.slice()
const gradient = new Float32Array(table.size)
const program = await createProgram(build(true), table)
const optimiser = await createOptimiser(table, {
  kind: 'muon',
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weightDecay: 0.01,
  momentum: 0.95,
})
const data = new Float32Array(BATCH * 3 * 128 * 128)
const began = performance.now()
const progress = (): number => (performance.now() - began) / 60_000 / minutes
let steps = 0
while (progress() < 1) {
  for (let i = 0; i < BATCH; i++) {
    const from = random.next() < 0.65 ? world : extra
    planes(renderScene(from, randomScene(from, random, 8)), data, i)
  }
  const { reconstruction } = await program.step({ target: { data, dims: [BATCH, 3, 128, 128] } }, weights, gradient)
  clipGradient(gradient, 1)
  const schedule = { peak: 0.005, warmup: 0, total: 1000, decayFrom: 0.2, floor: 0.01 }
  await optimiser.update(weights, gradient, learningRateAt(Math.min(999, Math.floor(progress() * 1000)), schedule))
  const decay = Math.min(0.99, (1 + steps) / (10 + steps))
  for (let i = 0; i < ema.length; i++) ema[i] = decay * ema[i]! + (1 - decay) * weights[i]!
  if (steps++ % 50 === 0) console.error(steps, Number(reconstruction!.data[0]).toFixed(4))
}

const forward = await createProgram(build(false), table)
const one = new Float32Array(3 * 128 * 128)
const shipped = await openModelFolder(join(fileURLToPath(new URL('..', import.meta.url)), 'resources/models/storybook'))
const score = { conv: { right: 0, squared: 0 }, patches: { right: 0, squared: 0 } }
const test = seededRandom('unseen scenes')
for (let i = 0; i < SCENES; i++) {
  const scene = randomScene(world, test)
  const rgb = renderScene(world, scene)
  planes(rgb, one, 0)
  const { pixels } = await forward.forward({ target: { data: one, dims: [1, 3, 128, 128] } }, ema)
  const drawn = new Uint8ClampedArray(rgb.length)
  for (let j = 0; j < 128 * 128; j++)
    for (let c = 0; c < 3; c++) drawn[j * 3 + c] = (Number(pixels!.data[c * 128 * 128 + j]) + 1) * 127.5
  const made = {
    conv: new Uint8Array(drawn.buffer),
    patches: await shipped.image.decode(await shipped.image.encode(rgb)),
  }
  for (const kind of ['conv', 'patches'] as const) {
    if (scenesEqual(readScene(world, made[kind]).scene, scene)) score[kind].right++
    for (let j = 0; j < rgb.length; j++) score[kind].squared += (made[kind][j]! - rgb[j]!) ** 2 / rgb.length
  }
}
const summary = (kind: 'conv' | 'patches'): object => ({
  scenesRightPercent: Number(((100 * score[kind].right) / SCENES).toFixed(1)),
  psnr: Number((10 * Math.log10((255 * 255 * SCENES) / score[kind].squared)).toFixed(1)),
})
const result = {
  what: 'LFQ image tokenizers, 10 bits, f = 16, on unseen scenes',
  minutes,
  steps,
  scenes: SCENES,
  convParameters: table.size,
  conv: summary('conv'),
  patches: summary('patches'),
}
console.log(JSON.stringify(result, null, 2))
await saveResult('tokenizer-conv', result)
await program.dispose()
await forward.dispose()
await optimiser.dispose()
await shipped.image.dispose()
