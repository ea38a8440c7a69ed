/**
 * Opens the studio's database: pragmas, migrations, and words for everything that can be wrong with the file. A damaged
 * file is set aside, never deleted, and the newest whole copy takes its place; one from a newer version of the studio is
 * refused; one in use by another process is left alone.
 */
import { mkdirSync, renameSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { TandemError } from '../../shared/errors.ts'
import { restoreBackup } from './backups.ts'
import { migrations } from './migrations/index.ts'

export type Database = Sqlite.Database

export interface OpenedDatabase {
  readonly db: Database
  /** Where a damaged file was put, if one was met. */
  readonly setAside: string | null
  /** When the copy was made that took its place, ms since 1970; null where there was none. */
  readonly restored: number | null
}

export const databaseName = 'studio.db'
/** A second process that holds the file is waited for this long: a restart follows on the heels of what it replaces. */
const BUSY_MS = 3000

export function openDatabase(folder: string): OpenedDatabase {
  const path = join(folder, databaseName)
  asStored(() => mkdirSync(folder, { recursive: true }))
  try {
    return { db: openWhole(path), setAside: null, restored: null }
  } catch (error) {
    if (!isDamage(error)) throw explained(error)
  }
  const aside = `${databaseName}.damaged-${Date.now()}`
  asStored(() => {
    for (const tail of ['', '-wal', '-shm'])
      if (existsSync(path + tail)) renameSync(path + tail, join(folder, aside + tail))
  })
  const backup = asStored(() => restoreBackup(folder, path))
  return { db: asStored(() => openWhole(path)), setAside: aside, restored: backup?.made ?? null }
}

function openWhole(path: string): Database {
  const db = new Sqlite(path, { timeout: BUSY_MS })
  try {
    // One process owns the store: a second one is told so instead of working against the first.
    db.pragma('locking_mode = EXCLUSIVE')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    const [check] = db.pragma('quick_check(1)') as { quick_check: string }[]
    if (check?.quick_check !== 'ok') throw Object.assign(new Error('quick_check failed'), { code: 'SQLITE_CORRUPT' })
    migrate(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function migrate(db: Database): void {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > migrations.length) {
    throw new TandemError(
      'The projects here were written by a newer version of Tandem Studio.',
      'Update the studio, or choose another data folder.',
    )
  }
  for (const [i, up] of migrations.entries()) {
    if (i < version) continue
    db.transaction(() => {
      db.exec(up)
      db.pragma(`user_version = ${i + 1}`)
    })()
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const isDamage = (error: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error))

/** What SQLite or the file system said, in words. Anything unknown is passed on as it is. */
export function explained(error: unknown): unknown {
  if (error instanceof TandemError) return error
  const code = codeOf(error)
  const as = (message: string, remedy: string): TandemError =>
    new TandemError(message, remedy, 'environment', { cause: error })
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return as('Another Tandem Studio has these projects open.', 'Use that one, or close it first.')
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)|^(EACCES|EPERM|EROFS)$/.test(code))
    return as('The data folder cannot be written to.', 'Check its permissions, or choose another data folder.')
  if (/^SQLITE_FULL|^ENOSPC$/.test(code))
    return as('The disk is full: the last change was not saved.', 'Free some space, then try again.')
  if (isDamage(error))
    return as(
      'The project database is damaged.',
      'Restart the studio: it sets the file aside and takes the last copy that is whole.',
    )
  if (/^SQLITE_IOERR|^EIO$/.test(code)) return as('The disk does not answer as it should.', 'Check the disk.')
  return error
}

/** Runs a piece of storage work, its failures in words. */
export function asStored<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explained(error)
  }
}
