/** Rows of data sets: in their order, found by words and by choice, changed with their index; and what checks found. */
import { problemSeverity, type Problem, type ProblemCode } from '../../shared/datasets.ts'
import type { DatasetRecord, RowFilter, RowLineage, RowProblem } from '../../shared/dataset-records.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Database } from './database.ts'
import { matchExpression } from './runs.ts'

export type RowSplit = DatasetRecord['split']

/** What a row holds beside the columns that are searched. */
export interface RowContent {
  readonly instruction: string
  readonly reasoning: string
  readonly input: string | null
  readonly output: string | null
  /** Columns of other tools. */
  readonly extra: Readonly<Record<string, unknown>>
  /** `line`: the bytes in base64. */
  readonly broken: { readonly message: string; readonly line: string } | null
  readonly lineage: RowLineage | null
  /** Its place in the files of a set that is only read. */
  readonly where: string | null
}

export interface RowState {
  readonly position: number
  readonly id: string
  readonly split: RowSplit
  readonly marked: boolean
  readonly rev: string
  readonly content: RowContent
}
export interface StoredRow extends RowState {
  readonly key: number
}

/** One row of one edit: null where it is not there. Of a change only what differs is kept. */
export interface RowChange {
  readonly key: number
  readonly before: Partial<RowState> | null
  readonly after: Partial<RowState> | null
}

/** A finding with the row it is about, as that row was. */
export interface FoundProblem {
  readonly problem: Problem
  readonly row: { readonly key: number; readonly rev: string; readonly split: RowSplit } | null
  readonly other: number | null
}

export interface RowCounts {
  readonly rows: number
  readonly splits: { readonly train: number; readonly val: number; readonly test: number; readonly none: number }
  readonly edits: number
  readonly generations: number
  readonly broken: number
  readonly marked: number
  readonly open: { readonly errors: number; readonly warnings: number }
}

export interface DatasetRowStore {
  /** Adds rows of a set that is taken in, in order. */
  insert(dataset: string, rows: readonly Omit<RowState, 'position'>[], from: number): void
  get(dataset: string, key: number): StoredRow
  find(dataset: string, keys: readonly number[]): StoredRow[]
  /** Keys that match, in order; all of them. */
  keys(dataset: string, filter: RowFilter): number[]
  page(dataset: string, filter: RowFilter, limit: number, offset: number): { rows: DatasetRecord[]; total: number }
  place(dataset: string, filter: RowFilter, key: number): number | null
  /** In order, after a position; for writing the set out. */
  after(dataset: string, position: number, limit: number): StoredRow[]
  ends(dataset: string): { readonly last: number }
  nextPosition(dataset: string, position: number): number | null
  hasId(dataset: string, id: string): boolean
  /** A key nobody had. */
  newKey(): number
  apply(dataset: string, changes: readonly RowChange[], direction: 'forth' | 'back'): void
  clear(dataset: string): void
  counts(dataset: string): RowCounts
  record(row: StoredRow): DatasetRecord

  setProblems(dataset: string, problems: readonly FoundProblem[]): void
  problems(dataset: string, code: ProblemCode, limit: number, offset: number): { problems: RowProblem[]; total: number }
  problemsOf(key: number): RowProblem[]
  findings(dataset: string): Partial<Record<ProblemCode, number>>
  /** Rows a kind of problem still stands for, with the row each is compared with. */
  flagged(dataset: string, code: ProblemCode): { row: number; other: number | null }[]
}

interface Row {
  key: number
  position: number
  id: string
  split: RowSplit
  marked: number
  rev: string
  record: string
}

/** A finding stands as long as its row is what was checked; one about splits as long as it is in that split. */
const STANDS = `p.rev = r.rev AND (p.code NOT IN ('leak', 'near-leak') OR p.split IS r.split)`
const OF_ROW = `SELECT 1 FROM dataset_problems p WHERE p.row = r.key AND ${STANDS}`

export function createDatasetRowStore(db: Database): DatasetRowStore {
  const put = db.prepare(
    `INSERT INTO dataset_rows (key, dataset, position, id, split, marked, kind, rev, record)
     VALUES (@key, @dataset, @position, @id, @split, @marked, @kind, @rev, @record)
     ON CONFLICT (key) DO UPDATE SET position = @position, id = @id, split = @split, marked = @marked, kind = @kind,
       rev = @rev, record = @record`,
  )
  const one = db.prepare<[string, number], Row>('SELECT * FROM dataset_rows WHERE dataset = ? AND key = ?')
  const remove = db.prepare('DELETE FROM dataset_rows WHERE key = ?')
  const addText = db.prepare('INSERT INTO dataset_text (rowid, instruction, reasoning) VALUES (?, ?, ?)')
  const dropText = db.prepare('DELETE FROM dataset_text WHERE rowid = ?')
  const dropTexts = db.prepare(
    'DELETE FROM dataset_text WHERE rowid IN (SELECT key FROM dataset_rows WHERE dataset = ?)',
  )
  const dropRows = db.prepare('DELETE FROM dataset_rows WHERE dataset = ?')
  const afterPosition = db.prepare<[string, number, number], Row>(
    'SELECT * FROM dataset_rows WHERE dataset = ? AND position > ? ORDER BY position LIMIT ?',
  )
  const last = db.prepare<[string], { last: number | null }>(
    'SELECT max(position) AS last FROM dataset_rows WHERE dataset = ?',
  )
  const next = db.prepare<[string, number], { position: number }>(
    'SELECT position FROM dataset_rows WHERE dataset = ? AND position > ? ORDER BY position LIMIT 1',
  )
  const withId = db.prepare<[string, string], { key: number }>(
    'SELECT key FROM dataset_rows WHERE dataset = ? AND id = ? LIMIT 1',
  )
  const lastKey = db.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'dataset_rows'")
  const counted = db.prepare<[string], { split: RowSplit; kind: string; marked: number; n: number }>(
    'SELECT split, kind, marked, count(*) AS n FROM dataset_rows WHERE dataset = ? GROUP BY split, kind, marked',
  )
  const opened = db.prepare<[string], { code: ProblemCode; n: number }>(
    `SELECT p.code, count(*) AS n FROM dataset_problems p LEFT JOIN dataset_rows r ON r.key = p.row
     WHERE p.dataset = ? AND (p.row IS NULL OR (${STANDS})) GROUP BY p.code`,
  )
  const addProblem = db.prepare(
    `INSERT INTO dataset_problems (dataset, number, code, severity, row, rev, split, other, record)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const dropProblems = db.prepare('DELETE FROM dataset_problems WHERE dataset = ?')
  const ofCode = `FROM dataset_problems p LEFT JOIN dataset_rows r ON r.key = p.row
     WHERE p.dataset = ? AND p.code = ? AND (p.row IS NULL OR (${STANDS}))`
  const listed = db.prepare<unknown[], { row: number | null; record: string }>(
    `SELECT p.row, p.record ${ofCode} ORDER BY p.number LIMIT ? OFFSET ?`,
  )
  const totalOfCode = db.prepare<unknown[], { n: number }>(`SELECT count(*) AS n ${ofCode}`)
  const flaggedRows = db.prepare<unknown[], { row: number; other: number | null }>(
    `SELECT DISTINCT p.row, p.other ${ofCode} AND p.row IS NOT NULL ORDER BY p.number`,
  )
  const ofRow = db.prepare<[number], { row: number; record: string }>(
    `SELECT p.row, p.record FROM dataset_problems p JOIN dataset_rows r ON r.key = p.row
     WHERE p.row = ? AND ${STANDS} ORDER BY p.number`,
  )
  const marksOf = db.prepare<[number], { severity: string; n: number }>(
    `SELECT p.severity, count(*) AS n FROM dataset_problems p JOIN dataset_rows r ON r.key = p.row
     WHERE p.row = ? AND ${STANDS} GROUP BY p.severity`,
  )

  function write(dataset: string, key: number, state: RowState, text: boolean): void {
    const { position, id, split, marked, rev, content } = state
    const kind = content.broken ? 'broken' : content.input === null ? 'generation' : 'edit'
    const record = JSON.stringify(content)
    put.run({ key, dataset, position, id, split, marked: Number(marked), kind, rev, record })
    if (!text) return
    dropText.run(key)
    addText.run(key, content.instruction, content.reasoning)
  }

  const read = ({ key, position, id, split, marked, rev, record }: Row): StoredRow => ({
    key,
    position,
    id,
    split,
    marked: marked === 1,
    rev,
    content: JSON.parse(record) as RowContent,
  })

  function get(dataset: string, key: number): StoredRow {
    const row = one.get(dataset, key)
    if (!row) throw new TandemError('That row is not there any more.', 'Choose another one.')
    return read(row)
  }

  function record({ key, id, split, marked, content }: StoredRow): DatasetRecord {
    const marks = new Map(marksOf.all(key).map(({ severity, n }) => [severity, n]))
    const { instruction, reasoning, input, output, broken, lineage } = content
    return {
      key,
      id,
      split,
      marked,
      instruction,
      reasoning,
      input,
      output,
      broken: broken && { message: broken.message, text: Buffer.from(broken.line, 'base64').toString('utf8') },
      lineage,
      errors: marks.get('error') ?? 0,
      warnings: marks.get('warning') ?? 0,
    }
  }

  return {
    insert: db.transaction((dataset: string, rows: readonly Omit<RowState, 'position'>[], from: number) => {
      let key = lastKey.get()?.seq ?? 0
      rows.forEach((row, i) => write(dataset, ++key, { ...row, position: from + i }, true))
    }),
    get,
    find: (dataset, keys) =>
      keys.flatMap((key) => {
        const row = one.get(dataset, key)
        return row ? [read(row)] : []
      }),
    keys(dataset, filter) {
      const { where, values } = conditions(dataset, filter)
      return db
        .prepare<unknown[], { key: number }>(`SELECT r.key FROM dataset_rows r WHERE ${where} ORDER BY r.position`)
        .all(...values)
        .map(({ key }) => key)
    },
    page(dataset, filter, limit, offset) {
      const { where, values } = conditions(dataset, filter)
      const { n } = db
        .prepare<unknown[], { n: number }>(`SELECT count(*) AS n FROM dataset_rows r WHERE ${where}`)
        .get(...values)!
      const rows = db
        .prepare<unknown[], Row>(`SELECT r.* FROM dataset_rows r WHERE ${where} ORDER BY r.position LIMIT ? OFFSET ?`)
        .all(...values, limit, offset)
      return { rows: rows.map((row) => record(read(row))), total: n }
    },
    place(dataset, filter, key) {
      const { where, values } = conditions(dataset, filter)
      const found = db
        .prepare<unknown[], { position: number }>(`SELECT r.position FROM dataset_rows r WHERE ${where} AND r.key = ?`)
        .get(...values, key)
      if (!found) return null
      return db
        .prepare<unknown[], { n: number }>(`SELECT count(*) AS n FROM dataset_rows r WHERE ${where} AND r.position < ?`)
        .get(...values, found.position)!.n
    },
    after: (dataset, position, limit) => afterPosition.all(dataset, position, limit).map(read),
    ends: (dataset) => ({ last: last.get(dataset)?.last ?? 0 }),
    nextPosition: (dataset, position) => next.get(dataset, position)?.position ?? null,
    hasId: (dataset, id) => withId.get(dataset, id) !== undefined,
    newKey() {
      const key = (lastKey.get()?.seq ?? 0) + 1
      // Taken at once: a key stands in the log of edits and must never mean another row.
      db.prepare(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'dataset_rows', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'dataset_rows')",
      ).run()
      db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'dataset_rows'").run(key)
      return key
    },
    apply: db.transaction((dataset: string, changes: readonly RowChange[], direction: 'forth' | 'back') => {
      for (const { key, before, after } of changes) {
        const target = direction === 'forth' ? after : before
        if (target === null) {
          dropText.run(key)
          remove.run(key)
          continue
        }
        const now = one.get(dataset, key)
        write(dataset, key, { ...(now ? read(now) : {}), ...target } as RowState, !now || target.content !== undefined)
      }
    }),
    clear: db.transaction((dataset: string) => {
      dropProblems.run(dataset)
      dropTexts.run(dataset)
      dropRows.run(dataset)
    }),
    counts(dataset) {
      const splits = { train: 0, val: 0, test: 0, none: 0 }
      let [rows, edits, generations, broken, marked] = [0, 0, 0, 0, 0]
      for (const entry of counted.all(dataset)) {
        if (entry.marked === 1) marked += entry.n
        if (entry.kind === 'broken') {
          broken += entry.n
          continue
        }
        rows += entry.n
        splits[entry.split ?? 'none'] += entry.n
        if (entry.kind === 'edit') edits += entry.n
        else generations += entry.n
      }
      const open = { errors: 0, warnings: 0 }
      for (const { code, n } of opened.all(dataset))
        open[problemSeverity[code] === 'error' ? 'errors' : 'warnings'] += n
      return { rows, splits, edits, generations, broken, marked, open }
    },
    record,
    setProblems: db.transaction((dataset: string, problems: readonly FoundProblem[]) => {
      dropProblems.run(dataset)
      problems.forEach(({ problem, row, other }, number) => {
        const { code } = problem
        const severity = problemSeverity[code]
        const of = [row?.key ?? null, row?.rev ?? null, row?.split ?? null, other]
        addProblem.run(dataset, number, code, severity, ...of, JSON.stringify(problem))
      })
    }),
    problems: (dataset, code, limit, offset) => ({
      problems: listed.all(dataset, code, limit, offset).map(readProblem),
      total: totalOfCode.get(dataset, code)!.n,
    }),
    problemsOf: (key) => ofRow.all(key).map(readProblem),
    findings: (dataset) => Object.fromEntries(opened.all(dataset).map(({ code, n }) => [code, n])),
    flagged: (dataset, code) => flaggedRows.all(dataset, code),
  }
}

const readProblem = ({ row, record }: { row: number | null; record: string }): RowProblem => ({
  ...(JSON.parse(record) as Problem),
  row,
})

function conditions(dataset: string, filter: RowFilter): { where: string; values: unknown[] } {
  const parts = ['r.dataset = ?']
  const values: unknown[] = [dataset]
  const add = (sql: string, ...of: unknown[]): void => {
    parts.push(sql)
    values.push(...of)
  }
  const { split, kind, marked, problems, code, query = '' } = filter
  if (split === 'none') add("r.split IS NULL AND r.kind <> 'broken'")
  else if (split !== undefined) add('r.split = ?', split)
  if (kind !== undefined) add('r.kind = ?', kind)
  if (marked !== undefined) add('r.marked = ?', Number(marked))
  if (problems === 'any') add(`EXISTS (${OF_ROW})`)
  else if (problems !== undefined) add(`EXISTS (${OF_ROW} AND p.severity = ?)`, problems.slice(0, -1))
  if (code !== undefined) add(`EXISTS (${OF_ROW} AND p.code = ?)`, code)
  const match = matchExpression(query)
  if (match) add('r.key IN (SELECT rowid FROM dataset_text WHERE dataset_text MATCH ?)', match)
  return { where: parts.join(' AND '), values }
}
