/**
 * Copies of the database, made while it is in use (SQLite's online backup), each looked through before it counts. The
 * newest few are kept; when the database itself is damaged, the newest whole one takes its place.
 */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'

type Database = Sqlite.Database

export const backupFolder = 'backups'
/** Copies that are kept. */
const GENERATIONS = 3
const EVERY_MS = 3600_000
/** Pages copied at a time, between which the service does its other work. */
const PAGES = 256
const NAME = /^studio-(\d+)\.db$/
const UNFINISHED = '.part'

export interface Backup {
  readonly path: string
  /** When it was made, ms since 1970. */
  readonly made: number
}

/** The copies in a data folder, newest first. */
export function listBackups(data: string): Backup[] {
  let names: string[]
  try {
    names = readdirSync(join(data, backupFolder))
  } catch {
    return []
  }
  return names
    .flatMap((name): Backup[] => {
      const made = NAME.exec(name)?.[1]
      return made === undefined ? [] : [{ path: join(data, backupFolder, name), made: Number(made) }]
    })
    .sort((a, b) => b.made - a.made)
}

/** Whether every page of a database file is what it should be. */
export function isWhole(path: string): boolean {
  let db: Database | null = null
  try {
    db = new Sqlite(path, { fileMustExist: true })
    const [check] = db.pragma('quick_check(1)') as { quick_check: string }[]
    return check?.quick_check === 'ok'
  } catch {
    return false
  } finally {
    db?.close()
  }
}

/**
 * Puts the newest whole copy where the database was; null where there is none. Throws what the file system says: half a
 * copy is not left.
 */
export function restoreBackup(data: string, path: string): Backup | null {
  const found = listBackups(data).find((backup) => isWhole(backup.path))
  if (!found) return null
  const part = path + UNFINISHED
  try {
    copyFileSync(found.path, part)
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
  return found
}

/** Makes a copy and lets go of the oldest. Rejects where it cannot: the copies there are stay. */
export async function makeBackup(db: Database, data: string, now = Date.now()): Promise<void> {
  const folder = join(data, backupFolder)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `studio-${now}.db`)
  const part = path + UNFINISHED
  try {
    await db.backup(part, { progress: () => PAGES })
    if (!isWhole(part)) throw new Error('the copy is not whole')
    renameSync(part, path)
  } catch (error) {
    for (const tail of ['', '-wal', '-shm', '-journal']) rmSync(part + tail, { force: true })
    throw error
  }
  for (const old of listBackups(data).slice(GENERATIONS)) rmSync(old.path, { force: true })
}

/**
 * Keeps copies fresh: one where the newest is older than an hour, if anything changed since the last, looked at now and
 * then. `failed` hears once of a copy that could not be made, until one can be again. Returns how to stop.
 */
export function keepBackups(db: Database, data: string, failed: (error: unknown) => void): () => void {
  sweep(data)
  const changes = (): number => (db.prepare('SELECT total_changes() AS n').get() as { n: number }).n
  // What a former process changed after its last copy is not known: the first copy is made in any case.
  let copied = -1
  let isFailing = false
  let isStopped = false
  let isMaking = false

  async function look(): Promise<void> {
    const newest = listBackups(data)[0]
    const now = Date.now()
    // A clock that was put back must not end all copies.
    const isDue = !newest || Math.abs(now - newest.made) >= EVERY_MS
    if (isMaking || isStopped || !isDue || changes() === copied) return
    isMaking = true
    const before = changes()
    try {
      await makeBackup(db, data, now)
      copied = before
      isFailing = false
    } catch (error) {
      // Closing ends a copy in its middle: that is no failure.
      if (!isStopped && !isFailing) failed(error)
      isFailing = true
    } finally {
      isMaking = false
    }
  }
  // Not while the studio starts.
  const first = setTimeout(() => void look(), 30_000).unref()
  const timer = setInterval(() => void look(), EVERY_MS / 12).unref()
  return () => {
    isStopped = true
    clearTimeout(first)
    clearInterval(timer)
  }
}

/** What a process that was killed in the middle of a copy has left. */
function sweep(data: string): void {
  const folder = join(data, backupFolder)
  try {
    for (const name of readdirSync(folder))
      if (name.includes(UNFINISHED) && statSync(join(folder, name)).isFile())
        rmSync(join(folder, name), { force: true })
  } catch {
    // There is no folder yet.
  }
}
