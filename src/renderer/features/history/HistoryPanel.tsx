/** The history: every run of the project, found by the words of its instruction or reasoning, with all that made it. */
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import type { Run } from '../../../shared/studio.ts'
import { viewRun } from '../../state/playback.ts'
import { reuseSettings, updateRun } from '../../state/runs.ts'
import { useStudio } from '../../state/store.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { EmptyState, Notice } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { Popover } from '../../ui/Popover.tsx'
import { VirtualList } from '../../ui/VirtualList.tsx'
import { HistoryFilters } from './HistoryFilters.tsx'
import { HistoryRow, ROW_HEIGHT } from './HistoryRow.tsx'
import { placeOf } from './history-pages.ts'
import { filterCount, followHistory, look, remove, search, select, useHistory } from './history-state.ts'
import { RunDetails } from './RunDetails.tsx'
import './history.css'

export function HistoryPanel(): ReactElement {
  const project = useStudio((s) => s.project?.id ?? null)
  useEffect(() => followHistory(), [project])
  return (
    <div className="history">
      <SearchBar />
      <Results />
      <Chosen />
    </div>
  )
}

function SearchBar(): ReactElement {
  const query = useHistory((s) => s.query)
  const filter = useHistory((s) => s.filter)
  const anchor = useRef<HTMLSpanElement>(null)
  const [open, setOpen] = useState(false)
  const count = filterCount(filter)
  return (
    <div className="history-search" role="search">
      <span className="history-field">
        <Icon name="search" size={14} />
        <input
          type="search"
          className="text-field"
          aria-label="Search instruction and reasoning"
          placeholder="Search words of runs"
          value={query}
          maxLength={500}
          onChange={(event) => search({ query: event.target.value })}
        />
      </span>
      <span ref={anchor}>
        <IconButton
          icon="settings"
          label={count === 0 ? 'Filters' : `Filters, ${count} on`}
          pressed={count > 0}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        />
      </span>
      {open && (
        <Popover anchor={anchor} label="Filters" align="end" onClose={() => setOpen(false)}>
          <HistoryFilters />
        </Popover>
      )}
    </div>
  )
}

function Results(): ReactElement {
  const { pages, loading, error, query, filter, selected } = useHistory()
  const runs = useStudio((s) => s.runs)
  const viewed = useStudio((s) => s.viewedRun)
  const runAt = (index: number): Run | undefined => {
    const id = pages.ids.get(index)
    return id === undefined ? undefined : runs.get(id)
  }
  const onKey = (event: KeyboardEvent, index: number): boolean => {
    const run = runAt(index)
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return false
    const key = event.key.toLowerCase()
    if (key === 'enter') viewRun(run.id)
    else if (key === 'f') void updateRun(run.id, { favourite: !run.favourite })
    else if (key === 'x') void updateRun(run.id, { rejected: !run.rejected })
    else if (key === 'u') reuseSettings(run)
    else if (key === 'delete' || key === 'backspace') remove(run.id)
    else if (/^[0-5]$/.test(key)) void updateRun(run.id, { rating: Number(key) })
    else return false
    return true
  }
  if (error !== null)
    return (
      <div className="history-list">
        <Notice tone="danger" actions={<Button onClick={() => search()}>Try again</Button>}>
          {error}
        </Notice>
      </div>
    )
  if (pages.total === 0) {
    if (loading) return <div className="history-list" aria-busy="true" />
    const narrowed = query.trim() !== '' || filterCount(filter) > 0
    return (
      <div className="history-list">
        {narrowed ? (
          <EmptyState
            icon="search"
            title="No run matches"
            actions={<Button onClick={() => search({ query: '', filter: {} })}>Show all runs</Button>}
          />
        ) : (
          <EmptyState icon="history" title="No runs yet">
            Every run is kept here, with its reasoning, its steps and all that made it.
          </EmptyState>
        )}
      </div>
    )
  }
  return (
    <>
      <p className="history-count" role="status">
        {pages.total === 1 ? '1 run' : `${pages.total.toLocaleString('en')} runs`}
      </p>
      <div className="history-list">
        <VirtualList
          label="Runs"
          count={pages.total}
          rowHeight={ROW_HEIGHT}
          selected={placeOf(pages, selected)}
          keyOf={(index) => pages.ids.get(index) ?? `place-${index}`}
          onRange={look}
          onSelect={(index) => {
            const run = runAt(index)
            if (run) select(run.id)
          }}
          onKey={onKey}
          renderRow={(index) => <HistoryRow run={runAt(index)} viewed={viewed} onOpen={(run) => viewRun(run.id)} />}
        />
      </div>
    </>
  )
}

function Chosen(): ReactElement | null {
  const selected = useHistory((s) => s.selected)
  const run = useStudio((s) => (selected === null ? undefined : s.runs.get(selected)))
  return run ? <RunDetails run={run} onClose={() => select(null)} /> : null
}
