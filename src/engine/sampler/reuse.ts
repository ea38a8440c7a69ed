/**
 * Which rows an accelerated run knows from an earlier forward, and when it computes everything again. Conditional and
 * guided steps differ in their number of sequences, and each number has its own cache and count; where rows that wait are
 * kept, so have steps that ask for words, for cells, or for both, unless what is kept is settled at each forward. All of it follows from the record: a run that goes on
 * from a step finds the same caches, computed from the sequence as it stood then.
 */
import { applyEvents, frame } from '../../shared/trajectory-frame.ts'
import {
  eventsByStep,
  type Modality,
  type Trajectory,
  type TrajectoryHeader,
  type TrajectoryStep,
} from '../../shared/trajectory.ts'
import type { PredictRequest, Reuse } from './predictor.ts'

const MODALITIES = ['text', 'image'] as const satisfies readonly Modality[]

/** What is kept for steps of one kind; the object itself is the cache's key. */
interface Kept {
  /** The conditional sequence as it was last computed whole. */
  readonly tokens: Int32Array
  /** Forwards since, that one included. */
  age: number
  /** The same for all its forwards, where these keep the same rows. */
  reuse?: Reuse
}

/** By kind of step. */
export type Caches = Map<string, Kept>

/** Steps of one kind share a cache. */
const kindOf = ({ acceleration }: TrajectoryHeader, sequences: number, asked: readonly Modality[]): string =>
  acceleration?.keep === 'waiting' && !acceleration.soon ? `${sequences} ${asked.join('+')}` : String(sequences)

const fieldOf = (header: TrajectoryHeader, modality: Modality): { start: number; length: number } | undefined =>
  header.fields.find(({ name }) => name === (modality === 'text' ? 'outputText' : 'outputImage'))

/** What a recorded step asked for: everything asked is either decided or a draft. */
function askedBy(header: TrajectoryHeader, { commits, candidates }: TrajectoryStep): Modality[] {
  return MODALITIES.filter((modality) => {
    const field = fieldOf(header, modality)
    const within = (p: number): boolean => field !== undefined && p >= field.start && p < field.start + field.length
    return commits.positions.some(within) || candidates.positions.some(within)
  })
}

/** Sequences of a forward, made from the conditional one. */
type Passes = (tokens: Int32Array) => readonly Int32Array[]

/** The caches of a run after its known steps. An edit ends them all: it may touch rows that were kept. */
export function cachesOf(known: Trajectory): Caches {
  const refresh = known.header.acceleration?.refresh ?? 1
  const caches: Caches = new Map()
  if (refresh === 1) return caches
  const edits = eventsByStep(known.events)
  const begun = new Map<string, { step: number; age: number }>()
  for (const each of known.steps) {
    if (edits.has(each.step)) begun.clear()
    if (each.forwards === 0) continue
    const kind = kindOf(known.header, each.forwards, askedBy(known.header, each))
    const last = begun.get(kind)
    if (last && last.age < refresh) last.age++
    else begun.set(kind, { step: each.step, age: 1 })
  }
  if (edits.has(known.steps.length + 1)) begun.clear()
  for (const [kind, { step, age }] of begun) {
    const state = frame(known, step - 1)
    applyEvents(state, known.header, edits.get(step))
    caches.set(kind, { tokens: state.tokens, age })
  }
  return caches
}

/** Whether the next forward of so many sequences computes everything, where all of them have one cache. */
export function refreshes(caches: Caches, header: TrajectoryHeader, sequences: number): boolean {
  const kept = caches.get(String(sequences))
  return !kept || kept.age >= (header.acceleration?.refresh ?? 1)
}

/** What the next forward may reuse; nothing where the run computes everything. Counts the forward. */
export function nextReuse(
  caches: Caches,
  header: TrajectoryHeader,
  { sequences, asks }: PredictRequest,
  passes: Passes,
): Reuse | undefined {
  const { acceleration } = header
  if (!acceleration || acceleration.refresh === 1) return undefined
  const asked = MODALITIES.filter((m) => asks[m])
  const kind = kindOf(header, sequences.length, asked)
  let kept = caches.get(kind)
  if (!kept || kept.age >= acceleration.refresh) {
    kept = { tokens: sequences[0]!.slice(), age: 0 }
    caches.set(kind, kept)
  }
  kept.age++
  kept.reuse ??= {
    key: kept,
    sequences: kept.age === 1 ? sequences.map((each) => each.slice()) : passes(kept.tokens),
    keep: keptRows(header, kept.tokens, asked),
  }
  if (!acceleration.soon) return kept.reuse
  return { ...kept.reuse, keep: restingRows(header, kept.tokens, { sequences, asks }), varies: true }
}

const outputsOf = (header: TrajectoryHeader): { modality: Modality; start: number; length: number }[] =>
  MODALITIES.flatMap((modality) => {
    const field = fieldOf(header, modality)
    return field ? [{ ...field, modality }] : []
  })

/**
 * The input part; where the run keeps it, whatever of the output part was not masked; and where it keeps what waits, all of
 * a modality that this kind of step does not ask for.
 */
function keptRows(header: TrajectoryHeader, tokens: Int32Array, asked: readonly Modality[]): number[] {
  const outputs = outputsOf(header)
  const from = Math.min(...outputs.map(({ start }) => start))
  const keep = header.acceleration?.keep
  const waiting = keep === 'waiting' ? outputs.filter(({ modality }) => !asked.includes(modality)) : []
  return [...tokens.keys()].filter(
    (p) =>
      p < from ||
      (keep !== 'input' && tokens[p] !== header.maskId) ||
      waiting.some(({ start, length }) => p >= start && p < start + length),
  )
}

/** The same where a forward asks about some of what is undecided: the rest of that is kept, what was decided since is not. */
function restingRows(
  header: TrajectoryHeader,
  tokens: Int32Array,
  { sequences, asks }: Pick<PredictRequest, 'sequences' | 'asks'>,
): number[] {
  const now = sequences[0]!
  const from = Math.min(...outputsOf(header).map(({ start }) => start))
  const keep = header.acceleration?.keep
  const asked = new Set(MODALITIES.flatMap((m) => asks[m]?.positions ?? []))
  return [...tokens.keys()].filter(
    (p) => p < from || (now[p] === header.maskId ? !asked.has(p) : keep !== 'input' && tokens[p] !== header.maskId),
  )
}
