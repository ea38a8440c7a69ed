/**
 * The two estimates of a token's likelihood side by side, of the same rollouts with the same advantages: by the masks it
 * was decoded under (replay), and by random ones (the paper). How far their numbers and their gradients agree, how much of
 * a gradient is left when other prompts are asked or the masks are drawn again, and what each costs.
 * Usage: node bench/likelihoods.ts [--model DIR] [--reward NAME] [--prompts N] [--rollouts G] [--parts K]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { correlation } from '../src/engine/bench/intervals.ts'
import { openRl } from '../src/engine/jobs/pararl-open.ts'
import { likelihoodsOf } from '../src/engine/rl/likelihood-run.ts'
import { makePhase, meanOf, queriesOf, tasksOf, type Phase } from '../src/engine/rl/phase.ts'
import { updateGradient } from '../src/engine/rl/update.ts'
import { completeRlSettings, type RlSettings } from '../src/shared/rl.ts'
import { saveResult } from './lib.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/models/storybook-early' },
    reward: { type: 'string', default: 'storybook' },
    prompts: { type: 'string', default: '32' },
    rollouts: { type: 'string', default: '8' },
    /** Prompts are dealt into so many parts, a gradient each. */
    parts: { type: 'string', default: '8' },
  },
})
const [prompts, rollouts, parts] = [Number(values.prompts), Number(values.rollouts), Number(values.parts)]
const only = { pool: prompts, hardShare: 1, validateEvery: 0, previewEvery: 0 }
// Without a KL term what is left is the policy gradient.
const settings = completeRlSettings({ ...only, prompts, rollouts, klWeight: 0 })
const data = { kind: 'world', path: null, operations: null, seed: 0, sprites: 32, generateShare: 0.15 } as const
const { model, reward } = values
const config = { format: 'tandem-pararl', version: 1, model, data, reward, settings } as const
const seconds = (): number => performance.now() / 1000
const round = (x: number): number => Number(x.toFixed(4))

const directory = await mkdtemp(join(tmpdir(), 'tandem-likelihoods-'))
const opened = await openRl(config, directory, () => undefined, { signal: new AbortController().signal })
const { likelihood, reference: weights, table } = opened

/** The phase's rollouts as another estimator asks about them, and what asking took. */
async function askedBy(phase: Phase, own: RlSettings): Promise<{ phase: Phase; took: number }> {
  const queries = phase.trajectories.map((trajectory, i) =>
    queriesOf(own, trajectory, phase.prompts[phase.rollouts[i]!.prompt]!.sampledSteps, phase.number, i),
  )
  const began = seconds()
  const old = await likelihoodsOf(likelihood, weights, tasksOf(phase.trajectories), queries)
  return { phase: { ...phase, queries, old, reference: old }, took: seconds() - began }
}

function partOf(phase: Phase, part: number): Phase {
  const mine = <T>(of: readonly T[]): T[] => of.filter((_, i) => phase.rollouts[i]!.prompt % parts === part)
  const { queries, old, reference, trajectories } = phase
  const asked = { queries: mine(queries), old: mine(old), reference: mine(reference) }
  return { ...phase, ...asked, rollouts: mine(phase.rollouts), trajectories: mine(trajectories) }
}

async function gradientsOf(phase: Phase, count = parts): Promise<Float32Array[]> {
  const out: Float32Array[] = []
  for (let part = 0; part < count; part++) {
    const gradient = new Float32Array(table.size)
    await updateGradient(settings, likelihood, partOf(phase, part), 0, weights, gradient)
    out.push(gradient)
  }
  return out
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
const cosine = (a: Float32Array, b: Float32Array): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
const sumOf = (of: readonly Float32Array[]): Float32Array =>
  Float32Array.from({ length: table.size }, (_, i) => of.reduce((sum, each) => sum + each[i]!, 0))

/** What an estimator's numbers and gradients are like. */
async function measure(phase: Phase, own: RlSettings) {
  const asked = await askedBy(phase, own)
  const began = seconds()
  const gradients = await gradientsOf(asked.phase)
  const costs = { likelihoodSeconds: round(asked.took), gradientSeconds: round(seconds() - began) }
  const others = gradients.flatMap((a, i) => gradients.slice(i + 1).map((b) => cosine(a, b)))
  const logp = asked.phase.old.flatMap((each) => each ?? [])
  const told = { logp: round(meanOf(logp)), otherPrompts: round(meanOf(others)), ...costs }
  return { logp, gradient: sumOf(gradients), told }
}

try {
  const phase = await makePhase({ ...opened, settings, note: () => undefined, now: seconds }, 0, weights)
  await gradientsOf(phase, 1)
  const replay = await measure(phase, { ...settings, likelihood: 'replay' })
  const masks = await measure(phase, { ...settings, likelihood: 'random-mask' })
  const again = await measure(phase, { ...settings, likelihood: 'random-mask', seed: settings.seed + 1 })
  const result = {
    model: opened.model.name,
    reward: opened.reward.name,
    prompts: phase.prompts.length,
    rollouts,
    sampledSteps: settings.sampledSteps,
    parts,
    tokens: replay.logp.length,
    /** Mean log p of the tokens; mean cosine between gradients of different prompts; seconds of all rollouts. */
    replay: replay.told,
    randomMask: masks.told,
    /** Of the log p of the same tokens. */
    correlation: correlation(replay.logp.map((x, i) => [x, masks.logp[i]!] as const)),
    /** Cosines of whole gradients: of the two estimates, and of random masks drawn twice. */
    estimatesAgree: round(cosine(replay.gradient, masks.gradient)),
    masksDrawnAgainAgree: round(cosine(masks.gradient, again.gradient)),
  }
  console.log(result)
  await saveResult('likelihoods', result)
} finally {
  await opened.dispose()
  await rm(directory, { recursive: true, force: true })
}
