import { Readable } from 'node:stream'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  emptyDocument,
  identityTransform,
  MAX_STAGED,
  replay,
  UNDO_DEPTH,
  type DocumentCommand,
} from '../../shared/document.ts'
import { TandemError } from '../../shared/errors.ts'
import { testHeader } from '../../shared/trajectory-fixtures.ts'
import { asStored, databaseName, openDatabase } from './database.ts'
import { matchExpression } from './runs.ts'
import { openStore, storeOn, type Store } from './store.ts'
import { temporaryFolder, testProject, testRun, testSettings } from './testing.ts'

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
const reopen = (): void => {
  store.close()
  store = openStore(folder.path)
}

/** The only one who writes. */
const me = { writer: 'me', revision: 0 }

describe('a document', () => {
  const feather = (n: number): DocumentCommand => ({ type: 'setFeather', feather: n })
  const addLayer = (id: string): DocumentCommand => ({
    type: 'addLayer',
    value: { id, name: id, visible: true, opacity: 1, transform: identityTransform, marks: [] },
  })

  test('is the same after a restart, whatever was done, undone and done again', () => {
    const { document } = testProject(store)
    const actions = fc.array(
      fc.oneof(
        fc.record({ do: fc.integer({ min: 0, max: 200 }) }),
        fc.record({ seek: fc.double({ min: 0, max: 1, noNaN: true }) }),
      ),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(actions, (list) => {
        for (const action of list) {
          const { first, cursor, commands } = store.documents.open(document)
          if ('do' in action) store.documents.append(document, first + cursor, [feather(action.do)], me)
          else store.documents.seek(document, first + Math.floor(action.seek * commands.length), me)
        }
        const before = store.documents.open(document)
        reopen()
        expect(store.documents.open(document)).toEqual(before)
      }),
      { numRuns: 15 },
    )
  })

  test('keeps as many commands as can be undone, and what they stand on', () => {
    const { document } = testProject(store)
    const all = Array.from({ length: 1200 }, (_, i) => feather(i % 200))
    for (let at = 0; at < all.length; at += 100) store.documents.append(document, at, all.slice(at, at + 100), me)
    const stored = store.documents.open(document)
    expect(stored.commands.length).toBeGreaterThanOrEqual(UNDO_DEPTH)
    expect(stored.commands.length).toBeLessThan(UNDO_DEPTH + 200)
    expect(stored.first + stored.commands.length).toBe(1200)
    expect(replay(stored).feather).toBe(199)
    expect(replay({ ...stored, cursor: 0 }).feather).toBe((stored.first - 1) % 200)
  })

  test('opens whatever was written: 201 layers, and 700 results that nobody took, are folded and read again', () => {
    const { document } = testProject(store)
    const box = { x: 0, y: 0, width: 128, height: 128 }
    const all: DocumentCommand[] = [
      ...Array.from({ length: 201 }, (_, i) => addLayer(`l${i}`)),
      ...Array.from({ length: 700 }, (_, i): DocumentCommand => ({ type: 'stage', candidate: { run: `r${i}`, box } })),
      ...Array.from({ length: 700 }, (_, i) => feather(i % 200)),
    ]
    for (let at = 0; at < all.length; at += 100) store.documents.append(document, at, all.slice(at, at + 100), me)
    reopen()
    const stored = store.documents.open(document)
    expect(stored.first).toBeGreaterThan(901)
    expect(stored.base.layers).toHaveLength(201)
    // Of the strip the oldest have left.
    expect(stored.base.staging.map(({ run }) => run)).toEqual(
      Array.from({ length: MAX_STAGED }, (_, i) => `r${700 - MAX_STAGED + i}`),
    )
    expect(replay(stored).feather).toBe(699 % 200)
  })

  test('opens with a base that an earlier studio let grow over a limit', () => {
    const project = store.projects.create('Large')
    const base = emptyDocument(128, testSettings)
    const box = { x: 0, y: 0, width: 128, height: 128 }
    const staging = Array.from({ length: 600 }, (_, i) => ({ run: `r${i}`, box }))
    store.documents.create(project.document, project.id, { ...base, staging })
    expect(store.documents.open(project.document).base.staging).toHaveLength(600)
  })

  test('is written by one window at a time: a second one is told, and neither is written over', () => {
    const { document } = testProject(store)
    const write = (writer: string, revision: number, at: number, value: number): number =>
      store.documents.append(document, at, [feather(value)], { writer, revision })
    const conflict: unknown = expect.objectContaining({ kind: 'conflict' })
    expect(write('a', 0, 0, 1)).toBe(1)
    // Its answer was lost: the same window says it again, and goes on.
    expect(write('a', 0, 0, 2)).toBe(2)
    expect(() => write('b', 0, 0, 3)).toThrow(conflict)
    expect(() => store.documents.seek(document, 0, { writer: 'b', revision: 1 })).toThrow(conflict)
    expect(replay(store.documents.open(document)).feather).toBe(2)
    // Who knows the latest state writes, and is the one from then on.
    expect(write('b', store.documents.revision(document), 1, 4)).toBe(3)
    expect(() => write('a', 2, 1, 5)).toThrow(conflict)
    reopen()
    expect(() => write('a', 2, 1, 5)).toThrow(conflict)
    expect(store.documents.open(document).commands).toEqual([feather(2), feather(4)])
  })

  test('refuses a command that comes too late', () => {
    const { document } = testProject(store)
    expect(() => store.documents.append(document, 3, [feather(1)], me)).toThrow(/changed in another window/)
    expect(() => store.documents.seek(document, 1, me)).toThrow(TandemError)
  })
})

describe('runs', () => {
  test('are found by words of instruction and reasoning, the last one unfinished', () => {
    const { id } = testProject(store)
    const of = (instruction: string): typeof testSettings => ({ ...testSettings, instruction })
    store.runs.insert(testRun(id, 'a', { settings: of('remove the cat') }))
    store.runs.insert(testRun(id, 'b', { settings: of('swap the dog and the cow'), createdAt: 2 }))
    store.runs.update('b', { reasoning: 'the dog is at b1' })
    const found = (query: string): string =>
      store.runs
        .list({ project: id, query, rejected: false, limit: 10, offset: 0 })
        .runs.map((run) => run.id)
        .join('')
    expect(found('')).toBe('ba')
    expect(found('the')).toBe('ba')
    expect(found('swa')).toBe('b')
    expect(found('b1')).toBe('b')
    expect(found('cat remo')).toBe('a')
    expect(found('NEAR( " OR *')).toBe('')
    store.runs.delete(['b'])
    expect(found('the')).toBe('a')
  })

  test('are filtered by what a person chose', () => {
    const { id } = testProject(store)
    store.runs.insert(testRun(id, 'a', { rating: 4, favourite: true }))
    store.runs.insert(testRun(id, 'b', { rejected: true }))
    store.runs.insert(testRun(id, 'c', { settings: { ...testSettings, mode: 'sequential' } }))
    const ids = (filter: object): string[] =>
      store.runs
        .list({ project: null, query: '', rejected: false, limit: 10, offset: 0, ...filter })
        .runs.map((run) => run.id)
        .sort()
    expect(ids({})).toEqual(['a', 'c'])
    expect(ids({ rejected: true })).toEqual(['a', 'b', 'c'])
    expect(ids({ minRating: 3 })).toEqual(['a'])
    expect(ids({ favourite: false })).toEqual(['c'])
    expect(ids({ mode: 'sequential' })).toEqual(['c'])
    expect(ids({ model: 'other' })).toEqual([])
  })

  test('form a tree that is the same from every one of them', () => {
    const { id } = testProject(store)
    for (const [run, parent] of [
      ['a', null],
      ['b', 'a'],
      ['c', 'b'],
      ['d', 'a'],
      ['x', null],
    ] as const)
      store.runs.insert(testRun(id, run, { parent: parent === null ? null : { run: parent, step: 1 } }))
    for (const from of ['a', 'b', 'c', 'd'])
      expect(store.runs.tree(from).map((run) => run.id)).toEqual(['a', 'b', 'c', 'd'])
    expect(store.runs.tree('x').map((run) => run.id)).toEqual(['x'])
  })

  test('go with their project, text and all', () => {
    const { id } = testProject(store)
    store.runs.insert(testRun(id, 'a'))
    store.projects.delete(id)
    expect(store.runs.find('a')).toBeNull()
    expect(store.runs.list({ project: null, query: 'cat', rejected: true, limit: 9, offset: 0 }).total).toBe(0)
  })
})

test('words are never search syntax', () => {
  expect(matchExpression('  ')).toBeNull()
  expect(matchExpression('a" OR b*')).toBe('"a" "OR" "b"*')
})

test('steps are there at once, and one trajectory in the end', () => {
  const { id } = testProject(store)
  store.runs.insert(testRun(id, 'a'))
  const header = testHeader({})
  store.records.begin('a', header, [], [])
  const empty = { positions: [], tokens: [], confidence: [] }
  store.records.append('a', {
    step: 1,
    commits: { positions: [2], tokens: [3], confidence: [1] },
    remasked: [],
    candidates: empty,
    forwards: 1,
  })
  reopen()
  const running = store.records.trajectory('a')
  expect(running.steps).toHaveLength(1)
  expect(store.records.compact('a')).toBe(true)
  expect(store.records.trajectory('a')).toEqual(running)
  expect(store.records.step('a', 1)).toBeNull()
})

test('a queue keeps its order', () => {
  const { id } = testProject(store)
  for (const run of ['a', 'b', 'c', 'd']) {
    store.runs.insert(testRun(id, run))
    store.queue.add(run, 'interactive')
  }
  const order = (): string =>
    store.queue
      .list()
      .map((entry) => entry.run)
      .join('')
  store.queue.move('d', 'b')
  expect(order()).toBe('adbc')
  store.queue.move('a', null)
  reopen()
  expect(order()).toBe('dbca')
})

test('events are numbered on after a restart; who was away too long starts over', () => {
  const first = store.events.append('notice', { n: 1 })
  reopen()
  const second = store.events.append('notice', { n: 2 })
  expect(second).toBe(first + 1)
  expect(store.events.since(first)).toEqual([{ seq: second, name: 'notice', payload: { n: 2 } }])
  expect(store.events.since(second)).toEqual([])
  expect(store.events.since(second + 5)).toBeNull()
  for (let i = 0; i < 3000; i++) store.events.append('notice', {})
  expect(store.events.since(first)).toBeNull()
})

describe('a blob', () => {
  test('is kept once, and its type is what it is', async () => {
    const png = Buffer.from('89504e470d0a1a0a00', 'hex')
    const { blob } = await store.blobs.put(png)
    expect((await store.blobs.put(Readable.from([png.subarray(0, 3), png.subarray(3)]))).blob).toBe(blob)
    expect(store.blobs.get(blob)).toMatchObject({ size: 9, type: 'image/png' })
    expect(readFileSync(store.blobs.get(blob).path)).toEqual(png)
    const { blob: page } = await store.blobs.put(Buffer.from('<html><script>'))
    expect(store.blobs.get(page).type).toBe('application/octet-stream')
  })
  test('that is too large leaves nothing', async () => {
    await expect(store.blobs.put(Readable.from([Buffer.alloc(60), Buffer.alloc(60)]), 100)).rejects.toThrow(TandemError)
    expect(readdirSync(join(folder.path, 'blobs', 'incoming'))).toEqual([])
  })
  test('whose stream breaks leaves nothing', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.alloc(10)
        throw new Error('gone')
      })(),
    )
    await expect(store.blobs.put(broken)).rejects.toThrow('gone')
    expect(readdirSync(join(folder.path, 'blobs', 'incoming'))).toEqual([])
  })
  test('that nothing names is collected, others stay', async () => {
    const { blob: used } = await store.blobs.put(Buffer.from('used'))
    const { blob: unused } = await store.blobs.put(Buffer.from('unused'))
    expect(await store.blobs.collect(new Set([used]), Date.now() + 1)).toEqual({ removed: 1, bytes: 6 })
    expect(store.blobs.find(unused)).toBeNull()
    expect(existsSync(store.blobs.get(used).path)).toBe(true)
  })
})

describe('a database', () => {
  const path = (): string => join(folder.path, databaseName)

  test('that is damaged is set aside, and a new one is started', () => {
    testProject(store)
    store.close()
    writeFileSync(path(), 'this is no database at all, but long enough to be looked at')
    store = openStore(folder.path)
    expect(store.setAside).toMatch(/^studio\.db\.damaged-\d+$/)
    expect(readFileSync(join(folder.path, store.setAside!), 'utf8')).toContain('no database')
    expect(store.projects.list()).toEqual([])
  })
  test('has strict tables and a log of what is written ahead', () => {
    store.close()
    const opened = openDatabase(folder.path)
    const loose = opened.db
      .prepare("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
      .all()
    expect(loose).toEqual([])
    expect(opened.db.pragma('journal_mode', { simple: true })).toBe('wal')
    store = storeOn(opened, folder.path)
  })
  test('from a newer version is refused and left as it is', () => {
    store.close()
    const db = new Sqlite(path())
    const version = db.pragma('user_version', { simple: true }) as number
    db.pragma('user_version = 99')
    db.close()
    const open = (): Store => asStored(() => openStore(folder.path))
    expect(open).toThrow(/newer version/)
    const again = new Sqlite(path())
    expect(again.pragma('user_version', { simple: true })).toBe(99)
    again.pragma(`user_version = ${version}`)
    again.close()
    store = open()
  })
  test('that another process has open says so', async () => {
    store.close()
    const holder = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import Sqlite from 'better-sqlite3'
       const db = new Sqlite(${JSON.stringify(path())})
       db.pragma('locking_mode = EXCLUSIVE'); db.pragma('journal_mode = WAL')
       db.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000)`,
    ])
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    expect(() => asStored(() => openStore(folder.path))).toThrow(/Another Tandem Studio/)
    holder.kill('SIGKILL')
    await new Promise((resolve) => holder.once('close', resolve))
    store = openStore(folder.path)
  })
  test.each([
    ['read-only', 'query_only = ON', 'query_only = OFF', /cannot be written to/],
    ['full', 'max_page_count = 1', 'max_page_count = 1000000', /disk is full/],
  ])('on a disk that becomes %s says so, changes nothing, and goes on afterwards', (_, refuse, relent, words) => {
    store.close()
    const opened = openDatabase(folder.path)
    store = storeOn(opened, folder.path)
    const { document } = testProject(store)
    opened.db.pragma(refuse)
    const points = Array.from({ length: 5000 }, (_, i) => i)
    const command: DocumentCommand = { type: 'addMaskMark', mark: { kind: 'stroke', points, size: 8, erase: false } }
    const write = (): number => asStored(() => store.documents.append(document, 0, [command], me))
    expect(write).toThrow(words)
    expect(store.documents.open(document)).toMatchObject({ commands: [], cursor: 0 })
    opened.db.pragma(relent)
    write()
    expect(store.documents.open(document).commands).toEqual([command])
  })
  // Permissions stop nobody who is root; what SQLite then says is tested above.
  test.skipIf(process.getuid?.() === 0)('in a folder that cannot be written to says so', () => {
    store.close()
    chmodSync(path(), 0o400)
    chmodSync(folder.path, 0o500)
    expect(() => asStored(() => openStore(folder.path))).toThrow(/cannot be written/)
    chmodSync(folder.path, 0o700)
    chmodSync(path(), 0o600)
    store = openStore(folder.path)
  })
})
