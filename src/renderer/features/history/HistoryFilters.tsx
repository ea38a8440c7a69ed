/** What narrows the history. */
import type { ReactElement } from 'react'
import { modes } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { Button } from '../../ui/Button.tsx'
import { Select, Switch } from '../../ui/choices.tsx'
import { filterCount, search, useHistory, type Filter } from './history-state.ts'

/** A choice that stands for none: every option of a select is a text. */
const ANY = 'any'

export function HistoryFilters(): ReactElement {
  const filter = useHistory((s) => s.filter)
  const everywhere = useHistory((s) => s.everywhere)
  const models = useStudio((s) => s.models)
  const change = (next: Partial<Record<keyof Filter, unknown>>): void => {
    const merged = Object.entries({ ...filter, ...next }).filter(([, value]) => value !== undefined && value !== false)
    search({ filter: Object.fromEntries(merged) })
  }
  return (
    <div className="history-filters">
      <Select
        label="Model"
        value={filter.model ?? ANY}
        options={[{ value: ANY, label: 'Any' }, ...models.map(({ id, name }) => ({ value: id, label: name }))]}
        onChange={(model) => change({ model: model === ANY ? undefined : model })}
      />
      <Select
        label="Mode"
        value={filter.mode ?? ANY}
        options={[{ value: ANY, label: 'Any' }, ...modes.map(({ mode, name }) => ({ value: mode, label: name }))]}
        onChange={(mode) => change({ mode: mode === ANY ? undefined : mode })}
      />
      <Select
        label="Rating"
        value={String(filter.minRating ?? 0)}
        options={[
          { value: '0', label: 'Any' },
          ...[1, 2, 3, 4, 5].map((rating) => ({
            value: String(rating),
            label: rating === 5 ? '5' : `${rating} or more`,
          })),
        ]}
        onChange={(rating) => change({ minRating: rating === '0' ? undefined : Number(rating) })}
      />
      <Switch
        label="Favourites only"
        checked={filter.favourite ?? false}
        onChange={(favourite) => change({ favourite: favourite || undefined })}
      />
      <Switch
        label="Rejected ones too"
        checked={filter.rejected ?? false}
        onChange={(rejected) => change({ rejected: rejected || undefined })}
      />
      <Switch label="Of every project" checked={everywhere} onChange={(next) => search({ everywhere: next })} />
      <Button kind="quiet" disabled={filterCount(filter) === 0} onClick={() => search({ filter: {} })}>
        Clear the filters
      </Button>
    </div>
  )
}
