/**
 * A training step (forward, backward, clip, AdamW) of a 5.6 M model at sequence 256 against its MatMul ceiling, and
 * beside PyTorch when PYTHON names an interpreter that has it. Usage: node bench/train-step.ts [batch] [rounds]
 */
import { seededRandom } from '../src/engine/data/random.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { initialiseParameters, layOutParameters } from '../src/engine/model/parameters.ts'
import { buildTrainGraph, composeTrainGraph } from '../src/engine/model/train-graph.ts'
import type { Tensor } from '../src/engine/runtime/session.ts'
import { clipGradient, createOptimiser } from '../src/engine/train/optimiser.ts'
import { benchConfig, interleave, median, saveResult } from './lib.ts'
import { createBatchProgram } from '../src/engine/train/parallel-program.ts'
import { openPeer } from './peer.ts'
import { productCeiling, squareProduct } from './products.ts'

const batch = Number(process.argv[2] ?? 16)
const rounds = Number(process.argv[3] ?? 15)
const config = benchConfig()
const table = layOutParameters(modelParameters(config))
const random = seededRandom('bench')
const weights = initialiseParameters(table, random)
const gradient = new Float32Array(table.size)
const { graph: whole, layout, fields } = composeTrainGraph(config, 'edit', batch)
const program = await createBatchProgram((part) => buildTrainGraph(config, 'edit', part).model, batch, table)
const tokens = BigInt64Array.from({ length: batch * layout.length }, () => BigInt(random.int(config.vocabSize)))
const feeds: Record<string, Tensor> = { tokens: { data: tokens, dims: [batch, layout.length] } }
for (const { name, length } of fields) {
  feeds[`target:${name}`] = { data: new BigInt64Array(batch * length), dims: [batch * length, 1] }
  feeds[`seed:${name}`] = { data: new Float32Array(batch * length).fill(-1 / (batch * length)), dims: [batch * length] }
}
const optimiser = await createOptimiser(table, {
  kind: 'adamw',
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weightDecay: 0.1,
  momentum: 0.95,
})

const ceiling = await productCeiling(whole)
const square = await squareProduct()
const peer = await openPeer('train', config, batch)
const times = await interleave(
  {
    graph: async () => void (await program.step(feeds, weights, gradient)),
    step: async () => {
      await program.step(feeds, weights, gradient)
      clipGradient(gradient, 1)
      await optimiser.update(weights, gradient, 1e-4)
    },
    products: async () => void (await ceiling.session.run(ceiling.feeds)),
    square: square.run,
    ...(peer ? { pytorch: peer.step } : {}),
  },
  rounds,
)
await peer?.close()

const ms = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, Number(median(values).toFixed(2))]))
/** Share of a time that the step's own matrix products take when nothing else is run, and that they would take at the square's rate. */
const shares = (name: 'graph' | 'step'): { ofOwnProducts: number; ofSquare: number } => ({
  ofOwnProducts: Number((ms['products']! / ms[name]!).toFixed(3)),
  ofSquare: Number((gflops(ceiling.flops, ms[name]!) / gflops(square.flops, ms['square']!)).toFixed(3)),
})
const gflops = (flops: number, time: number): number => Number((flops / time / 1e6).toFixed(1))
const result = {
  what: 'training step: forward, backward, clip, AdamW',
  parameters: table.size,
  sequence: layout.length,
  batch,
  rounds,
  medianMs: ms,
  samplesPerSecond: Number(((batch / ms['step']!) * 1000).toFixed(1)),
  gflops: {
    graph: gflops(ceiling.flops, ms['graph']!),
    products: gflops(ceiling.flops, ms['products']!),
    square: gflops(square.flops, ms['square']!),
  },
  /** Forward and backward; and the step whole, with clip and AdamW. */
  graph: shares('graph'),
  step: shares('step'),
  ...(peer
    ? { pytorch: { version: peer.version, timesOurStep: Number((ms['pytorch']! / ms['step']!).toFixed(3)) } }
    : {}),
}
console.log(JSON.stringify(result, null, 2))
await saveResult(`train-step-b${batch}`, result)
