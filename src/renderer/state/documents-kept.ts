/**
 * Changes the service has not taken: kept in the storage of this window, and put back onto the stored document. Where
 * somebody else went on from there, they are put on top of that; what does not fit is named, never dropped unseen.
 */
import { z } from 'zod'
import { documentCommandSchema, type DocumentCommand } from '../../shared/document.ts'
import { describeCommand, namedCommandSchema } from '../../shared/document-words.ts'
import { append, nextWrite, seek, type DocumentLog } from './documents-log.ts'

/** Commands from number `at` on and the cursor, as `revision` of the document was known. All numbers from its beginning. */
const keptSchema = z.object({
  at: z.int().nonnegative(),
  cursor: z.int().nonnegative(),
  /** Read one by one: one that cannot be stored costs itself alone. */
  commands: z.array(z.unknown()),
  /** Absent where an older studio kept it. */
  revision: z.int().nonnegative().nullable().default(null),
})
export type Kept = Omit<z.infer<typeof keptSchema>, 'commands'> & { readonly commands: readonly DocumentCommand[] }

/** What of a log is not stored yet; null where everything is. */
export function unsavedOf(log: DocumentLog): Kept | null {
  if (!nextWrite(log)) return null
  const { same, revision } = log.saved
  return { at: same, cursor: log.first + log.cursor, commands: log.commands.slice(same - log.first), revision }
}

export interface TakenUp {
  readonly log: DocumentLog
  /** Changes that now stand on top of what somebody else did. */
  readonly onTop: number
  /** What did not fit there, in words. */
  readonly left: readonly string[]
}

/** The document as it is stored, with what was kept. */
export function takeUp(opened: DocumentLog, kept: Kept): TakenUp {
  const from = kept.at - opened.first
  const known = from < 0 ? 0 : sameAtFront(opened.commands.slice(from), kept.commands)
  const rest = kept.commands.slice(known)
  const whole = opened.cursor === opened.commands.length && from + known === opened.cursor
  // Nobody else wrote, or all that was written is in what was kept.
  if (from >= 0 && from <= opened.commands.length && (whole || kept.revision === opened.saved.revision)) {
    let log = rest.length === 0 ? opened : seek(opened, from + known - opened.cursor)
    let { cursor } = kept
    const left: string[] = []
    rest.forEach((command, i) => {
      try {
        log = append(log, command, { now: 0 })
      } catch {
        if (kept.at + known + i >= kept.cursor) return
        cursor--
        left.push(describeCommand(command))
      }
    })
    return { log: seek(log, cursor - log.first - log.cursor), onTop: 0, left }
  }
  let log = opened
  let onTop = 0
  const left: string[] = []
  for (const command of rest.slice(0, Math.max(0, kept.cursor - kept.at - known))) {
    try {
      log = append(log, command, { now: 0 })
      onTop++
    } catch {
      left.push(describeCommand(command))
    }
  }
  return { log, onTop, left }
}

function sameAtFront(a: readonly DocumentCommand[], b: readonly DocumentCommand[]): number {
  let count = 0
  while (count < a.length && count < b.length && JSON.stringify(a[count]) === JSON.stringify(b[count])) count++
  return count
}

const prefixOf = (document: string): string => `tandem.unsaved.${document}`

/** Keeps what is not stored where a later window finds it. Each window has an entry of its own. */
export function keep(document: string, window: string, kept: Kept | null): void {
  const key = `${prefixOf(document)}.${window}`
  try {
    if (kept) localStorage.setItem(key, JSON.stringify(kept))
    else localStorage.removeItem(key)
  } catch {
    // Too much for the storage: the service is still asked again and again.
  }
}

export interface KeptBefore {
  /** How to forget it once it is stored. */
  readonly key: string
  readonly kept: Kept
  /** Changes that cannot be read any more, in words. */
  readonly unread: readonly string[]
}

/** What earlier windows kept of a document. */
export function keptBefore(document: string): KeptBefore[] {
  try {
    const keys = Object.keys(localStorage).filter((key) => `${key}.`.startsWith(`${prefixOf(document)}.`))
    return keys.flatMap((key) => {
      const read = readKept(localStorage.getItem(key) ?? '')
      return read ? [{ key, ...read }] : []
    })
  } catch {
    return []
  }
}

/** What was kept, without the changes that cannot be stored; null where it is nothing of ours. */
export function readKept(text: string): Omit<KeptBefore, 'key'> | null {
  const parsed = keptSchema.safeParse(asJson(text))
  if (!parsed.success) return null
  const commands: DocumentCommand[] = []
  const unread: string[] = []
  let { cursor } = parsed.data
  parsed.data.commands.forEach((raw, i) => {
    const command = documentCommandSchema.safeParse(raw)
    if (command.success) return void commands.push(command.data)
    // What was undone already is missed by nobody.
    if (parsed.data.at + i >= parsed.data.cursor) return
    cursor--
    const named = namedCommandSchema.safeParse(raw)
    unread.push(named.success ? describeCommand(named.data) : 'A change of a newer studio')
  })
  return { kept: { ...parsed.data, commands, cursor }, unread }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

export function forget(keys: readonly string[]): void {
  try {
    for (const key of keys) localStorage.removeItem(key)
  } catch {
    // Nothing was kept either.
  }
}
