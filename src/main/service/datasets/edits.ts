/** What a person's change of a set means for its rows: an edit with everything before and after, so that it can be undone. */
import { randomBytes } from 'node:crypto'
import type { RowAction } from '../../../shared/dataset-records.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { DatasetRowStore, RowChange, RowContent, RowSplit, StoredRow } from '../../store/dataset-rows.ts'

export interface PlannedEdit {
  readonly name: string
  readonly changes: readonly RowChange[]
  /** Only marks: what the set holds is the same. */
  readonly marksOnly: boolean
}

export const newRev = (): string => randomBytes(6).toString('hex')

const plural = (n: number): string => (n === 1 ? 'a row' : `${n} rows`)

/** Null where nothing would change. */
export function planEdit(
  rows: DatasetRowStore,
  dataset: string,
  action: Exclude<RowAction, { do: 'picture' }>,
): PlannedEdit | null {
  const chosen = (which: Extract<RowAction, { do: 'delete' }>['which']): StoredRow[] =>
    rows.find(dataset, 'rows' in which ? which.rows : rows.keys(dataset, which.filter))
  switch (action.do) {
    case 'text': {
      const row = rows.get(dataset, action.row)
      if (row.content.broken) throw new TandemError('That line is no row.', 'Delete it, or mend it where it came from.')
      const { instruction = row.content.instruction, reasoning = row.content.reasoning } = action
      if (instruction === row.content.instruction && reasoning === row.content.reasoning) return null
      return edit('Edit the text', [changeContent(row, { instruction, reasoning })])
    }
    case 'split':
      return planSplits(
        `Set the split of ${'rows' in action.which && action.which.rows.length === 1 ? 'a row' : 'rows'}`,
        chosen(action.which).map((row) => [row, action.split]),
      )
    case 'mark': {
      const changes = chosen(action.which)
        .filter((row) => row.marked !== action.marked)
        .map(({ key, marked }): RowChange => ({ key, before: { marked }, after: { marked: action.marked } }))
      const name = `${action.marked ? 'Mark' : 'Unmark'} ${plural(changes.length)}`
      return changes.length === 0 ? null : { name, changes, marksOnly: true }
    }
    case 'delete':
      return planDelete('Delete', chosen(action.which))
    case 'duplicate': {
      const row = rows.get(dataset, action.row)
      const { key: _, ...state } = row
      const next = rows.nextPosition(dataset, row.position)
      const between = next === null ? row.position + 1 : (row.position + next) / 2
      // Halves run out after some fifty copies in one place.
      const position = between > row.position && between !== next ? between : rows.ends(dataset).last + 1
      const after = { ...state, position, id: freeId(rows, dataset, row.id), rev: newRev(), marked: false }
      return edit('Duplicate a row', [{ key: rows.newKey(), before: null, after }])
    }
    case 'fix':
      return planFix(rows, dataset, action)
  }
}

function planFix(
  rows: DatasetRowStore,
  dataset: string,
  { code, how }: Extract<RowAction, { do: 'fix' }>,
): PlannedEdit | null {
  const flagged = rows.flagged(dataset, code)
  const all = rows.find(
    dataset,
    flagged.map(({ row }) => row),
  )
  if (how === 'delete') return planDelete('Drop', all)
  if (how === 'same-split') {
    const target = new Map(
      flagged.flatMap(({ row, other }): [number, RowSplit][] => {
        const [first] = other === null ? [] : rows.find(dataset, [other])
        return first ? [[row, first.split]] : []
      }),
    )
    return planSplits(
      'Keep pairs in one split',
      all.flatMap((row): [StoredRow, RowSplit][] => (target.has(row.key) ? [[row, target.get(row.key)!]] : [])),
    )
  }
  const taken = new Set<string>()
  return edit(
    'Give new ids',
    all.map((row) => {
      const id = freeId(rows, dataset, row.id, taken)
      taken.add(id)
      return { key: row.key, before: { id: row.id, rev: row.rev }, after: { id, rev: newRev() } }
    }),
  )
}

/** Rows with the split each is to have. */
export function planSplits(name: string, wanted: readonly (readonly [StoredRow, RowSplit])[]): PlannedEdit | null {
  const changes = wanted
    .filter(([row, split]) => row.split !== split && row.content.broken === null)
    .map(([{ key, split }, to]): RowChange => ({ key, before: { split }, after: { split: to } }))
  return edit(name, changes)
}

function planDelete(verb: string, all: readonly StoredRow[]): PlannedEdit | null {
  const changes = all.map(({ key, ...state }): RowChange => ({ key, before: state, after: null }))
  return edit(`${verb} ${plural(changes.length)}`, changes)
}

const edit = (name: string, changes: readonly RowChange[]): PlannedEdit | null =>
  changes.length === 0 ? null : { name, changes, marksOnly: false }

export function changeContent(row: StoredRow, by: Partial<RowContent>): RowChange {
  const { key, content, rev } = row
  return { key, before: { content, rev }, after: { content: { ...content, ...by }, rev: newRev() } }
}

/** The id itself, or the id with the first number that nobody has. */
export function freeId(rows: DatasetRowStore, dataset: string, id: string, taken?: ReadonlySet<string>): string {
  const stem = id.replace(/-\d+$/, '') || 'row'
  for (let n = 2; ; n++) {
    const tried = `${stem}-${n}`
    if (!rows.hasId(dataset, tried) && !taken?.has(tried)) return tried
  }
}
