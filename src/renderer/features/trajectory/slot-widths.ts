/**
 * How wide each slot of the reasoning is: as wide as the widest token ever shown in it in this run, so that scrubbing
 * moves nothing. Widths only grow while a run goes; each token is measured once.
 */
import type { Trajectory, TrajectoryHeader } from '../../../shared/trajectory.ts'
import { fieldOf, type Field } from '../../state/trajectories-log.ts'
import type { Lexicon } from '../../state/trajectories-vocabulary.ts'

export interface WidthLimits {
  readonly least: number
  readonly most: number
  /** Widths are rounded up to multiples of it: fewer changes while a run goes. */
  readonly quantum: number
}
export const slotLimits: WidthLimits = { least: 24, most: 168, quantum: 8 }

export class SlotWidths {
  readonly #field: Field | null
  readonly #lexicon: Lexicon
  readonly #measure: (text: string) => number
  readonly #limits: WidthLimits
  readonly #byToken = new Map<number, number>()
  #widths: readonly number[]
  #steps = 0
  #events = 0

  constructor(
    header: TrajectoryHeader,
    lexicon: Lexicon,
    measure: (text: string) => number,
    limits: WidthLimits = slotLimits,
  ) {
    this.#field = fieldOf(header, 'outputText')
    this.#lexicon = lexicon
    this.#measure = measure
    this.#limits = limits
    const { start, length } = this.#field ?? { start: 0, length: 0 }
    this.#widths = header.tokens
      .slice(start, start + length)
      .map((token) => (token === header.maskId ? limits.least : this.ofToken(token)))
  }

  /** Widths after all steps of the trajectory; the same array where none has grown. */
  extend(trajectory: Trajectory): readonly number[] {
    const next = [...this.#widths]
    const fit = (position: number, token: number): void => {
      const index = position - (this.#field?.start ?? 0)
      if (!this.#field || index < 0 || index >= this.#field.length) return
      next[index] = Math.max(next[index]!, this.ofToken(token))
    }
    for (const event of trajectory.events.slice(this.#events))
      if (event.kind === 'replace') fit(event.position, event.token)
    for (const { commits, candidates } of trajectory.steps.slice(this.#steps)) {
      commits.positions.forEach((p, i) => fit(p, commits.tokens[i]!))
      candidates.positions.forEach((p, i) => fit(p, candidates.tokens[i]!))
    }
    this.#events = trajectory.events.length
    this.#steps = Math.max(this.#steps, trajectory.steps.length)
    if (next.some((width, i) => width !== this.#widths[i])) this.#widths = next
    return this.#widths
  }

  /** The width a token takes, within the limits. The end and padding take the least. */
  ofToken(token: number): number {
    const known = this.#byToken.get(token)
    if (known !== undefined) return known
    const quiet = token === this.#lexicon.eos || token === this.#lexicon.pad
    const width = quiet ? this.#limits.least : this.ofLabel(this.#lexicon.label(token))
    this.#byToken.set(token, width)
    return width
  }

  ofLabel(label: string): number {
    const { least, most, quantum } = this.#limits
    return Math.min(most, Math.max(least, Math.ceil(this.#measure(label) / quantum) * quantum))
  }
}
