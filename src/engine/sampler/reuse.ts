/**
 * Which rows an accelerated run knows from an earlier forward, and when it computes everything again. Conditional and
 * guided steps differ in their number of sequences, and each number has its own cache and count. All of it follows from
 * the record: a run that goes on from a step finds the same caches, computed from the sequence as it stood then.
 */
import { applyEvents, frame } from '../../shared/trajectory-frame.ts'
import { eventsByStep, type Trajectory, type TrajectoryHeader } from '../../shared/trajectory.ts'
import type { Reuse } from './predictor.ts'

/** What is kept for steps of one number of sequences; the object itself is the cache's key. */
interface Kept {
  /** The conditional sequence as it was last computed whole. */
  readonly tokens: Int32Array
  /** Forwards since, that one included. */
  age: number
  reuse?: Reuse
}

/** By number of sequences. */
export type Caches = Map<number, Kept>

/** Sequences of a forward, made from the conditional one. */
type Passes = (tokens: Int32Array) => readonly Int32Array[]

/** The caches of a run after its known steps. An edit ends them all: it may touch rows that were kept. */
export function cachesOf(known: Trajectory): Caches {
  const refresh = known.header.acceleration?.refresh ?? 1
  const caches: Caches = new Map()
  if (refresh === 1) return caches
  const edits = eventsByStep(known.events)
  const begun = new Map<number, { step: number; age: number }>()
  for (const { step, forwards } of known.steps) {
    if (edits.has(step)) begun.clear()
    if (forwards === 0) continue
    const last = begun.get(forwards)
    if (last && last.age < refresh) last.age++
    else begun.set(forwards, { step, age: 1 })
  }
  if (edits.has(known.steps.length + 1)) begun.clear()
  for (const [passes, { step, age }] of begun) {
    const state = frame(known, step - 1)
    applyEvents(state, known.header, edits.get(step))
    caches.set(passes, { tokens: state.tokens, age })
  }
  return caches
}

/** What the next forward may reuse; nothing where the run computes everything. Counts the forward. */
export function nextReuse(
  caches: Caches,
  header: TrajectoryHeader,
  sequences: readonly Int32Array[],
  passes: Passes,
): Reuse | undefined {
  const { acceleration } = header
  if (!acceleration || acceleration.refresh === 1) return undefined
  let kept = caches.get(sequences.length)
  if (!kept || kept.age >= acceleration.refresh) {
    kept = { tokens: sequences[0]!.slice(), age: 0 }
    caches.set(sequences.length, kept)
  }
  kept.age++
  kept.reuse ??= {
    key: kept,
    sequences: kept.age === 1 ? sequences.map((each) => each.slice()) : passes(kept.tokens),
    keep: keptRows(header, kept.tokens),
  }
  return kept.reuse
}

/** The input part, and where the run keeps it, whatever of the output part was not masked. */
function keptRows(header: TrajectoryHeader, tokens: Int32Array): number[] {
  const outputs = header.fields.filter(({ name }) => name === 'outputImage' || name === 'outputText')
  const from = Math.min(...outputs.map(({ start }) => start))
  const decided = header.acceleration?.keep === 'decided'
  return [...tokens.keys()].filter((p) => p < from || (decided && tokens[p] !== header.maskId))
}
