/**
 * Whether the gradient of ParaRL points where the reward grows. One large batch gives a gradient; small steps along it and
 * against it, of different lengths and made in different ways, are tried with fresh rollouts of other prompts (or, --on
 * same, of the batch's own), all with the same seeds, so that what differs is the step alone. Prints one JSON line a try: the mean reward of the finished pairs
 * and its change, with 95 % intervals over prompts.
 * Usage: node bench/experiments/pararl-direction.ts --config PARARL.JSON [--prompts 64] [--fresh 64] [--on other|same]
 *        [--lengths 0.001,0.003]
 *        [--ways gradient,sign,muon] [--set sampledSteps=8 ...] [--threads N]
 * PARARL.JSON is the settings file of a run: model, data, reward. A length is that of the step in units of the weights' own.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { completeRlSettings, rlConfigSchema } from '../../src/shared/rl.ts'
import { bootstrapMean } from '../../src/engine/bench/intervals.ts'
import { openRl, type OpenedRl } from '../../src/engine/jobs/pararl-open.ts'
import { makePhase } from '../../src/engine/rl/phase.ts'
import { pairsAt } from '../../src/engine/rl/pairs.ts'
import { rolloutSeed } from '../../src/engine/rl/prompts.ts'
import { runAll, type RlPrompt } from '../../src/engine/rl/rollout.ts'
import { updateGradient } from '../../src/engine/rl/update.ts'
import { createOptimiser } from '../../src/engine/train/optimiser.ts'

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    prompts: { type: 'string', default: '64' },
    fresh: { type: 'string', default: '64' },
    on: { type: 'string', default: 'other' },
    lengths: { type: 'string', default: '0.001,0.003,0.01' },
    ways: { type: 'string', default: 'gradient,sign,muon' },
    set: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string' },
  },
})
if (values.config === undefined) throw new Error('--config names the settings of a run')
const file = rlConfigSchema.parse(JSON.parse(await readFile(values.config, 'utf8')))
const set = Object.fromEntries(
  values.set.map((text): [string, unknown] => {
    const [name, value] = [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]
    return [name, /^[-\d.]/.test(value) ? Number(value) : value]
  }),
)
const settings = completeRlSettings({
  ...file.settings,
  hardShare: 1,
  validateEvery: 0,
  previewEvery: 0,
  ...set,
  prompts: Number(values.prompts),
})
/** A phase whose prompts are made anew: no run comes so far. */
const FRESH = 1_000_000

/** Mean reward of each prompt's finished pairs, of rollouts no gradient saw. */
async function rewardsAt(
  { model, policy, reward, scaleAt }: OpenedRl,
  own: readonly RlPrompt[],
  weights: Float32Array,
): Promise<number[]> {
  const headers = own.flatMap(({ header }, p) =>
    Array.from({ length: settings.rollouts }, (_, g) => ({ ...header, seed: rolloutSeed(settings.seed, FRESH, p, g) })),
  )
  const means = own.map(() => 0)
  for (const [i, trajectory] of (await runAll(policy, weights, headers)).entries()) {
    const p = Math.floor(i / settings.rollouts)
    const last = trajectory.steps.length
    const pairs = await pairsAt(model, trajectory, [last], own[p]!.sample)
    const [raw = NaN] = await reward.mark(pairs)
    const scale = scaleAt(last)
    const value = scale ? (1 + Math.min(1, Math.max(-1, (raw - scale.mean) / scale.deviation))) / 2 : raw
    means[p]! += value / settings.rollouts
  }
  return means
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
const seconds = (): number => performance.now() / 1000
const tell = (row: object): void => console.log(JSON.stringify(row))
const interval = (numbers: readonly number[]): number[] => {
  const { estimate, low, high } = bootstrapMean(numbers)
  return [estimate, low, high].map((x) => Number(x.toFixed(4)))
}

const directory = await mkdtemp(join(tmpdir(), 'tandem-direction-'))
const opened = await openRl({ ...file, settings }, directory, () => undefined, {
  signal: new AbortController().signal,
  ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
})
try {
  // What the gradient is taken from and what it is tried on are different prompts.
  const { reference, table } = opened
  const taught = opened.prompts.slice(0, -Number(values.fresh))
  const context = { ...opened, prompts: taught, settings, note: () => undefined, now: seconds }
  const phase = await makePhase(context, 0, reference)
  const tried =
    values.on === 'same'
      ? phase.prompts.map(({ index }) => taught.find((prompt) => prompt.index === index)!)
      : opened.prompts.slice(-Number(values.fresh))
  const gradient = new Float32Array(table.size)
  const numbers = await updateGradient(settings, opened.likelihood, phase, 0, reference, gradient)
  const weightNorm = norm(reference)
  tell({ rollouts: phase.rollouts.length, tokens: numbers.tokens, gradient: norm(gradient), weights: weightNorm })

  const steps: Record<string, () => Promise<Float32Array>> = {
    gradient: () => Promise.resolve(gradient.map((g) => -g)),
    sign: () => Promise.resolve(gradient.map((g) => -Math.sign(g))),
    async muon() {
      const moved = reference.slice()
      const plain = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0.95 }
      const optimiser = await createOptimiser(table, { kind: 'muon', ...plain })
      await optimiser.update(moved, gradient.slice(), 1e-3)
      return moved.map((w, i) => w - reference[i]!)
    },
  }
  const still = await rewardsAt(opened, tried, reference)
  tell({ way: 'none', reward: interval(still) })
  for (const way of values.ways.split(',')) {
    const step = await steps[way]!()
    const unit = weightNorm / norm(step)
    for (const length of values.lengths.split(',').map(Number))
      for (const sign of [1, -1]) {
        const moved = reference.map((w, i) => w + sign * length * unit * step[i]!)
        const got = await rewardsAt(opened, tried, moved)
        tell({ way, length: sign * length, reward: interval(got), change: interval(got.map((r, p) => r - still[p]!)) })
      }
  }
} finally {
  await opened.dispose()
  await rm(directory, { recursive: true, force: true })
}
