/**
 * Documents as a base and a list of commands with a cursor. Appending drops what was undone; what lies further back than
 * can be undone is folded into the base, so a document stays small however long it is worked on.
 */
import type { z } from 'zod'
import {
  applyCommand,
  documentCommandSchema,
  documentSchema,
  UNDO_DEPTH,
  type Document,
  type DocumentCommand,
  type DocumentWriter,
  type StoredDocument,
} from '../../shared/document.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Database } from './database.ts'

interface Row {
  id: string
  project: string
  base: string
  first: number
  cursor: number
  revision: number
  writer: string
}

export interface DocumentStore {
  create(id: string, project: string, base: Document): void
  /** Puts a whole document in, as another studio wrote it. */
  put(project: string, stored: StoredDocument): void
  open(id: string): StoredDocument
  /** All that is stored of it, whether or not it can be read: what it names is in use. */
  text(id: string): string
  projectOf(id: string): string
  /** How often it was written. */
  revision(id: string): number
  /**
   * Commands from number `at` on; whatever stood there and after is dropped. Returns the new revision. Throws a conflict
   * where somebody else wrote since the revision that `by` knows.
   */
  append(id: string, at: number, commands: readonly DocumentCommand[], by: DocumentWriter): number
  seek(id: string, cursor: number, by: DocumentWriter): number
  ofProject(project: string): string[]
}

/** Folding waits until this many more than needed are there: it happens now and then, not at every command. */
const SLACK = 100

const overtaken = (): TandemError =>
  new TandemError('This document was changed in another window.', 'Load the newer state.', 'conflict')

/** What stands in a row, as what it has to be. */
function readable<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new TandemError(
    `Its document cannot be read (${issue?.path.join('.') || 'all of it'}: ${issue?.message ?? '?'}).`,
    'Update the studio if a newer one wrote it; else please report it. Nothing of it was changed.',
    'internal',
    { cause: parsed.error },
  )
}

export function createDocumentStore(db: Database): DocumentStore {
  const one = db.prepare<[string], Row>('SELECT * FROM documents WHERE id = ?')
  const ofProject = db.prepare<[string], { id: string }>('SELECT id FROM documents WHERE project = ? ORDER BY id')
  const insert = db.prepare('INSERT INTO documents (id, project, base, first, cursor) VALUES (?, ?, ?, ?, ?)')
  const update = db.prepare('UPDATE documents SET base = ?, first = ?, cursor = ? WHERE id = ?')
  const seek = db.prepare('UPDATE documents SET cursor = ? WHERE id = ?')
  const claim = db.prepare('UPDATE documents SET revision = ?, writer = ? WHERE id = ?')
  const commandsOf = db.prepare<[string], { number: number; command: string }>(
    'SELECT number, command FROM commands WHERE document = ? ORDER BY number',
  )
  const drop = db.prepare('DELETE FROM commands WHERE document = ? AND number >= ?')
  const dropBefore = db.prepare('DELETE FROM commands WHERE document = ? AND number < ?')
  const put = db.prepare('INSERT INTO commands (document, number, command) VALUES (?, ?, ?)')
  const last = db.prepare<[string], { next: number | null }>(
    'SELECT max(number) + 1 AS next FROM commands WHERE document = ?',
  )

  function row(id: string): Row {
    const found = one.get(id)
    if (!found) throw new TandemError('That document is not there any more.', 'Open another project.')
    return found
  }
  const endOf = (found: Row): number => last.get(found.id)?.next ?? found.first

  /** The new revision, where `by` may write. */
  function claimed(found: Row, by: DocumentWriter): number {
    if (by.revision !== found.revision && by.writer !== found.writer) throw overtaken()
    claim.run(found.revision + 1, by.writer, found.id)
    return found.revision + 1
  }

  function open(id: string): StoredDocument {
    const { base, first, cursor } = row(id)
    const commands = commandsOf.all(id).map(({ command }) => readable(documentCommandSchema, command))
    return { id, base: readable(documentSchema, base), commands, cursor: cursor - first, first }
  }

  function fold(id: string): void {
    const { first } = row(id)
    const { base, commands, cursor } = open(id)
    const excess = Math.min(commands.length - UNDO_DEPTH, cursor)
    if (excess < SLACK) return
    const folded = commands.slice(0, excess).reduce(applyCommand, base)
    update.run(JSON.stringify(folded), first + excess, first + cursor, id)
    dropBefore.run(id, first + excess)
  }

  return {
    create: (id, project, base) => void insert.run(id, project, JSON.stringify(base), 0, 0),
    put: db.transaction((project: string, stored: StoredDocument) => {
      const { id, base, commands, cursor, first } = stored
      insert.run(id, project, JSON.stringify(base), first, first + cursor)
      commands.forEach((command, i) => put.run(id, first + i, JSON.stringify(command)))
    }),
    open,
    text: (id) => [row(id).base, ...commandsOf.all(id).map(({ command }) => command)].join('\n'),
    projectOf: (id) => row(id).project,
    revision: (id) => row(id).revision,
    append: db.transaction((id: string, at: number, commands: readonly DocumentCommand[], by: DocumentWriter) => {
      const found = row(id)
      const revision = claimed(found, by)
      if (at < found.first || at > endOf(found)) throw overtaken()
      drop.run(id, at)
      commands.forEach((command, i) => put.run(id, at + i, JSON.stringify(command)))
      seek.run(at + commands.length, id)
      if (at + commands.length - found.first > UNDO_DEPTH + SLACK) fold(id)
      return revision
    }),
    seek: db.transaction((id: string, cursor: number, by: DocumentWriter) => {
      const found = row(id)
      const revision = claimed(found, by)
      if (cursor < found.first || cursor > endOf(found))
        throw new TandemError('There is nothing more to undo or redo.', 'Go on from here.')
      seek.run(cursor, id)
      return revision
    }),
    ofProject: (project) => ofProject.all(project).map(({ id }) => id),
  }
}
