/** Copies of the database: made while it is in use, put in its place when it is damaged, few of them kept. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backupFailed, damageNotices } from '../service/backup-words.ts'
import { backupFolder, isWhole, keepBackups, listBackups, makeBackup, restoreBackup } from './backups.ts'
import { databaseName, openDatabase, type Database } from './database.ts'
import { openStore } from './store.ts'
import { temporaryFolder, testProject } from './testing.ts'

let folder: ReturnType<typeof temporaryFolder>
const file = (): string => join(folder.path, databaseName)
const copies = (): string[] =>
  existsSync(join(folder.path, backupFolder)) ? readdirSync(join(folder.path, backupFolder)) : []
beforeEach(() => {
  folder = temporaryFolder()
  const store = openStore(folder.path)
  testProject(store, 'Kept')
  store.close()
})
afterEach(() => folder.remove())

async function withDatabase<T>(work: (db: Database) => T | Promise<T>): Promise<T> {
  const { db } = openDatabase(folder.path)
  try {
    return await work(db)
  } finally {
    db.close()
  }
}
const damage = (): void => {
  rmSync(file() + '-wal', { force: true })
  writeFileSync(file(), readFileSync(file()).fill(0x55, 4096))
}

describe('a copy', () => {
  it('holds what was there, is whole, and can be made while the database is written to', async () => {
    await withDatabase(async (db) => {
      db.exec('CREATE TABLE filler (x BLOB) STRICT')
      const fill = db.prepare('INSERT INTO filler VALUES (randomblob(4000))')
      for (let i = 0; i < 3000; i++) fill.run()
      const making = makeBackup(db, folder.path)
      fill.run()
      await making
      expect(copies()).toHaveLength(1)
    })
    const [made] = listBackups(folder.path)
    expect(isWhole(made!.path)).toBe(true)
    expect(copies()).toHaveLength(1)
  })
  it('lets go of the oldest, of no other file', async () => {
    mkdirSync(join(folder.path, backupFolder))
    writeFileSync(join(folder.path, backupFolder, 'mine.txt'), '')
    await withDatabase(async (db) => {
      for (const now of [5000, 1000, 4000, 3000, 2000]) await makeBackup(db, folder.path, now)
    })
    expect(listBackups(folder.path).map(({ made }) => made)).toEqual([5000, 4000, 3000])
    expect(copies()).toContain('mine.txt')
  })
  it('that cannot be made leaves nothing and says so once', async () => {
    writeFileSync(join(folder.path, backupFolder), 'a file where the folder should be')
    await withDatabase(async (db) => {
      await expect(makeBackup(db, folder.path)).rejects.toThrow()
    })
    expect(backupFailed(Object.assign(new Error('x'), { code: 'ENOSPC' })).message).toContain('The disk is full')
  })
})

describe('a damaged database', () => {
  it('is set aside, and its newest whole copy takes its place', async () => {
    await withDatabase(async (db) => {
      await makeBackup(db, folder.path, 1000)
      await makeBackup(db, folder.path, 2000)
      await makeBackup(db, folder.path, 3000)
    })
    truncateSync(listBackups(folder.path)[0]!.path, 6000)
    damage()
    const store = openStore(folder.path)
    expect(store.restored).toBe(2000)
    expect(store.setAside).toMatch(/damaged/)
    expect(store.projects.list().map(({ name }) => name)).toEqual(['Kept'])
    expect(damageNotices(store)[0]!.message).toContain('its copy of 1970-01-01 00:00 UTC took its place')
    store.close()
    expect(readdirSync(folder.path).filter((name) => name.includes('.part'))).toEqual([])
  })
  it('without a whole copy is followed by an empty one', async () => {
    await withDatabase((db) => makeBackup(db, folder.path, 1000))
    writeFileSync(listBackups(folder.path)[0]!.path, 'no database')
    damage()
    const store = openStore(folder.path)
    expect(store.restored).toBeNull()
    expect(store.projects.list()).toEqual([])
    expect(damageNotices(store)[0]!.message).toContain('no copy')
    store.close()
  })
  it('is no matter where there is none', () => {
    expect(damageNotices({ setAside: null, restored: null })).toEqual([])
    expect(restoreBackup(join(folder.path, 'nowhere'), file())).toBeNull()
  })
})

describe('keeping copies', () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date'] }),
  )
  afterEach(() => void vi.useRealTimers())
  const settled = (count: number): Promise<void> =>
    vi.waitFor(() => {
      if (copies().filter((name) => name.endsWith('.db')).length !== count) throw new Error('not yet')
    })

  it('makes one soon, then one an hour where something changed, and sweeps what a killed process left', async () => {
    mkdirSync(join(folder.path, backupFolder))
    writeFileSync(join(folder.path, backupFolder, 'studio-1.db.part'), '')
    await withDatabase(async (db) => {
      const stop = keepBackups(db, folder.path, () => undefined)
      expect(copies()).toEqual([])
      vi.advanceTimersByTime(31_000)
      await settled(1)
      vi.advanceTimersByTime(2 * 3600_000)
      await settled(1)
      db.exec("INSERT INTO events (name, payload) VALUES ('x', '{}')")
      vi.advanceTimersByTime(600_000)
      await settled(2)
      stop()
    })
  })
  it('says once that it cannot', async () => {
    writeFileSync(join(folder.path, backupFolder), '')
    const failed = vi.fn()
    await withDatabase(async (db) => {
      const stop = keepBackups(db, folder.path, failed)
      for (let i = 0; i < 4; i++) {
        vi.advanceTimersByTime(600_000)
        await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce())
      }
      stop()
    })
  })
  it('ends quietly with the database', async () => {
    const failed = vi.fn()
    await withDatabase((db) => {
      db.exec('CREATE TABLE filler (x BLOB) STRICT')
      for (let i = 0; i < 2000; i++) db.prepare('INSERT INTO filler VALUES (randomblob(4000))').run()
      const stop = keepBackups(db, folder.path, failed)
      vi.advanceTimersByTime(31_000)
      stop()
    })
    await vi.waitFor(() => expect(copies()).toEqual([]))
    expect(failed).not.toHaveBeenCalled()
  })
})
