/** ParaRL as a task of the training loop: a phase of rollouts every `inner` updates, and an update's gradient. */
import type { PhaseRow } from '../../shared/rl.ts'
import type { ParameterTable } from '../model/parameters.ts'
import type { StepContext, StepOutcome, TrainTask } from '../train/loop.ts'
import { makePhase, meanOf, type Phase, type PhaseContext } from './phase.ts'
import { readPhase, writePhase } from './phase-record.ts'
import { updateGradient } from './update.ts'

export interface ParaRlOptions extends PhaseContext {
  readonly table: ParameterTable
  readonly identity: string
  readonly start: Float32Array | null
  readonly directory: string
  /** Rollouts were made and marked. */
  onPhase(row: Omit<PhaseRow, 'step' | 'seconds'>): void
  /** Null when it was stopped. */
  validate?(this: void, weights: Float32Array, signal?: AbortSignal): Promise<Readonly<Record<string, number>> | null>
}

export function createParaRlTask(options: ParaRlOptions): TrainTask {
  const { settings, directory, validate } = options
  let phase: Phase | null = null

  /** The phase an update belongs to: made at its first update, read back where a run goes on in its middle. */
  async function phaseAt(number: number, inner: number, weights: Float32Array): Promise<Phase> {
    if (phase?.number === number) return phase
    if (inner > 0) return (phase = await readPhase(directory, number, settings))
    phase = await makePhase(options, number, weights)
    await writePhase(directory, phase)
    options.onPhase(phaseRow(phase))
    return phase
  }

  return {
    table: options.table,
    identity: options.identity,
    ...(options.start ? { start: options.start } : {}),
    async step({ step, weights, gradient, position }: StepContext): Promise<StepOutcome> {
      const began = options.now()
      const [number, inner] = [Math.floor(step / settings.inner), step % settings.inner]
      const current = await phaseAt(number, inner, weights)
      const numbers = await updateGradient(settings, options.likelihood, current, inner, weights, gradient)
      const { objective, klOld, klReference, clipFraction, ratio, tokens } = numbers
      return {
        samples: inner === 0 ? current.rollouts.length : 0,
        position: position + (inner === 0 ? current.prompts.length : 0),
        metrics: {
          phase: number,
          inner,
          objective,
          kl_old: klOld,
          kl_reference: klReference,
          clip_fraction: clipFraction,
          ratio_mean: ratio.mean,
          ratio_low: ratio.low,
          ratio_high: ratio.high,
          tokens,
          reward: meanOf(rewardsOf(current)),
          took: options.now() - began,
        },
      }
    },
    ...(validate
      ? {
          async validate(weights, signal) {
            const metrics = await validate(weights, signal)
            return metrics && { metrics }
          },
        }
      : {}),
    // Whoever opened model and reward closes them.
    dispose: () => Promise.resolve(),
  }
}

const rewardsOf = ({ rollouts }: Phase): number[] =>
  rollouts.flatMap(({ marks }) => marks.flatMap(({ reward }) => (reward === null ? [] : [reward])))

function phaseRow(phase: Phase): Omit<PhaseRow, 'step' | 'seconds'> {
  const { rollouts } = phase
  const rewards = rewardsOf(phase)
  const raws = rollouts.flatMap(({ marks }) => marks.flatMap(({ raw }) => (raw === null ? [] : [raw])))
  const finals = rollouts.flatMap(({ final }) => (final === null ? [] : [final]))
  // KL(old || reference) on tokens that old drew: mean of log p_old - log p_reference, never negative in expectation.
  const differences = phase.old.flatMap((own, i) => own?.map((logp, o) => logp - phase.reference[i]![o]!) ?? [])
  return {
    kind: 'phase',
    phase: phase.number,
    prompts: phase.prompts,
    rollouts: [...rollouts],
    reward: rewards.length > 0 ? meanOf(rewards) : null,
    raw: raws.length > 0 ? meanOf(raws) : null,
    final: finals.length > 0 ? meanOf(finals) : null,
    length: meanOf(rollouts.map(({ length }) => length)),
    entropy: meanOf(rollouts.flatMap(({ entropy }) => (entropy === null ? [] : [entropy]))),
    distinct: phase.distinct,
    klReference: meanOf(differences),
    parts: phase.parts,
  }
}
