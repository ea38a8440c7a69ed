/**
 * A document's commands in memory and what of them the service is known to have. Pure: a change gives a new log, and
 * `nextWrite` says what to send so that the stored log becomes the one in memory, whatever happened in between.
 */
import {
  applyCommand,
  UNDO_DEPTH,
  type Document,
  type DocumentCommand,
  type StoredDocument,
} from '../../shared/document.ts'
import { applyNew } from '../../shared/document-limits.ts'

export interface DocumentLog {
  /** Number of the first command kept, since the document was made; `states[0]` is the document before it. */
  readonly first: number
  readonly commands: readonly DocumentCommand[]
  /** The document after 0, 1, 2 ... of the commands; they share what they have in common. */
  readonly states: readonly Document[]
  /** How many of `commands` are applied. */
  readonly cursor: number
  /** What a further command of the same kind may replace: one gesture is one step back. */
  readonly coalesce: { readonly key: string; readonly at: number } | null
  readonly saved: Saved
}

/** What the service has, all counted from the document's beginning. */
export interface Saved {
  /** Commands before this number are the same here and there. */
  readonly same: number
  /** Null while a write is on its way, and after one whose answer was lost: it may stand at the old place or at the new. */
  readonly cursor: number | null
  /** How often it was written there: a window that knows less than that is told. */
  readonly revision: number
}

export type Write =
  | { readonly kind: 'append'; readonly at: number; readonly commands: readonly DocumentCommand[] }
  | { readonly kind: 'seek'; readonly cursor: number }

/** Typing and dragging after a pause like this begin a step of their own. */
export const COALESCE_MS = 2000
/** Commands in one message. */
const MOST_AT_ONCE = 200

export function openLog({
  base,
  commands,
  cursor,
  first,
  revision,
}: StoredDocument & { revision: number }): DocumentLog {
  const states = [base]
  for (const command of commands) states.push(applyCommand(states.at(-1)!, command))
  const saved = { same: first + commands.length, cursor: first + cursor, revision }
  return { first, commands, states, cursor, coalesce: null, saved }
}

export const shown = (log: DocumentLog): Document => log.states[log.cursor]!
export const undoable = (log: DocumentLog): DocumentCommand | null => log.commands[log.cursor - 1] ?? null
export const redoable = (log: DocumentLog): DocumentCommand | null => log.commands[log.cursor] ?? null
const end = (log: DocumentLog): number => log.first + log.commands.length

/** Applies a command at the cursor; what was undone is dropped. Throws where the command does not fit. */
export function append(
  log: DocumentLog,
  command: DocumentCommand,
  options: { readonly coalesce?: string; readonly now: number },
): DocumentLog {
  const { coalesce, now } = options
  const replaces =
    coalesce !== undefined &&
    log.coalesce?.key === coalesce &&
    now - log.coalesce.at < COALESCE_MS &&
    log.cursor === log.commands.length &&
    log.cursor > 0
  const at = replaces ? log.cursor - 1 : log.cursor
  const next = applyNew(log.states[at]!, command)
  return fold({
    ...log,
    commands: [...log.commands.slice(0, at), command],
    states: [...log.states.slice(0, at + 1), next],
    cursor: at + 1,
    coalesce: coalesce === undefined ? null : { key: coalesce, at: now },
    saved: { ...log.saved, same: Math.min(log.saved.same, log.first + at) },
  })
}

/**
 * Applies a command that did not come from the person (a run ended) under what can still be redone. Where the undone
 * commands do not fit on top of it, they are dropped as with any other command.
 */
export function insert(log: DocumentLog, command: DocumentCommand, now: number): DocumentLog {
  if (log.cursor === log.commands.length) return append(log, command, { now })
  const states = [...log.states.slice(0, log.cursor + 1), applyNew(shown(log), command)]
  const later = log.commands.slice(log.cursor)
  try {
    for (const redo of later) states.push(applyCommand(states.at(-1)!, redo))
  } catch {
    return append(log, command, { now })
  }
  return {
    ...log,
    commands: [...log.commands.slice(0, log.cursor), command, ...later],
    states,
    cursor: log.cursor + 1,
    coalesce: null,
    saved: { ...log.saved, same: Math.min(log.saved.same, log.first + log.cursor) },
  }
}

/** The cursor moved by `by`, as far as it goes. */
export function seek(log: DocumentLog, by: number): DocumentLog {
  const cursor = Math.max(0, Math.min(log.commands.length, log.cursor + by))
  return cursor === log.cursor ? log : { ...log, cursor, coalesce: null }
}

/** Commands further back than can be undone leave the log, once they are stored. */
function fold(log: DocumentLog): DocumentLog {
  const excess = Math.min(log.commands.length - UNDO_DEPTH, log.saved.same - log.first)
  if (excess <= 0) return log
  return {
    ...log,
    first: log.first + excess,
    commands: log.commands.slice(excess),
    states: log.states.slice(excess),
    cursor: log.cursor - excess,
  }
}

/** What has to be stored next; null when the service has everything. */
export function nextWrite(log: DocumentLog): Write | null {
  const { same, cursor } = log.saved
  if (same < end(log)) {
    const from = same - log.first
    return { kind: 'append', at: same, commands: log.commands.slice(from, from + MOST_AT_ONCE) }
  }
  return cursor === log.first + log.cursor ? null : { kind: 'seek', cursor: log.first + log.cursor }
}

/** The log once a write is sent: until it is answered nobody knows where the stored cursor stands. */
export const sent = (log: DocumentLog): DocumentLog => ({ ...log, saved: { ...log.saved, cursor: null } })

/** The log once a write is stored; commands that changed while it was on its way stay to be written. */
export function written(log: DocumentLog, write: Write, revision: number): DocumentLog {
  if (write.kind === 'seek') return { ...log, saved: { ...log.saved, cursor: write.cursor, revision } }
  let count = 0
  while (count < write.commands.length && log.commands[write.at - log.first + count] === write.commands[count]) count++
  return { ...log, saved: { same: write.at + count, cursor: write.at + write.commands.length, revision } }
}
