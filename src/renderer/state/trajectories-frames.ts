/**
 * Any frame of a run in about a millisecond: whole frames are kept every few steps, the steps in between are walked from
 * the nearest one, and the frames seen last are kept as they were. It grows with a run that goes on.
 */
import { advanceFrame, initialFrame, type Frame } from '../../shared/trajectory-frame.ts'
import { eventsByStep, type Trajectory, type TrajectoryEvent } from '../../shared/trajectory.ts'

/** Steps between two kept frames: 32 walked steps cost less than a millisecond at 1280 open positions. */
const STRIDE = 32
/** Frames seen last: going back and forth, and two panels looking at one run, cost nothing. */
const RECENT = 48

/** A frame whose arrays are its own: `advanceFrame` works in the arrays it is given. */
function copyFrame(frame: Frame): Frame {
  return {
    step: frame.step,
    tokens: frame.tokens.slice(),
    confidence: frame.confidence.slice(),
    committedAt: frame.committedAt.slice(),
    candidates: frame.candidates.slice(),
    candidateConfidence: frame.candidateConfidence.slice(),
    pinned: frame.pinned.slice(),
  }
}

export class FrameIndex {
  #trajectory: Trajectory
  #events: Map<number, TrajectoryEvent[]>
  /** `#kept[i]` is frame i x STRIDE. */
  readonly #kept: Frame[]
  /** The state after the last step walked so far, advanced in place. */
  #tip: Frame
  readonly #recent = new Map<number, Frame>()

  constructor(trajectory: Trajectory) {
    this.#trajectory = trajectory
    this.#events = eventsByStep(trajectory.events)
    this.#tip = initialFrame(trajectory.header)
    this.#kept = [copyFrame(this.#tip)]
    this.#walk()
  }

  get trajectory(): Trajectory {
    return this.#trajectory
  }

  /** The same run, with more steps. False where it is another record: then a new index has to be made. */
  extend(trajectory: Trajectory): boolean {
    if (trajectory === this.#trajectory) return true
    const known = this.#trajectory.steps
    const same =
      trajectory.header === this.#trajectory.header &&
      trajectory.events === this.#trajectory.events &&
      trajectory.steps.length >= known.length &&
      trajectory.steps[known.length - 1] === known.at(-1)
    if (!same) return false
    this.#trajectory = trajectory
    this.#walk()
    return true
  }

  /** The state after step k, which must not be changed; k is brought into the range of recorded steps. */
  at(k: number): Frame {
    const step = Math.max(0, Math.min(Math.trunc(k) || 0, this.#trajectory.steps.length))
    const seen = this.#recent.get(step)
    if (seen) {
      this.#recent.delete(step)
      this.#recent.set(step, seen)
      return seen
    }
    const made = step === this.#tip.step ? copyFrame(this.#tip) : this.#from(this.#nearest(step), step)
    this.#recent.set(step, made)
    if (this.#recent.size > RECENT) this.#recent.delete(this.#recent.keys().next().value!)
    return made
  }

  #from(start: Frame, step: number): Frame {
    let frame = copyFrame(start)
    while (frame.step < step) frame = this.#advance(frame)
    return frame
  }

  /** Scrubbing goes by small steps: the frame just before is often at hand. */
  #nearest(step: number): Frame {
    const kept = this.#kept[Math.floor(step / STRIDE)]!
    for (let k = step - 1; k > kept.step; k--) {
      const recent = this.#recent.get(k)
      if (recent) return recent
    }
    return kept
  }

  #walk(): void {
    while (this.#tip.step < this.#trajectory.steps.length) {
      this.#tip = this.#advance(this.#tip)
      if (this.#tip.step % STRIDE === 0) this.#kept.push(copyFrame(this.#tip))
    }
  }

  #advance(frame: Frame): Frame {
    const step = frame.step + 1
    return advanceFrame(frame, this.#trajectory.header, this.#trajectory.steps[step - 1]!, this.#events.get(step))
  }
}
