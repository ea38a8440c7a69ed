/**
 * The two variable sections of a compacted trajectory: per step its forwards and candidates, in columns over all steps
 * so that they deflate; and the history, rows of what the commit planes cannot hold (edits, re-masks, commits that a
 * later commit of the same position replaced). Also one step as a record of the running log.
 */
import type { ByteReader } from './trajectory-bytes.ts'
import { ByteWriter } from './trajectory-bytes.ts'
import {
  BadTrajectory,
  confidenceLevel,
  eventsByStep,
  levelConfidence,
  type TokenPicks,
  type TrajectoryEvent,
  type TrajectoryStep,
} from './trajectory.ts'

interface GrowingPicks {
  positions: number[]
  tokens: number[]
  confidence: number[]
}

/** A step while its parts are being collected. */
export interface StepShell extends TrajectoryStep {
  readonly commits: GrowingPicks
  readonly remasked: number[]
}

const kinds = { commit: 0, remasked: 1, replace: 16, remask: 17, pin: 18, unpin: 19 } as const

/** Columns: forwards, counts, position gaps, tokens (0 = the draft this position had before, else token + 1), levels. */
export function writeSteps(steps: readonly TrajectoryStep[], length: number, tokenWidth: number): Uint8Array {
  const out = new ByteWriter()
  const tokens: number[] = []
  const confidences: number[] = []
  const drafts = new Int32Array(length).fill(-1)
  for (const step of steps) out.varint(step.forwards)
  for (const step of steps) out.varint(step.candidates.positions.length)
  for (const { candidates } of steps) {
    writeGaps(out, candidates.positions)
    candidates.positions.forEach((p, i) => {
      const token = candidates.tokens[i]!
      tokens.push(drafts[p] === token ? 0 : token + 1)
      drafts[p] = token
      confidences.push(confidenceLevel(candidates.confidence[i]!))
    })
  }
  out.planes(tokens, tokenWidth)
  out.planes(confidences, 1)
  return out.finish()
}

export function readSteps(reader: ByteReader, count: number, length: number, tokenWidth: number): StepShell[] {
  if (count * 2 > reader.remaining) throw new BadTrajectory('it claims too many steps')
  const forwards = Array.from({ length: count }, () => reader.varint())
  const counts = Array.from({ length: count }, () => reader.varint())
  const positions = counts.map((n) => readGaps(reader, n, length))
  const total = counts.reduce((sum, n) => sum + n, 0)
  const stored = reader.planes(total, tokenWidth)
  const levels = reader.take(total)
  reader.end()
  const drafts = new Int32Array(length).fill(-1)
  let at = 0
  return positions.map((row, k) => {
    const candidates: GrowingPicks = { positions: row, tokens: [], confidence: [] }
    for (const p of row) {
      if (stored[at]! > 0) drafts[p] = stored[at]! - 1
      if (drafts[p]! < 0) throw new BadTrajectory(`position ${p} repeats a draft it never had`)
      candidates.tokens.push(drafts[p]!)
      candidates.confidence.push(levelConfidence(levels[at]!))
      at++
    }
    const commits: GrowingPicks = { positions: [], tokens: [], confidence: [] }
    return { step: k + 1, commits, remasked: [], candidates, forwards: forwards[k]! }
  })
}

/** `lastStep[p]` is the step of the commit that the planes hold; earlier ones of the position become rows. */
export function writeHistory(
  steps: readonly TrajectoryStep[],
  events: readonly TrajectoryEvent[],
  lastStep: ArrayLike<number>,
): Uint8Array {
  const rows = new ByteWriter()
  const byStep = eventsByStep(events)
  let count = 0
  let before = 0
  const row = (kind: number, step: number, position: number): void => {
    rows.uint(kind, 1)
    rows.varint(step - before)
    rows.varint(position)
    before = step
    count++
  }
  for (let step = 1; step <= steps.length + 1; step++) {
    for (const event of byStep.get(step) ?? []) {
      row(kinds[event.kind], step, event.position)
      if (event.kind === 'replace') rows.varint(event.token)
    }
    for (const p of steps[step - 1]?.remasked ?? []) row(kinds.remasked, step, p)
    const commits = steps[step - 1]?.commits
    commits?.positions.forEach((p, i) => {
      if (lastStep[p] === step) return
      row(kinds.commit, step, p)
      rows.varint(commits.tokens[i]!)
      rows.uint(confidenceLevel(commits.confidence[i]!), 1)
    })
  }
  const out = new ByteWriter()
  out.varint(count)
  out.append(rows.finish())
  return out.finish()
}

/** Adds re-masks and replaced commits to the shells, and returns the edits. */
export function readHistory(reader: ByteReader, shells: readonly StepShell[], length: number): TrajectoryEvent[] {
  const events: TrajectoryEvent[] = []
  let step = 0
  for (let left = reader.varint(); left > 0; left--) {
    const kind = reader.uint(1)
    step += reader.varint()
    const position = reader.varint()
    const shell = shells[step - 1]
    if (step < 1 || step > shells.length + 1 || position >= length)
      throw new BadTrajectory('an edit lies outside the run')
    if (kind === kinds.replace) events.push({ kind: 'replace', step, position, token: reader.varint() })
    else if (kind === kinds.remask) events.push({ kind: 'remask', step, position })
    else if (kind === kinds.pin) events.push({ kind: 'pin', step, position })
    else if (kind === kinds.unpin) events.push({ kind: 'unpin', step, position })
    else if (kind === kinds.remasked && shell) shell.remasked.push(position)
    else if (kind === kinds.commit && shell) {
      shell.commits.positions.push(position)
      shell.commits.tokens.push(reader.varint())
      shell.commits.confidence.push(levelConfidence(reader.uint(1)))
    } else throw new BadTrajectory(`it holds a row of unknown kind ${kind}`)
  }
  reader.end()
  return events
}

/** One step in canonical form as the body of a log record. */
export function writeStepRecord(step: TrajectoryStep): Uint8Array {
  const out = new ByteWriter()
  out.varint(step.step)
  out.varint(step.forwards)
  out.varint(step.remasked.length)
  writeGaps(out, step.remasked)
  for (const picks of [step.commits, step.candidates]) {
    out.varint(picks.positions.length)
    writeGaps(out, picks.positions)
    for (const token of picks.tokens) out.varint(token)
    for (const confidence of picks.confidence) out.uint(confidenceLevel(confidence), 1)
  }
  return out.finish()
}

export function readStepRecord(reader: ByteReader, length: number): TrajectoryStep {
  const step = reader.varint()
  const forwards = reader.varint()
  const remasked = readGaps(reader, reader.varint(), length)
  const commits = readPicks(reader, length)
  const candidates = readPicks(reader, length)
  reader.end()
  return { step, commits, remasked, candidates, forwards }
}

function readPicks(reader: ByteReader, length: number): TokenPicks {
  const count = reader.varint()
  const positions = readGaps(reader, count, length)
  const tokens = positions.map(() => reader.varint())
  return { positions, tokens, confidence: Array.from(reader.take(count), levelConfidence) }
}

/** Ascending positions as distances: the first from -1, so that every distance is at least 1. */
function writeGaps(out: ByteWriter, positions: readonly number[]): void {
  let before = -1
  for (const p of positions) {
    out.varint(p - before)
    before = p
  }
}

function readGaps(reader: ByteReader, count: number, length: number): number[] {
  if (count > reader.remaining) throw new BadTrajectory('it ends too early')
  const positions: number[] = []
  let before = -1
  for (let i = 0; i < count; i++) {
    const gap = reader.varint()
    before += gap
    if (gap === 0 || before >= length) throw new BadTrajectory('a position lies outside the sequence')
    positions.push(before)
  }
  return positions
}
