/** The rows of a set: search and filters, the list, and the chosen row beside it. Everything works from the keyboard. */
import { useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react'
import { rowFilterSchema, type Dataset, type RowFilter } from '../../../shared/dataset-records.ts'
import { problemWords } from '../../../shared/dataset-fixes.ts'
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { EmptyState, Notice } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import { useRemembered } from '../../ui/remembered.ts'
import { Splitter } from '../../ui/Splitter.tsx'
import { VirtualList } from '../../ui/VirtualList.tsx'
import { showDialog } from './dialogs.ts'
import { rowAt } from './pages.ts'
import { RowDetail } from './RowDetail.tsx'
import { ROW_HEIGHT, RowLine } from './RowLine.tsx'
import { choose, edit, filterCount, look, search, useRows } from './rows-state.ts'
import { focusRowText, rowKey } from './row-keys.ts'

export function RowsView({ set }: { readonly set: Dataset }): ReactElement {
  const [width, setWidth] = useRemembered<number>('pane.dataRow', firstWidth())
  const key = useRows((s) => s.key)
  return (
    <div className="data-rows">
      <div className="data-browse">
        <Filters set={set} />
        <List set={set} />
      </div>
      <Splitter
        label="Width of the row"
        orientation="vertical"
        after
        value={width}
        min={320}
        max={900}
        initial={firstWidth()}
        onChange={setWidth}
      />
      <aside className="data-detail" style={{ width }} aria-label="Row">
        {key !== null ? (
          <RowDetail key={`${set.id}/${key}`} set={set} row={key} />
        ) : (
          <EmptyState icon="picture" title="No row chosen" />
        )}
      </aside>
    </div>
  )
}

/** A third of the window, so that wide ones show large pictures. */
const firstWidth = (): number => Math.round(Math.min(680, Math.max(420, window.innerWidth * 0.34)))

type Choice = 'any' | NonNullable<RowFilter['split']>
type Kind = 'all' | 'problems' | 'marked' | 'errors' | 'warnings' | NonNullable<RowFilter['kind']>

function Filters({ set }: { readonly set: Dataset }): ReactElement {
  const filter = useRows((s) => s.filter)
  const total = useRows((s) => s.pages.total)
  const narrow = (by: Partial<Record<keyof RowFilter, unknown>>): void => {
    const next = Object.entries({ ...filter, ...by }).filter(([, value]) => value !== undefined && value !== '')
    search({ filter: rowFilterSchema.parse(Object.fromEntries(next)), index: 0 })
  }
  const found = filter.problems === 'any' ? 'problems' : filter.problems
  const shown: Kind = filter.marked ? 'marked' : (found ?? filter.kind ?? 'all')
  const narrowed = filterCount(filter) > 0 || (filter.query ?? '') !== ''
  return (
    <div className="data-filters" role="search">
      <span className="data-field">
        <Icon name="search" size={14} />
        <input
          type="search"
          className="text-field"
          aria-label="Search instruction and reasoning"
          placeholder="Search instruction, reasoning"
          value={filter.query ?? ''}
          maxLength={500}
          onChange={(event) => narrow({ query: event.target.value })}
        />
      </span>
      <Select<Choice>
        bare
        label="Split"
        value={filter.split ?? 'any'}
        options={[
          { value: 'any', label: 'Every split' },
          { value: 'train', label: 'Train' },
          { value: 'val', label: 'Val' },
          { value: 'test', label: 'Test' },
          { value: 'none', label: 'No split' },
        ]}
        onChange={(split) => narrow({ split: split === 'any' ? undefined : split })}
      />
      <Select<Kind>
        bare
        label="Rows shown"
        value={shown}
        options={[
          { value: 'all', label: 'All rows' },
          { value: 'problems', label: 'With problems' },
          { value: 'errors', label: 'With errors' },
          { value: 'warnings', label: 'With warnings' },
          { value: 'marked', label: 'Marked' },
          { value: 'edit', label: 'Edits' },
          { value: 'generation', label: 'Generations' },
          { value: 'broken', label: 'Lines that are no rows' },
        ]}
        onChange={(kind) =>
          narrow({
            marked: kind === 'marked' ? true : undefined,
            problems: kind === 'problems' ? 'any' : kind === 'errors' || kind === 'warnings' ? kind : undefined,
            kind: kind === 'edit' || kind === 'generation' || kind === 'broken' ? kind : undefined,
          })
        }
      />
      {filter.code && (
        <Button kind="quiet" icon="x" onClick={() => narrow({ code: undefined })}>
          {problemWords[filter.code].title}
        </Button>
      )}
      <span className="data-count" role="status">
        {narrowed ? `${total.toLocaleString('en')} of ${(set.rows + set.broken).toLocaleString('en')}` : ''}
      </span>
      <Bulk set={set} total={total} filter={filter} />
    </div>
  )
}

/** What is done to every row that is shown, as one step of undo. */
function Bulk({
  set,
  total,
  filter,
}: {
  readonly set: Dataset
  readonly total: number
  readonly filter: RowFilter
}): ReactElement {
  const all = { filter: rowFilterSchema.parse(filter) }
  const none = total === 0
  const fixed = none || !set.editable
  return (
    <MenuButton
      label="All rows shown"
      items={[
        {
          label: 'Mark all shown',
          icon: 'star',
          disabled: none,
          onSelect: () => void edit({ do: 'mark', which: all, marked: true }),
        },
        {
          label: 'Unmark all shown',
          disabled: none,
          onSelect: () => void edit({ do: 'mark', which: all, marked: false }),
        },
        'divider',
        ...(['train', 'val', 'test'] as const).map((split) => ({
          label: `Set their split to ${split}`,
          disabled: fixed,
          onSelect: () => void edit({ do: 'split', which: all, split }),
        })),
        'divider',
        {
          label: 'Delete all shown …',
          icon: 'trash',
          danger: true,
          disabled: fixed,
          onSelect: () => showDialog({ name: 'delete-shown' }),
        },
      ]}
    />
  )
}

function List({ set }: { readonly set: Dataset }): ReactElement {
  const { pages, loading, error, index, filter } = useRows()
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // The list has the keyboard when it comes up, unless somebody is typing.
    if (document.activeElement === document.body) list.current?.querySelector<HTMLElement>('[role=listbox]')?.focus()
  }, [])
  const onKey = (event: KeyboardEvent, at: number): boolean => {
    const row = rowAt(pages, at)
    return row !== undefined && rowKey(event, set, row)
  }
  if (error !== null)
    return (
      <div className="data-pad">
        <Notice tone="danger" actions={<Button onClick={() => search({})}>Try again</Button>}>
          {error}
        </Notice>
      </div>
    )
  if (pages.total === 0) {
    if (loading) return <div className="data-scroll" aria-busy="true" />
    return filterCount(filter) > 0 || (filter.query ?? '') !== '' ? (
      <EmptyState
        icon="search"
        title="No row matches"
        actions={<Button onClick={() => search({ filter: {}, index: 0 })}>Show all rows</Button>}
      />
    ) : (
      <EmptyState icon="picture" title="No rows yet">
        Run an edit, and when it is right choose "This edit was right": it becomes a row here, with its reasoning as you
        correct it.
      </EmptyState>
    )
  }
  return (
    <div className="data-scroll" ref={list}>
      <VirtualList
        label="Rows"
        count={pages.total}
        rowHeight={ROW_HEIGHT}
        selected={Math.min(index, pages.total - 1)}
        keyOf={(at) => String(rowAt(pages, at)?.key ?? `place-${at}`)}
        onRange={look}
        onSelect={choose}
        onKey={onKey}
        renderRow={(at) => <RowLine dataset={set.id} row={rowAt(pages, at)} onOpen={focusRowText} />}
      />
    </div>
  )
}
