/**
 * A forward pass of the mask predictor (batch 1, sequence 256, every output row sampled) beside PyTorch when PYTHON names
 * an interpreter that has it. Usage: node bench/forward.ts [rounds]
 */
import { seededRandom } from '../src/engine/data/random.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { buildInferGraph } from '../src/engine/model/infer-graph.ts'
import { requireField, resolveLayout } from '../src/engine/model/layout.ts'
import { initialiseParameters, layOutParameters, viewOf } from '../src/engine/model/parameters.ts'
import { createSession, type Tensor } from '../src/engine/runtime/session.ts'
import { benchConfig, interleave, median, saveResult } from './lib.ts'
import { openPeer } from './peer.ts'

const rounds = Number(process.argv[2] ?? 60)
const config = benchConfig()
const table = layOutParameters(modelParameters(config))
const flat = initialiseParameters(table, seededRandom('bench'))
const { model } = buildInferGraph(config, 'edit', 1, (name) => {
  const view = viewOf(
    flat,
    table.spans.find((span) => span.name === name)!,
  )
  return { kind: 'inline', bytes: new Uint8Array(view.slice().buffer) }
})
const session = await createSession(model)
const layout = resolveLayout(config, 'edit')
const random = seededRandom('tokens')
const feeds: Record<string, Tensor> = {
  tokens: {
    data: BigInt64Array.from({ length: layout.length }, () => BigInt(random.int(config.vocabSize))),
    dims: [1, layout.length],
  },
}
for (const [modality, name] of [
  ['text', 'outputText'],
  ['image', 'outputImage'],
] as const) {
  const { start, length } = requireField(layout, name)
  feeds[`rows:${modality}`] = {
    data: BigInt64Array.from({ length }, (_, i) => BigInt(start + i - layout.outputStart)),
    dims: [length],
  }
  feeds[`uniform:${modality}`] = { data: new Float32Array(length).fill(0.5), dims: [length, 1] }
  feeds[`temperature:${modality}`] = { data: Float32Array.of(1), dims: [] }
}
const peer = await openPeer('forward', config, 1)
const times = await interleave(
  { forward: async () => void (await session.run(feeds)), ...(peer ? { pytorch: peer.step } : {}) },
  rounds,
  5,
)
await peer?.close()
const ms = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, Number(median(values).toFixed(2))]))
const result = {
  what: 'forward pass, batch 1, picks and confidences for every output row',
  parameters: table.size,
  sequence: layout.length,
  rounds,
  medianMs: ms,
  ...(peer
    ? { pytorch: { version: peer.version, timesOurForward: Number((ms['pytorch']! / ms['forward']!).toFixed(3)) } }
    : {}),
}
console.log(JSON.stringify(result, null, 2))
await saveResult('forward-b1', result)
