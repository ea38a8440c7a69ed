/**
 * One phase of ParaRL: rollouts of the current policy, their rewards at the sampled steps, advantages, and the
 * likelihoods that stay fixed while the policy is updated with them (pi_old and the reference). A pure function of the
 * weights, the settings and the phase's number, so that it can be made again after a kill.
 */
import { createHash } from 'node:crypto'
import type { PhaseRow, RlNoteCode, RlSettings, RolloutRow } from '../../shared/rl.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { seededRandom } from '../data/random.ts'
import type { ModelFolder } from '../model/folder.ts'
import { likelihoodsOf, type Likelihood } from './likelihood-run.ts'
import { randomMaskQuery, replayQueries, type Query } from './likelihood.ts'
import { createMarker } from './mark.ts'
import { advantages } from './objective.ts'
import { pairsAt, type Pair } from './pairs.ts'
import type { Policy } from './policy.ts'
import { promptsOfPhase, rolloutSeed } from './prompts.ts'
import { toRewards, type Reward, type StepScale } from './reward.ts'
import { runAll, type RlPrompt } from './rollout.ts'
import { drawSampledSteps } from './sampled-steps.ts'

export interface PhaseContext {
  readonly model: Pick<ModelFolder, 'config' | 'text' | 'image' | 'name'>
  readonly settings: RlSettings
  readonly policy: Policy
  readonly likelihood: Likelihood
  readonly prompts: readonly RlPrompt[]
  readonly reward: Reward
  readonly scaleAt: StepScale
  /** Weights the run started from. */
  readonly reference: Float32Array
  note(this: void, code: RlNoteCode, message: string): void
  /** Seconds. */
  now(this: void): number
}

/** What the updates of a phase need. */
export interface Phase {
  readonly number: number
  readonly prompts: PhaseRow['prompts']
  readonly rollouts: readonly RolloutRow[]
  readonly trajectories: readonly Trajectory[]
  /** Per rollout, in order: what the model is asked. */
  readonly queries: readonly (readonly Query[])[]
  /** Per rollout: log p of every token of every query, query after query; null where `isAsked` says that nobody needs it. */
  readonly old: readonly (readonly number[] | null)[]
  readonly reference: readonly (readonly number[] | null)[]
  readonly distinct: number
  readonly parts: PhaseRow['parts']
}

export async function makePhase(context: PhaseContext, number: number, weights: Float32Array): Promise<Phase> {
  const { settings, model, now } = context
  const began = now()
  const chosen = promptsOfPhase(context.prompts.length, number, settings.prompts, settings.seed).map(
    (at) => context.prompts[at]!,
  )
  const name = `${model.name} in phase ${number}`
  const hash = createHash('sha256')
    .update(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength))
    .digest('hex')
    .slice(0, 32)
  const headers = chosen.flatMap(({ header }, p) =>
    Array.from({ length: settings.rollouts }, (_, g) => ({
      ...header,
      seed: rolloutSeed(settings.seed, number, p, g),
      model: { name, hash },
    })),
  )
  const trajectories = await runAll(context.policy, weights, headers)
  const rolled = now()

  const sampled = chosen.map(({ header }, p) =>
    drawSampledSteps(
      header,
      settings.sampledSteps,
      settings.sampleFrom,
      seededRandom('pararl-steps', settings.seed, number, p),
    ),
  )
  const marks = await markRollouts(context, chosen, sampled, trajectories)
  const marked = now()

  const promptOf = (i: number): number => Math.floor(i / settings.rollouts)
  const queries = trajectories.map((trajectory, i) => queriesOf(settings, trajectory, sampled[promptOf(i)]!, number, i))
  const asked = (from: Float32Array): Promise<(number[] | null)[]> =>
    likelihoodsOf(context.likelihood, from, tasksOf(trajectories), queries, (i) => isAsked(settings, i))
  const old = await asked(weights)
  const reference = await asked(context.reference)
  const rollouts = trajectories.map((trajectory, i): RolloutRow => {
    const p = promptOf(i)
    return {
      prompt: p,
      rollout: i % settings.rollouts,
      seed: trajectory.header.seed,
      trajectory: rolloutFile(number, p, i % settings.rollouts),
      marks: sampled[p]!.map((step, k) => {
        const count = (first: 'outputText' | 'outputImage'): number => decodedCount(trajectory, step, first)
        return { step, ...marks[i]!.at[k]!, text: count('outputText'), image: count('outputImage') }
      }),
      final: marks[i]!.final,
      length: textLength(model, trajectory),
      entropy: old[i] ? round(-meanOf(old[i])) : null,
    }
  })
  return {
    number,
    prompts: chosen.map(({ index, id, instruction }, p) => ({ index, id, instruction, sampledSteps: sampled[p]! })),
    rollouts,
    trajectories,
    queries,
    old,
    reference,
    distinct: distinctShare(trajectories, settings.rollouts),
    parts: { rollouts: round(rolled - began), rewards: round(marked - rolled), likelihood: round(now() - marked) },
  }
}

/**
 * Whether the likelihoods of a rollout are asked before the updates. A phase of one update has ratios of 1 whatever they are
 * and, held to its own policy, no KL term: a quarter of each prompt's rollouts then tells entropy and KL, and the rest of
 * the forwards is saved.
 */
export function isAsked(
  { inner, klTo, klWeight, rollouts }: Pick<RlSettings, 'inner' | 'klTo' | 'klWeight' | 'rollouts'>,
  rollout: number,
): boolean {
  const needed = inner > 1 || (klTo === 'reference' && klWeight > 0)
  return needed || rollout % rollouts < Math.ceil(rollouts / 4)
}

/** The questions of one rollout, a function of the settings and its trajectory alone. */
export function queriesOf(
  settings: Pick<RlSettings, 'likelihood' | 'seed'>,
  trajectory: Trajectory,
  sampled: readonly number[],
  phase: number,
  rollout: number,
): Query[] {
  if (settings.likelihood === 'replay') return replayQueries(trajectory, sampled)
  return [randomMaskQuery(trajectory, sampled, seededRandom('pararl-mask', settings.seed, phase, rollout))]
}

export const tasksOf = (trajectories: readonly Trajectory[]): Trajectory['header']['task'][] =>
  trajectories.map(({ header }) => header.task)

export const rolloutFile = (phase: number, prompt: number, rollout: number): string =>
  `rollouts/${String(phase).padStart(6, '0')}/p${prompt}-g${rollout}.tdm`

interface MarkedRollout {
  readonly at: { raw: number | null; reward: number | null; advantage: number | null }[]
  final: number | null
}

/** (2) to (4): marks, rewards and advantages of every rollout at its prompt's sampled steps; at the end alone for the output-level objective. */
async function markRollouts(
  context: PhaseContext,
  prompts: readonly RlPrompt[],
  sampled: readonly (readonly number[])[],
  trajectories: readonly Trajectory[],
): Promise<MarkedRollout[]> {
  const { settings, reward, scaleAt } = context
  const G = settings.rollouts
  const pairs: Pair[] = []
  const places: { rollout: number; at: number }[] = []
  for (const [i, trajectory] of trajectories.entries()) {
    const p = Math.floor(i / G)
    const last = trajectory.steps.length
    const steps = settings.objective === 'output' ? [last] : [...new Set([...sampled[p]!, last])]
    const made = await pairsAt(context.model, trajectory, steps, prompts[p]!.sample)
    made.forEach((pair, at) => {
      pairs.push(pair)
      places.push({ rollout: i, at: steps[at]! })
    })
  }
  const { now, note } = context
  const marker = createMarker(reward, { limit: settings.rewardTimeout, now })
  const raw = await marker.mark(pairs)
  const { asked } = marker
  if (marker.late)
    note(
      'slow-reward',
      `The reward took more than ${settings.rewardTimeout} s: ${pairs.length - asked} of ${pairs.length} pairs of this phase have no mark.`,
    )
  const values = toRewards(
    raw,
    places.map(({ at }) => at),
    reward,
    scaleAt,
  )
  const found = new Map(places.map(({ rollout, at }, i) => [`${rollout}:${at}`, i]))
  const look = (rollout: number, step: number): { raw: number | null; reward: number | null } => {
    const i = found.get(`${rollout}:${step}`)
    if (i === undefined) return { raw: null, reward: null }
    return { raw: Number.isFinite(raw[i]) ? raw[i]! : null, reward: values[i]! }
  }
  const bad = raw.slice(0, asked).filter((c) => !Number.isFinite(c)).length
  if (bad > 0) note('not-a-number', `The reward gave no number for ${bad} of ${asked} pairs; they have no advantage.`)

  const rows = trajectories.map((): MarkedRollout => ({ at: [], final: null }))
  const same: string[] = []
  prompts.forEach((_, p) => {
    const own = Array.from({ length: G }, (__, g) => p * G + g)
    const lastOf = (i: number): number => trajectories[i]!.steps.length
    let alike = 0
    for (const step of sampled[p]!) {
      const marks = own.map((i) => look(i, settings.objective === 'output' ? lastOf(i) : step))
      const { values: advantage, flat } = advantages(
        marks.map((mark) => mark.reward),
        settings.deviationFloor,
      )
      if (flat && marks.filter((mark) => mark.reward !== null).length > 1) alike++
      own.forEach((i, g) => rows[i]!.at.push({ ...marks[g]!, advantage: advantage[g]! }))
    }
    for (const i of own) rows[i]!.final = look(i, lastOf(i)).reward
    if (alike === sampled[p]!.length) same.push(prompts[p]!.instruction)
  })
  if (same.length > 0)
    note(
      'identical-rollouts',
      `The ${G} rollouts of "${same[0]}"${same.length > 1 ? ` and of ${same.length - 1} more of ${prompts.length} prompts` : ''} were marked alike at every step: nothing is learned from them.`,
    )
  return rows
}

function decodedCount({ header, steps }: Trajectory, step: number, name: 'outputText' | 'outputImage'): number {
  const field = header.fields.find((f) => f.name === name)
  if (!field) return 0
  return steps[step - 1]!.commits.positions.filter((p) => p >= field.start && p < field.start + field.length).length
}

/** The sequence at the end of a run. */
export function finalTokens({ header, steps }: Trajectory): Int32Array {
  const tokens = Int32Array.from(header.tokens)
  for (const { commits } of steps) commits.positions.forEach((p, i) => (tokens[p] = commits.tokens[i]!))
  return tokens
}

function textLength({ config }: Pick<ModelFolder, 'config'>, trajectory: Trajectory): number {
  const field = trajectory.header.fields.find(({ name }) => name === 'outputText')
  if (!field) return 0
  const tokens = finalTokens(trajectory).subarray(field.start, field.start + field.length)
  const end = tokens.indexOf(config.special.eos)
  return end < 0 ? field.length : end
}

/** Mean over prompts of the share of rollouts that differ from those before them. */
function distinctShare(trajectories: readonly Trajectory[], perPrompt: number): number {
  const outcomes = trajectories.map((trajectory) => finalTokens(trajectory).join())
  let sum = 0
  let prompts = 0
  for (let from = 0; from < outcomes.length; from += perPrompt, prompts++)
    sum += new Set(outcomes.slice(from, from + perPrompt)).size / perPrompt
  return round(sum / Math.max(1, prompts))
}

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, v) => a + v, 0) / values.length

const round = (x: number): number => Number(x.toFixed(4))
