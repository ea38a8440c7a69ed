/** A ParaRL run as it is told: an update of the loop as a row of its record, and as numbers beside its bar. */
import type { PhaseRow, RlRow, UpdateRow } from '../../shared/rl.ts'
import type { TrainEvent } from '../train/loop.ts'

export function updateRow(event: Extract<TrainEvent, { kind: 'step' }>): UpdateRow {
  const { metrics, step, seconds: spent, learningRate, gradientNorm } = event
  const number = (name: string): number => metrics[name] ?? 0
  return {
    kind: 'update',
    step,
    seconds: spent,
    phase: number('phase'),
    inner: number('inner'),
    objective: number('objective'),
    klOld: number('kl_old'),
    klReference: number('kl_reference'),
    clipFraction: number('clip_fraction'),
    ratio: { mean: number('ratio_mean'), low: number('ratio_low'), high: number('ratio_high') },
    tokens: number('tokens'),
    learningRate,
    gradientNorm,
    took: number('took'),
  }
}

/** What a bar shows beside an update. `rate`: seconds an update. */
export function progressOf(
  rows: readonly RlRow[],
  row: UpdateRow,
  { steps, rate }: { readonly steps: number; readonly rate: number },
): Record<string, number> {
  const phase = rows.findLast((known): known is PhaseRow => known.kind === 'phase')
  return {
    ...(phase && phase.reward !== null ? { reward: phase.reward } : {}),
    ...(phase && phase.final !== null ? { final_reward: phase.final } : {}),
    ...(phase ? { entropy: phase.entropy, length: phase.length, distinct: phase.distinct } : {}),
    objective: row.objective,
    kl: row.klReference,
    clip_fraction: row.clipFraction,
    eta_seconds: rate * (steps - row.step),
  }
}
