/** Two runs beside each other: which step of one belongs to a step of the other, and where they differ. Pure. */
import type { ArgsOf } from '../../../shared/ipc.ts'
import type { Run } from '../../../shared/studio.ts'
import type { Frame } from '../../../shared/trajectory-frame.ts'
import { undecidedStep, type DecodingMode, type TrajectoryHeader } from '../../../shared/trajectory.ts'
import { fieldOf } from '../../state/trajectories-log.ts'
import type { Lexicon } from '../../state/trajectories-vocabulary.ts'

/** In step by number, or at the same share of the way. */
export type Link = 'step' | 'share'

export interface Length {
  readonly recorded: number
  readonly planned: number
}

/** The step of the other run shown beside a step of the first. */
export function linkedStep(step: number, link: Link, first: Length, other: Length): number {
  const wanted = link === 'step' ? step : Math.round((step / Math.max(1, first.planned)) * other.planned)
  return Math.max(0, Math.min(other.recorded, wanted))
}

export interface Moment {
  readonly header: TrajectoryHeader
  readonly frame: Frame
  readonly lexicon: Lexicon
}
export interface Part {
  /** Shown in both, and not the same. */
  readonly differing: ReadonlySet<number>
  /** Shown in one and masked in the other. */
  readonly open: number
  readonly total: number
}
export interface Differences {
  /** null where one of the two has none, or they cannot be told apart cell by cell. */
  readonly words: Part | null
  readonly cells: Part | null
}

/** What is shown at a position: the token decided or drafted there, or -1. */
const shownAt = (frame: Frame, p: number): number =>
  frame.committedAt[p] === undecidedStep ? frame.candidates[p]! : frame.tokens[p]!

export function differences(a: Moment, b: Moment): Differences {
  const sameModel = a.header.model.hash === b.header.model.hash
  const compare = (name: 'outputText' | 'outputImage', same: (x: number, y: number) => boolean): Part | null => {
    const one = fieldOf(a.header, name)
    const two = fieldOf(b.header, name)
    if (!one || !two) return null
    const differing = new Set<number>()
    let open = 0
    const total = Math.max(one.length, two.length)
    for (let i = 0; i < total; i++) {
      const x = i < one.length ? shownAt(a.frame, one.start + i) : -1
      const y = i < two.length ? shownAt(b.frame, two.start + i) : -1
      if (x < 0 !== y < 0) open++
      else if (x >= 0 && !same(x, y)) differing.add(i)
    }
    return { differing, open, total }
  }
  const sameWord = (x: number, y: number): boolean =>
    sameModel ? x === y : a.lexicon.label(x).trim() === b.lexicon.label(y).trim()
  // Codes of two image tokenizers have nothing to do with each other.
  const cells = sameModel && a.header.image.grid === b.header.image.grid
  return {
    words: compare('outputText', sameWord),
    cells: cells ? compare('outputImage', (x, y) => x === y) : null,
  }
}

/** "12 of 64 cells differ, 5 open in one of them". */
export function differenceLine(part: Part | null, many: 'words' | 'cells'): string {
  if (!part)
    return many === 'words' ? 'One of them has no reasoning' : 'Cells of different image tokenizers cannot be compared'
  const open = part.open > 0 ? `, ${part.open} open in one of them` : ''
  return `${part.differing.size} of ${part.total} ${many} differ${open}`
}

/** The same run in another decoding mode: same model, seed, input, mask and pins, so that nothing else tells them apart. */
export function sameButMode(run: Run, header: TrajectoryHeader, mode: DecodingMode): ArgsOf<'runs.start'> {
  const outputs = header.fields.filter((field) => field.name === 'outputText' || field.name === 'outputImage')
  const pins = header.pinned.flatMap((p) =>
    outputs.flatMap((field) => {
      const inside = p >= field.start && p < field.start + field.length
      const wanted = mode !== 'image-only' || field.name === 'outputImage'
      if (!inside || !wanted || (field.name !== 'outputText' && field.name !== 'outputImage')) return []
      return [{ place: { field: field.name, index: p - field.start }, token: `#${header.tokens[p]!}` }]
    }),
  )
  return {
    project: run.project,
    document: run.document,
    settings: { ...run.settings, mode, seed: run.seed },
    input: run.input?.blob ?? null,
    mask: run.mask?.blob ?? null,
    box: run.box,
    pins,
    count: 1,
    lane: 'interactive',
  }
}

/** Runs worth comparing with, best first: of the same seed and instruction, then of its tree, then the rest. */
export function comparable(run: Run, others: readonly Run[]): readonly Run[] {
  const rank = (other: Run): number => {
    const sameTask = other.settings.instruction === run.settings.instruction
    if (sameTask && other.seed === run.seed) return 0
    if (other.parent?.run === run.id || run.parent?.run === other.id) return 1
    return sameTask ? 2 : 3
  }
  return others
    .filter(
      (other) => other.id !== run.id && (other.hasTrajectory || other.state === 'running' || other.state === 'queued'),
    )
    .sort((a, b) => rank(a) - rank(b) || b.createdAt - a.createdAt)
}
