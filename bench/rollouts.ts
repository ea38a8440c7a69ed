/**
 * Rollout generation against the bare batched forward, interleaved, and where the time of an RL step goes. The bar: 80 % of
 * the forward's pace, so that schedules, picks and records are not what a rollout waits for.
 * Usage: node bench/rollouts.ts [MODEL] [ROUNDS]
 */
import { openModel } from '../src/engine/model/adapter-open.ts'
import { floatsOf } from '../src/engine/model/folder.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { layOutParameters, viewOf } from '../src/engine/model/parameters.ts'
import { buildPolicyGraph } from '../src/engine/model/policy-graph.ts'
import { createLikelihood, likelihoodsOf } from '../src/engine/rl/likelihood-run.ts'
import { replayQueries } from '../src/engine/rl/likelihood.ts'
import { eligibleSteps } from '../src/engine/rl/sampled-steps.ts'
import { pairsAt } from '../src/engine/rl/pairs.ts'
import { createPolicy } from '../src/engine/rl/policy.ts'
import { openReward } from '../src/engine/rl/open-reward.ts'
import { runAll } from '../src/engine/rl/rollout.ts'
import { createEngine, prepareRun } from '../src/engine/run.ts'
import { createProgram } from '../src/engine/train/step.ts'
import { loadWorld, renderScene } from '../src/engine/data/world/world.ts'
import { makeSample } from '../src/engine/data/world/sample.ts'
import type { Tensor } from '../src/engine/runtime/session.ts'
import { interleave, median, saveResult } from './lib.ts'

const BATCH = 16
const STEPS = 16
const SAMPLED = 3
const folder = process.argv[2] ?? 'resources/models/storybook-early'
const rounds = Number(process.argv[3] ?? 7)

const model = await openModel(folder)
const { config } = model
const engine = createEngine(model)
const world = await loadWorld()
const table = layOutParameters(modelParameters(config))
const weights = new Float32Array(table.size)
for (const span of table.spans) viewOf(weights, span).set(floatsOf(model.weights(span.name)))

const sample = makeSample(world, { split: 'train', seed: 1, index: 0, families: ['spatial'] })
const header = await prepareRun(engine, {
  instruction: sample.instruction,
  input: renderScene(world, sample.input!),
  mode: 'parallel',
  steps: STEPS,
  seed: 0,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 1, image: 1 },
})
const headers = Array.from({ length: BATCH }, (_, seed) => ({ ...header, seed }))

// The bare forward: the same graph, the same numbers of rows at each step, nothing between two of them.
const { model: graph, layout } = buildPolicyGraph(config, 'edit', BATCH)
const program = await createProgram(graph, table)
const policy = createPolicy(config, table, { batch: BATCH })
const first = await runAll(policy, weights, headers)
const asked = first[0]!.steps.map(({ commits, candidates }) => [...commits.positions, ...candidates.positions])
const rest = layout.length - layout.outputStart
const feeds = asked.map((positions): Record<string, Tensor> => {
  const own: Record<string, Tensor> = {
    tokens: {
      data: BigInt64Array.from({ length: BATCH * layout.length }, (_, i) => BigInt(header.tokens[i % layout.length]!)),
      dims: [BATCH, layout.length],
    },
  }
  for (const [modality, name] of [
    ['text', 'outputText'],
    ['image', 'outputImage'],
  ] as const) {
    const field = layout.fields.find((f) => f.name === name)!
    const inside = positions.filter((p) => p >= field.start && p < field.start + field.length)
    const shown = inside.length > 0 ? inside : [layout.outputStart]
    const rows = Array.from({ length: BATCH }, (_, b) => shown.map((p) => BigInt(b * rest + p - layout.outputStart)))
    const n = BATCH * shown.length
    own[`rows:${modality}`] = { data: BigInt64Array.from(rows.flat()), dims: [n] }
    own[`uniform:${modality}`] = { data: new Float32Array(n).fill(0.5), dims: [n, 1] }
    own[`temperature:${modality}`] = { data: Float32Array.of(1), dims: [] }
  }
  return own
})

const times = await interleave(
  {
    forward: async () => {
      for (const feed of feeds) await program.forward(feed, weights)
    },
    rollouts: async () => void (await runAll(policy, weights, headers)),
  },
  rounds,
)
const pace = median(times['forward']!.map((ms, i) => ms / times['rollouts']![i]!))

// The parts of a step: rollouts, pictures and words of the sampled pairs, marks, likelihoods, and one gradient.
const likelihood = createLikelihood(config, table, { batch: BATCH })
const reward = await openReward('storybook', world)
const sampled = eligibleSteps(header).slice(-SAMPLED)
const queries = first.map((trajectory) => replayQueries(trajectory, sampled))
const tasks = first.map(() => 'edit' as const)
const gradient = new Float32Array(table.size)
const pairs = (await Promise.all(first.map((t) => pairsAt(model, t, sampled, null)))).flat()
const parts = await interleave(
  {
    rollouts: async () => void (await runAll(policy, weights, headers)),
    pairs: async () => {
      for (const trajectory of first) await pairsAt(model, trajectory, sampled, null)
    },
    marks: async () => void (await reward.mark(pairs)),
    likelihood: async () => void (await likelihoodsOf(likelihood, weights, tasks, queries)),
    gradient: async () => {
      const flat = queries.flat()
      for (let from = 0; from < flat.length; from += BATCH) {
        const own = flat.slice(from, from + BATCH)
        await likelihood.backward(
          'edit',
          own,
          own.map(({ tokens }) => tokens.map(() => 1)),
          weights,
          gradient,
        )
      }
    },
  },
  rounds,
  1,
)
const result = {
  model: model.name,
  rounds,
  batch: BATCH,
  denoisingSteps: STEPS,
  sampledSteps: SAMPLED,
  /** Share of the bare forward's pace that rollouts reach; the bar is 0.8. */
  pace: Number(pace.toFixed(3)),
  rolloutMs: Math.round(median(times['rollouts']!)),
  forwardMs: Math.round(median(times['forward']!)),
  rolloutsPerSecond: Number(((1000 * BATCH) / median(times['rollouts']!)).toFixed(1)),
  partsMs: Object.fromEntries(Object.entries(parts).map(([name, ms]) => [name, Math.round(median(ms))])),
}
console.log(result)
await saveResult('rollouts', result)
await policy.dispose()
await program.dispose()
await likelihood.dispose()
await reward.dispose()
await engine.dispose()
process.exitCode = pace >= 0.8 ? 0 : 1
