/**
 * Replay: the state of a run after any step, from its record alone, without a forward. One function applies one step;
 * a frame, the check of a whole record and a live view are the same walk.
 */
import { TandemError } from './errors.ts'
import {
  BadTrajectory,
  canonicalStep,
  eventsByStep,
  checkedEvent,
  firstIssue,
  givenStep,
  trajectoryHeaderSchema,
  undecidedStep,
  type Trajectory,
  type TrajectoryEvent,
  type TrajectoryHeader,
  type TrajectoryStep,
} from './trajectory.ts'

/** The state after step k; every array has L entries. */
export interface Frame {
  readonly step: number
  /** `maskId` where undecided. */
  readonly tokens: Int32Array
  /** Probability of the committed token; 1 where given, 0 where undecided. */
  readonly confidence: Float32Array
  /** Step that decided the position; `givenStep` or `undecidedStep` otherwise. */
  readonly committedAt: Uint16Array
  /** The current draft of an undecided position, -1 where there is none. */
  readonly candidates: Int32Array
  readonly candidateConfidence: Float32Array
  /** 1 where the position is pinned. */
  readonly pinned: Uint8Array
}

/** The state after step k (0: before the first), from the record alone. Edits before step k are in, later ones are not. */
export function frame(trajectory: Trajectory, k: number): Frame {
  const { header, steps, events } = trajectory
  if (!Number.isInteger(k) || k < 0 || k > steps.length) {
    throw new TandemError(`The run has no step ${k}.`, `Choose a step from 0 to ${steps.length}.`)
  }
  let state = initialFrame(header)
  const byStep = eventsByStep(events)
  for (const step of steps.slice(0, k)) state = advanceFrame(state, header, step, byStep.get(step.step))
  return state
}

/** The sequence at a frame with every draft filled in: the partial image and text that a viewer or a reward sees. */
export function draftTokens(state: Frame): Int32Array {
  return state.tokens.map((token, p) => (state.candidates[p]! >= 0 ? state.candidates[p]! : token))
}

/** The output picture's codes at a frame, drafts filled in, -1 where there is neither. */
export function frameCodes(header: TrajectoryHeader, state: Frame): number[] {
  const field = header.fields.find((f) => f.name === 'outputImage')
  if (!field) return []
  const { offset, codebookSize } = header.image
  return Array.from(draftTokens(state).subarray(field.start, field.start + field.length), (token) => {
    const code = token - offset
    return code >= 0 && code < codebookSize ? code : -1
  })
}

/** Frame 0: the prompt, the kept tokens and the masks. */
export function initialFrame(header: TrajectoryHeader): Frame {
  const { length, maskId } = header
  const tokens = Int32Array.from(header.tokens)
  const pinned = new Uint8Array(length)
  for (const p of header.pinned) pinned[p] = 1
  return {
    step: 0,
    tokens,
    confidence: Float32Array.from(tokens, (t) => (t === maskId ? 0 : 1)),
    committedAt: Uint16Array.from(tokens, (t) => (t === maskId ? undecidedStep : givenStep)),
    candidates: new Int32Array(length).fill(-1),
    candidateConfidence: new Float32Array(length),
    pinned,
  }
}

/** Takes a frame from step k - 1 to k, REUSING its arrays; the cheap way to follow a live run. Throws BadTrajectory. */
export function advanceFrame(
  state: Frame,
  header: TrajectoryHeader,
  step: TrajectoryStep,
  events: readonly TrajectoryEvent[] = [],
): Frame {
  if (step.step !== state.step + 1) throw new BadTrajectory(`step ${step.step} follows step ${state.step}`)
  applyEvents(state, header, events)
  for (const p of step.remasked) {
    if (state.committedAt[p] === undecidedStep) throw new BadTrajectory(`step ${step.step} masks position ${p} twice`)
    maskAgain(state, header, p)
  }
  const { commits, candidates } = step
  commits.positions.forEach((p, i) => {
    if (state.committedAt[p] !== undecidedStep)
      throw new BadTrajectory(`step ${step.step} commits decided position ${p}`)
    decide(state, p, commits.tokens[i]!, commits.confidence[i]!, step.step)
  })
  candidates.positions.forEach((p, i) => {
    if (state.committedAt[p] !== undecidedStep)
      throw new BadTrajectory(`step ${step.step} drafts decided position ${p}`)
    state.candidates[p] = candidates.tokens[i]!
    state.candidateConfidence[p] = candidates.confidence[i]!
  })
  return { ...state, step: step.step }
}

/** Applies edits to a frame in place, in order: what the step after them starts from. */
export function applyEvents(state: Frame, header: TrajectoryHeader, events: readonly TrajectoryEvent[] = []): void {
  for (const event of events) {
    if (event.kind === 'replace') decide(state, event.position, event.token, 1, givenStep)
    else if (event.kind === 'remask') maskAgain(state, header, event.position)
    else state.pinned[event.position] = event.kind === 'pin' ? 1 : 0
  }
}

function decide(state: Frame, p: number, token: number, confidence: number, step: number): void {
  state.tokens[p] = token
  state.confidence[p] = confidence
  state.committedAt[p] = step
  state.candidates[p] = -1
  state.candidateConfidence[p] = 0
}

const maskAgain = (state: Frame, header: TrajectoryHeader, p: number): void =>
  decide(state, p, header.maskId, 0, undecidedStep)

/** A whole record in canonical form, replayed once to prove that it is consistent. Throws BadTrajectory. */
export function canonicalTrajectory(trajectory: Trajectory): Trajectory {
  const parsed = trajectoryHeaderSchema.safeParse(trajectory.header)
  if (!parsed.success) throw new BadTrajectory(firstIssue(parsed.error))
  const header = parsed.data
  const steps = trajectory.steps.map((step) => canonicalStep(header, step))
  const events = trajectory.events.map((event) => checkedEvent(header, event)).sort((a, b) => a.step - b.step)
  let state = initialFrame(header)
  const byStep = eventsByStep(events)
  steps.forEach((step, i) => {
    if (step.step !== i + 1) throw new BadTrajectory(`step ${i + 1} is numbered ${step.step}`)
    state = advanceFrame(state, header, step, byStep.get(step.step))
  })
  const last = events.at(-1)
  if (last && last.step > steps.length + 1) throw new BadTrajectory(`an edit stands at step ${last.step}, past the end`)
  return { header, steps, events }
}
