/** Runs: the record every screen shows, found by words and by choice. */
import { TandemError } from '../../shared/errors.ts'
import { runSchema, type Run } from '../../shared/studio.ts'
import type { Database } from './database.ts'
import { createHeld } from './held.ts'

/** `runs.list` of the contract, defaults filled in. */
export interface RunQuery {
  readonly project: string | null
  readonly query: string
  readonly model?: string | undefined
  readonly mode?: string | undefined
  readonly minRating?: number | undefined
  readonly favourite?: boolean | undefined
  readonly rejected: boolean
  readonly limit: number
  readonly offset: number
}

export interface RunStore {
  insert(run: Run): void
  get(id: string): Run
  find(id: string): Run | null
  /** Changes some fields; the record as it is afterwards. */
  update(id: string, change: Partial<Run>): Run
  list(query: RunQuery): { runs: Run[]; total: number }
  /** The run, what it descends from, and all that descends from those; oldest first. */
  tree(id: string): Run[]
  delete(ids: readonly string[]): void
  inState(state: Run['state']): Run[]
  /** Shows a change that could not be written as if it were, until the run is written again. In memory alone. */
  hold(id: string, change: Partial<Run>): void
  /** Runs whose held change is not written yet. */
  held(): string[]
  ofProject(project: string): Run[]
}

export function createRunStore(db: Database): RunStore {
  const insert = db.prepare(
    `INSERT INTO runs (id, project, parent, created_at, state, mode, model, rating, favourite, rejected, record)
     VALUES (@id, @project, @parent, @created, @state, @mode, @model, @rating, @favourite, @rejected, @record)`,
  )
  const update = db.prepare(
    `UPDATE runs SET state = @state, rating = @rating, favourite = @favourite, rejected = @rejected, record = @record
     WHERE id = @id`,
  )
  const one = db.prepare<[string], { record: string }>('SELECT record FROM runs WHERE id = ?')
  const addText = db.prepare('INSERT INTO runs_text (run, instruction, reasoning) VALUES (?, ?, ?)')
  const dropText = db.prepare('DELETE FROM runs_text WHERE run = ?')
  const remove = db.prepare('DELETE FROM runs WHERE id = ?')
  const byState = db.prepare<[string], { record: string }>(
    'SELECT record FROM runs WHERE state = ? ORDER BY created_at, id',
  )
  const byProject = db.prepare<[string], { record: string }>(
    'SELECT record FROM runs WHERE project = ? ORDER BY created_at, id',
  )
  const family = db.prepare<[string], { record: string }>(
    `WITH RECURSIVE
       up(id, parent) AS (
         SELECT id, parent FROM runs WHERE id = ?
         UNION SELECT r.id, r.parent FROM runs r JOIN up ON r.id = up.parent),
       down(id) AS (
         SELECT id FROM up
         UNION SELECT r.id FROM runs r JOIN down ON r.parent = down.id)
     SELECT record FROM runs WHERE id IN (SELECT id FROM down) ORDER BY created_at, id`,
  )

  const holding = createHeld<Run>()
  const read = ({ record }: { record: string }): Run => holding.over(record, runSchema.parse(JSON.parse(record)))
  function find(id: string): Run | null {
    const row = one.get(id)
    return row ? read(row) : null
  }
  function get(id: string): Run {
    const run = find(id)
    if (!run) throw new TandemError('That run is not there any more.', 'Choose another run.')
    return run
  }

  return {
    insert: db.transaction((run: Run) => {
      insert.run(toRow(run))
      addText.run(run.id, run.settings.instruction, run.reasoning)
    }),
    get,
    find,
    update: db.transaction((id: string, change: Partial<Run>) => {
      const before = get(id)
      const after = { ...before, ...change }
      const { id: key, state, rating, favourite, rejected, record } = toRow(after)
      update.run({ id: key, state, rating, favourite, rejected, record })
      if (after.reasoning !== before.reasoning) {
        dropText.run(id)
        addText.run(id, after.settings.instruction, after.reasoning)
      }
      return after
    }),
    list(query) {
      const { where, values } = conditions(query)
      const total = db
        .prepare<unknown[], { n: number }>(`SELECT count(*) AS n FROM runs WHERE ${where}`)
        .get(...values)!.n
      const rows = db
        .prepare<unknown[], { record: string }>(
          `SELECT record FROM runs WHERE ${where} ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?`,
        )
        .all(...values, query.limit, query.offset)
      return { runs: rows.map(read), total }
    },
    tree: (id) => family.all(get(id).id).map(read),
    delete: db.transaction((ids: readonly string[]) => {
      for (const id of ids) {
        dropText.run(id)
        remove.run(id)
      }
    }),
    inState: (state) => byState.all(state).map(read),
    hold(id, change) {
      const row = one.get(id)
      if (row) holding.hold(id, row.record, change)
    },
    held: () => holding.ids((id) => one.get(id)?.record),
    ofProject: (project) => byProject.all(project).map(read),
  }
}

function conditions(query: RunQuery): { where: string; values: unknown[] } {
  const parts: string[] = ['1']
  const values: unknown[] = []
  const add = (sql: string, ...of: unknown[]): void => {
    parts.push(sql)
    values.push(...of)
  }
  if (query.project !== null) add('project = ?', query.project)
  if (query.model !== undefined) add('model = ?', query.model)
  if (query.mode !== undefined) add('mode = ?', query.mode)
  if (query.minRating !== undefined) add('rating >= ?', query.minRating)
  if (query.favourite !== undefined) add('favourite = ?', Number(query.favourite))
  if (!query.rejected) add('rejected = 0')
  const match = matchExpression(query.query)
  if (match) add('id IN (SELECT run FROM runs_text WHERE runs_text MATCH ?)', match)
  return { where: parts.join(' AND '), values }
}

/** Every word must occur; the last one may be unfinished. Whatever a person types is words, never FTS syntax. */
export function matchExpression(query: string): string | null {
  const words = query.match(/[\p{L}\p{N}]+/gu) ?? []
  if (words.length === 0) return null
  return words.map((word, i) => `"${word}"${i === words.length - 1 ? '*' : ''}`).join(' ')
}

const toRow = (run: Run): Record<string, string | number | null> => ({
  id: run.id,
  project: run.project,
  parent: run.parent?.run ?? null,
  created: run.createdAt,
  state: run.state,
  mode: run.settings.mode,
  model: run.settings.model,
  rating: run.rating,
  favourite: Number(run.favourite),
  rejected: Number(run.rejected),
  record: JSON.stringify(run),
})
