/**
 * What a ParaRL run learns of its start before the first phase: the scale of its reward, and the prompts the starting model
 * does worst at. Both take many rollouts; they are told as they go and can be stopped. A reward may take its time here:
 * what a run stands on is marked whole.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { RlNoteCode, RlSettings } from '../../shared/rl.ts'
import { seededRandom } from '../data/random.ts'
import { writeFileAtomic } from '../files.ts'
import type { ModelFolder } from '../model/folder.ts'
import { createMarker, type Marker } from '../rl/mark.ts'
import { pairsAt, type Pair } from '../rl/pairs.ts'
import type { Policy } from '../rl/policy.ts'
import { hardest, rolloutSeed } from '../rl/prompts.ts'
import { measureScale, type Reward, type StepScale } from '../rl/reward.ts'
import { runAll, type RlPrompt } from '../rl/rollout.ts'
import { eligibleSteps } from '../rl/sampled-steps.ts'

/** A scale stands on 1 % of the data, but on this many true pairs or rollouts at least. */
const LEAST_PAIRS = 64
const LEAST_RUNS = 32
const chosenFile = 'prompts.json'

/** What is going on, and how far it is, 0 to 1. */
export type TellStart = (what: string, share: number) => void
export type Note = (code: RlNoteCode, message: string) => void

/** Aborted, the functions here throw the signal's reason. */
export interface Watch {
  readonly signal: AbortSignal
  readonly tell: TellStart
}

/** The starting model as it makes rollouts, and what marks them. */
interface Start {
  readonly model: ModelFolder
  readonly reward: Reward
  readonly policy: Policy
  readonly reference: Float32Array
}

const patient = (reward: Reward, signal: AbortSignal): Marker['mark'] =>
  createMarker(reward, { limit: Infinity, now: () => 0, signal }).mark

/**
 * (3): mean and deviation over a random 1 % of the training prompts, from what the starting model makes of them, step by
 * step: a pair half done is marked lower than a finished one whatever it is worth. Or over a random 1 % of true pairs.
 */
export async function scaleOf(
  { model, reward, policy, reference }: Start,
  pool: readonly RlPrompt[],
  settings: RlSettings,
  truePairs: (least: number) => Promise<Pair[]>,
  { signal, tell }: Watch,
): Promise<StepScale> {
  if (!reward.standardised) return () => null
  const mark = patient(reward, signal)
  const told = (share: number): void => tell('Measuring the scale of the reward', share)
  if (settings.scaleOn === 'data') {
    const raw = reward.scale ? [] : await mark(await truePairs(Math.max(LEAST_PAIRS, Math.ceil(pool.length / 100))))
    const scale = reward.scale ?? measureScale(raw)
    if (!scale) throw noScale(raw, 'true pairs')
    return () => scale
  }
  const order = seededRandom('pararl-scale', settings.seed).shuffle(pool)
  const chosen = order.slice(0, Math.max(LEAST_RUNS, Math.ceil(pool.length / 100)))
  const headers = chosen.map(({ header }, i) => ({ ...header, seed: rolloutSeed(settings.seed, -2, i, 0) }))
  const marks = new Map<number, number[]>()
  const trajectories = await runAll(policy, reference, headers, {
    signal,
    tell: (share) => told(share / 2),
  })
  signal.throwIfAborted()
  for (const [i, trajectory] of trajectories.entries()) {
    const steps = eligibleSteps(trajectory.header)
    const raw = await mark(await pairsAt(model, trajectory, steps, chosen[i]!.sample))
    steps.forEach((step, k) => marks.set(step, [...(marks.get(step) ?? []), raw[k]!]))
    told((1 + i / chosen.length) / 2)
  }
  const all = [...marks.values()].flat()
  const whole = measureScale(all)
  if (!whole) throw noScale(all, 'rollouts')
  const scales = new Map([...marks].map(([step, own]) => [step, measureScale(own) ?? whole]))
  return (step) => scales.get(step) ?? whole
}

function noScale(raw: readonly number[], what: string): TandemError {
  const broken = raw.filter((c) => !Number.isFinite(c)).length
  return new TandemError(
    broken > 0
      ? `The reward gave no number for ${broken} of ${raw.length} pairs of ${what}.`
      : `The reward marks all pairs of ${what} alike.`,
    'Try it with "tandem score", or give another reward.',
  )
}

const chosenSchema = z.strictObject({ pool: z.int(), marks: z.array(z.number().nullable()), chosen: z.array(z.int()) })

/** The hardest of the pool for the starting model; the choice is kept, so that a resume trains on the same prompts. */
export async function choosePrompts(
  { model, reward, policy, reference }: Start,
  pool: readonly RlPrompt[],
  settings: RlSettings,
  directory: string,
  note: Note,
  { signal, tell }: Watch,
): Promise<RlPrompt[]> {
  if (settings.hardShare >= 1) return [...pool]
  const path = join(directory, chosenFile)
  const kept = await readFile(path, 'utf8').then(
    (text) => chosenSchema.safeParse(JSON.parse(text)).data,
    () => undefined,
  )
  let chosen = kept?.pool === pool.length ? kept.chosen : null
  if (!chosen) {
    const told = (share: number): void => tell(`Finding the hardest of ${pool.length} prompts`, share)
    const headers = pool.map(({ header }, i) => ({ ...header, seed: rolloutSeed(settings.seed, -1, i, 0) }))
    const trajectories = await runAll(policy, reference, headers, {
      signal,
      tell: (share) => told(share / 2),
    })
    signal.throwIfAborted()
    const mark = patient(reward, signal)
    const marks: number[] = []
    for (const [i, trajectory] of trajectories.entries()) {
      const last = trajectory.steps.length
      marks.push(...(await mark(await pairsAt(model, trajectory, [last], pool[i]!.sample))))
      told((1 + i / pool.length) / 2)
    }
    chosen = hardest(marks, settings.hardShare, Math.min(settings.prompts, pool.length))
    const file = { pool: pool.length, marks: marks.map((m) => (Number.isFinite(m) ? m : null)), chosen }
    await writeFileAtomic(path, JSON.stringify(file) + '\n')
    note('hard-prompts', `Training on the ${chosen.length} prompts of ${pool.length} that the model does worst at.`)
  }
  const set = new Set(chosen)
  return pool.filter((_, i) => set.has(i))
}
