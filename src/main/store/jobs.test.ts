/** Jobs on disk: their order, and rows that another version wrote. */
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshJob, type StudioJob } from '../../shared/studio-jobs.ts'
import { databaseName } from './database.ts'
import { openStore, type Store } from './store.ts'
import { temporaryFolder } from './testing.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: Store
beforeEach(() => {
  folder = temporaryFolder()
  store = openStore(folder.path)
})
afterEach(() => {
  store.close()
  folder.remove()
})

const job = (id: string, createdAt: number): StudioJob =>
  freshJob({
    id,
    title: id,
    spec: { kind: 'merge', base: 'storybook', adapters: [{ id: 'a', weight: 1 }], name: id, half: true },
    createdAt,
  })
const ids = (): string[] => store.jobs.list().map(({ id }) => id)

test('those that wait come first, in their order; the rest newest first', () => {
  for (const [i, id] of ['a', 'b', 'c', 'd', 'e'].entries()) store.jobs.insert(job(id, i))
  store.jobs.enqueue('a')
  store.jobs.enqueue('b')
  store.jobs.enqueue('c', 'a')
  expect(store.jobs.waiting()).toEqual(['c', 'a', 'b'])
  expect(ids()).toEqual(['c', 'a', 'b', 'e', 'd'])
  store.jobs.dequeue('a')
  expect(ids()).toEqual(['c', 'b', 'e', 'd', 'a'])
})

test('a row that cannot be read stays on disk and keeps nobody from the rest', () => {
  for (const [i, id] of ['a', 'b'].entries()) {
    store.jobs.insert(job(id, i))
    store.jobs.enqueue(id)
  }
  store.close()
  const db = new Sqlite(join(folder.path, databaseName))
  db.prepare('UPDATE jobs SET record = ? WHERE id = ?').run('{"spec":{"kind":"of another version"}}', 'a')
  db.close()
  store = openStore(folder.path)
  expect([ids(), store.jobs.waiting()]).toEqual([['b'], ['b']])
  expect(() => store.jobs.get('a')).toThrow('not there any more')
})
