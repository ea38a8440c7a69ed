/** The policy as rollouts see it: batched forwards with whatever weights it has now. Full, or a frozen base with an adapter. */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import type { Modality } from '../../shared/trajectory.ts'
import type { GraphAdapter } from '../model/adapter-graph.ts'
import type { Layout } from '../model/layout.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { buildPolicyGraph } from '../model/policy-graph.ts'
import type { Tensor } from '../runtime/session.ts'
import type { Picks, BatchPredictor, PredictRequest } from '../sampler/predictor.ts'
import { createProgram, type Program } from '../train/step.ts'

/** Softmax is one-hot in single precision below this: what a temperature of 0 means. */
const COLDEST = 1e-4

export interface PolicyOptions {
  /** Sequences of one forward; a smaller rest is filled up. */
  readonly batch: number
  readonly adapter?: GraphAdapter
  readonly threads?: number
}

export interface Policy {
  readonly batch: number
  /** The policy with these weights, for runs of one task. */
  at(task: Task, weights: Float32Array): BatchPredictor
  dispose(): Promise<void>
}

interface Opened {
  readonly program: Program
  readonly layout: Layout
}

export function createPolicy(config: ModelConfig, table: ParameterTable, options: PolicyOptions): Policy {
  const { batch, adapter, threads } = options
  const programs = new Map<Task, Promise<Opened>>()
  const open = (task: Task): Promise<Opened> => {
    const known = programs.get(task)
    if (known) return known
    const { model, layout } = buildPolicyGraph(config, task, batch, adapter)
    const made = createProgram(model, table, threads).then((program) => ({ program, layout }))
    programs.set(task, made)
    return made
  }
  return {
    batch,
    at: (task, weights) => ({
      async predictMany(requests) {
        const opened = await open(task)
        const out: Partial<Record<Modality, Picks>>[] = []
        for (let from = 0; from < requests.length; from += batch)
          out.push(...(await forward(config, opened, batch, requests.slice(from, from + batch), weights)))
        return out
      },
    }),
    async dispose() {
      for (const entry of programs.values()) await (await entry).program.dispose()
      programs.clear()
    },
  }
}

async function forward(
  config: ModelConfig,
  { program, layout }: Opened,
  batch: number,
  requests: readonly PredictRequest[],
  weights: Float32Array,
): Promise<Partial<Record<Modality, Picks>>[]> {
  const { length, outputStart } = layout
  const rest = length - outputStart
  const tokens = new BigInt64Array(batch * length)
  for (let b = 0; b < batch; b++) {
    const sequence = (requests[b] ?? requests[0]!).sequences[0]!
    for (let i = 0; i < length; i++) tokens[b * length + i] = BigInt(sequence[i]!)
  }
  const feeds: Record<string, Tensor> = { tokens: { data: tokens, dims: [batch, length] } }
  const modalities = (['text', 'image'] as const).filter((m) =>
    layout.fields.some((f) => f.name === (m === 'text' ? 'outputText' : 'outputImage')),
  )
  const counts: Record<Modality, number> = { text: 0, image: 0 }
  for (const modality of modalities) {
    const rows: bigint[] = []
    const uniforms: number[] = []
    let temperature = 1
    requests.forEach((request, b) => {
      const ask = request.asks[modality]
      if (!ask) return
      ask.positions.forEach((p, i) => {
        rows.push(BigInt(b * rest + p - outputStart))
        uniforms.push(ask.uniforms[i]!)
      })
      temperature = ask.temperature
    })
    counts[modality] = rows.length
    // A modality with nothing to decide asks for one row: sizes of zero are poorly served.
    if (rows.length === 0) {
      rows.push(0n)
      uniforms.push(0)
    }
    feeds[`rows:${modality}`] = { data: BigInt64Array.from(rows), dims: [rows.length] }
    feeds[`uniform:${modality}`] = { data: Float32Array.from(uniforms), dims: [rows.length, 1] }
    feeds[`temperature:${modality}`] = { data: Float32Array.of(Math.max(COLDEST, temperature)), dims: [] }
  }
  const results = await program.forward(feeds, weights)
  const used: Record<Modality, number> = { text: 0, image: 0 }
  return requests.map((request) => {
    const picks: Partial<Record<Modality, Picks>> = {}
    for (const modality of modalities) {
      const ask = request.asks[modality]
      if (!ask) continue
      const from = used[modality]
      const to = (used[modality] += ask.positions.length)
      const offset = modality === 'image' ? config.image.offset : 0
      const picked = results[`token:${modality}`]!.data.slice(from, to) as BigInt64Array
      picks[modality] = {
        tokens: Int32Array.from(picked, (token) => Number(token) + offset),
        confidence: (results[`confidence:${modality}`]!.data as Float32Array).slice(from, to),
      }
    }
    return picks
  })
}
