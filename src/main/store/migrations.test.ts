/** A migration that has shipped never changes, and a database of any version comes to the latest with what it holds. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { databaseName, openDatabase } from './database.ts'
import { migrations } from './migrations/index.ts'
import { openStore } from './store.ts'
import { temporaryFolder } from './testing.ts'

/** SHA-256 of each migration as it shipped. Add a line for a new one; a changed line is a broken studio somewhere. */
const shipped = [
  '34937fbf86d678d5',
  '93cb8518ea63cde3',
  '7d155b13e30f1f0d',
  'ee3c92664605424e',
  '828c69761c3f3b45',
  '610a0464a55265cc',
  '3d33c6280503b77a',
]

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => void (folder = temporaryFolder()))
afterEach(() => folder.remove())

it('are frozen', () => {
  expect(migrations.map((sql) => createHash('sha256').update(sql).digest('hex').slice(0, 16))).toEqual(shipped)
})

it.each(shipped.map((_, at) => at + 1))('bring version %i to the latest, project and all', (version) => {
  const old = new Sqlite(join(folder.path, databaseName))
  for (const sql of migrations.slice(0, version)) old.exec(sql)
  old.pragma(`user_version = ${version}`)
  old
    .prepare('INSERT INTO projects (id, name, document, created_at, updated_at) VALUES (?, ?, ?, ?, ?)')
    .run('p1', 'Old', 'd1', 1, 2)
  old.close()
  const store = openStore(folder.path)
  expect(store.projects.list().map(({ name }) => name)).toEqual(['Old'])
  expect(store.studies.list()).toEqual([])
  store.close()
})

it('make strict tables: a value of another type is refused, not kept', () => {
  const { db } = openDatabase(folder.path)
  const tables = db
    .prepare('SELECT name, strict FROM pragma_table_list WHERE type = ? AND schema = ?')
    .all('table', 'main') as {
    name: string
    strict: number
  }[]
  db.close()
  const loose = tables.filter(({ strict }) => strict === 0).map(({ name }) => name)
  expect(tables.length).toBeGreaterThan(15)
  // SQLite's own.
  expect(loose.filter((name) => !name.startsWith('sqlite_'))).toEqual([])
})
