/**
 * Changes a person prepares at a step before the run goes on from there: words pinned, replaced or masked again, image
 * cells masked again. Pure, with an undo of its own; what sends them stands in playback-edits.ts.
 */
import type { Place } from '../../shared/jobs.ts'
import type { Frame } from '../../shared/trajectory-frame.ts'
import { undecidedStep, type TrajectoryHeader } from '../../shared/trajectory.ts'
import { fieldOf } from './trajectories-log.ts'

export type WordEdit =
  /** Holds the word that stands or is drafted there. */
  | { readonly kind: 'pin'; readonly index: number; readonly token: number; readonly label: string }
  | {
      readonly kind: 'replace'
      readonly index: number
      readonly token: number
      readonly label: string
      readonly was: string
    }
  | { readonly kind: 'remask'; readonly index: number; readonly label: string }

export interface PendingEdits {
  /** By position, ascending; at most one a position. */
  readonly words: readonly WordEdit[]
  readonly cells: ReadonlySet<number>
}
export interface EditHistory {
  readonly now: PendingEdits
  readonly past: readonly PendingEdits[]
  readonly future: readonly PendingEdits[]
}

export type EditAction =
  | { readonly type: 'words'; readonly edits: readonly WordEdit[] }
  | { readonly type: 'dropWord'; readonly index: number }
  | { readonly type: 'cells'; readonly cells: ReadonlySet<number> }
  | { readonly type: 'clear' }
  | { readonly type: 'undo' }
  | { readonly type: 'redo' }

export const noEdits: PendingEdits = { words: [], cells: new Set() }
export const noHistory: EditHistory = { now: noEdits, past: [], future: [] }
/** Undo goes back at least this far. */
const DEPTH = 400

export const isEmpty = ({ words, cells }: PendingEdits): boolean => words.length === 0 && cells.size === 0

export function editReducer(history: EditHistory, action: EditAction): EditHistory {
  const { now, past, future } = history
  const change = (next: PendingEdits): EditHistory => ({ now: next, past: [...past, now].slice(-DEPTH), future: [] })
  switch (action.type) {
    case 'words': {
      if (action.edits.length === 0) return history
      const changed = new Map(now.words.map((edit) => [edit.index, edit]))
      for (const edit of action.edits) changed.set(edit.index, edit)
      return change({ ...now, words: [...changed.values()].sort((a, b) => a.index - b.index) })
    }
    case 'dropWord': {
      const words = now.words.filter((edit) => edit.index !== action.index)
      return words.length === now.words.length ? history : change({ ...now, words })
    }
    case 'cells':
      if (action.cells.size === now.cells.size && [...action.cells].every((cell) => now.cells.has(cell))) return history
      return change({ ...now, cells: new Set([...action.cells].sort((a, b) => a - b)) })
    case 'clear':
      return isEmpty(now) ? history : change(noEdits)
    case 'undo': {
      const last = past.at(-1)
      return last ? { now: last, past: past.slice(0, -1), future: [now, ...future] } : history
    }
    case 'redo': {
      const next = future[0]
      return next ? { now: next, past: [...past, now], future: future.slice(1) } : history
    }
  }
}

export interface EditsOfRun {
  readonly replace: readonly { readonly place: Place; readonly token: string }[]
  readonly remask: readonly Place[]
}

/** What the service is asked to change at a frame. Masking again what is still masked there changes nothing and is left out. */
export function toEditsOfRun(header: TrajectoryHeader, frame: Frame, { words, cells }: PendingEdits): EditsOfRun {
  const text = fieldOf(header, 'outputText')
  const image = fieldOf(header, 'outputImage')
  const decided = (start: number | undefined, index: number): boolean =>
    start !== undefined && frame.committedAt[start + index] !== undecidedStep
  return {
    replace: words.flatMap((edit) =>
      edit.kind === 'remask' ? [] : [{ place: { field: 'outputText', index: edit.index }, token: `#${edit.token}` }],
    ),
    remask: [
      ...words.flatMap((edit): Place[] =>
        edit.kind === 'remask' && decided(text?.start, edit.index) ? [{ field: 'outputText', index: edit.index }] : [],
      ),
      ...[...cells].flatMap((index): Place[] =>
        decided(image?.start, index) ? [{ field: 'outputImage', index }] : [],
      ),
    ],
  }
}

/** Cells that may be masked again: those the run was free to draw. */
export function brushable(header: TrajectoryHeader, cells: Iterable<number>): Set<number> {
  const count = fieldOf(header, 'outputImage')?.length ?? 0
  const free = header.region ? new Set(header.region) : null
  return new Set([...cells].filter((cell) => cell >= 0 && cell < count && (free === null || free.has(cell))))
}

/** The last step a run can go on from: after its last planned step nothing is left to decide. */
export const lastBranchStep = (header: TrajectoryHeader, recorded: number): number =>
  Math.max(0, Math.min(recorded, header.steps - 1))
