/**
 * Between two refreshes a run may ask about those undecided rows alone that may be decided soon, and know the others as they
 * stood at the refresh. Which ones follows from the record: a run that goes on from a step asks about the same.
 */
import type { Acceleration } from '../../shared/acceleration.ts'
import type { Frame } from '../../shared/trajectory-frame.ts'
import type { Modality, TrajectoryHeader } from '../../shared/trajectory.ts'
import { orderOf } from './halton.ts'
import type { Ask, PredictRequest } from './predictor.ts'

/** Absent where a run asks about all that is undecided. */
export const soonOf = ({ acceleration }: TrajectoryHeader): Acceleration['soon'] =>
  acceleration && acceleration.refresh > 1 ? acceleration.soon : undefined

/**
 * Of what a step asks: nothing of a modality that it does not decide, and of the others the rows most likely to be decided.
 * `decisions`: how many tokens the schedule decides of each. Confidences in the frame are those that a record holds.
 */
export function soonest(
  header: TrajectoryHeader,
  { times, least }: NonNullable<Acceleration['soon']>,
  state: Pick<Frame, 'candidates' | 'candidateConfidence'>,
  asks: PredictRequest['asks'],
  decisions: Readonly<Partial<Record<Modality, { readonly count: number }>>>,
): PredictRequest['asks'] {
  const narrowed: Partial<Record<Modality, Ask>> = {}
  for (const modality of ['text', 'image'] as const) {
    const ask = asks[modality]
    const decision = decisions[modality]
    if (!ask || !decision) continue
    const { positions, uniforms } = ask
    const order = orderOf(header, modality)
    // A row without a draft was never asked about.
    const likely = (p: number): number => order?.(p) ?? (state.candidates[p]! < 0 ? 1 : state.candidateConfidence[p]!)
    const rows = [...positions.keys()]
      .sort((a, b) => likely(positions[b]!) - likely(positions[a]!) || a - b)
      .slice(0, Math.max(least, Math.ceil(times * decision.count)))
      .sort((a, b) => a - b)
    narrowed[modality] = {
      ...ask,
      positions: rows.map((row) => positions[row]!),
      uniforms: Float32Array.from(rows, (row) => uniforms[row]!),
    }
  }
  return narrowed
}
