/** What a set is made of: rows and splits, lengths, words and sizes of pictures, as the last check counted them. */
import type { ReactElement } from 'react'
import type { Dataset, DatasetFacts } from '../../../shared/dataset-records.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState, Notice } from '../../ui/feedback.tsx'
import { startCheck } from './check.ts'
import { size } from './words.ts'

const LISTED = 24

export function StatsView({ set }: { readonly set: Dataset }): ReactElement {
  const { stats } = set
  if (!stats)
    return (
      <EmptyState
        title="Not counted yet"
        actions={
          <Button icon="check" disabled={set.rows === 0} onClick={() => void startCheck(set.id)}>
            Check and count
          </Button>
        }
      >
        The check also counts lengths, words and sizes.
      </EmptyState>
    )
  return (
    <div className="data-pad data-stats">
      {stats.stand !== set.stand && (
        <Notice actions={<Button onClick={() => void startCheck(set.id)}>Count again</Button>}>
          The set was changed since it was counted.
        </Notice>
      )}
      <Rows stats={stats} />
      <Lengths stats={stats} />
      <Bars
        title="Words"
        note={`${stats.distinctWords.toLocaleString('en')} different ones; the most frequent:`}
        entries={stats.words.slice(0, LISTED)}
      />
      <Bars
        title="Output pictures"
        note={`${size(stats.bytes)} in all pictures of the set.`}
        entries={stats.sizes.slice(0, LISTED)}
      />
    </div>
  )
}

const number = (value: number): string => value.toLocaleString('en')

function Rows({
  stats: { rows, unreadable, splits, edits, generations },
}: {
  readonly stats: DatasetFacts
}): ReactElement {
  const share = (n: number): string => (rows === 0 ? '' : `${((100 * n) / rows).toFixed(1)} %`)
  const lines: readonly (readonly [string, number])[] = [
    ['Train', splits.train],
    ['Val', splits.val],
    ['Test', splits.test],
    ['No split (trains)', splits.none],
    ['Edits', edits],
    ['Generations', generations],
    ['Not readable', unreadable],
  ]
  return (
    <section aria-label="Rows">
      <h3>Rows</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Rows</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {lines
            .filter(([, n]) => n > 0)
            .map(([name, n]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{number(n)}</td>
                <td>{share(n)}</td>
              </tr>
            ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All</th>
            <td>{number(rows)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </section>
  )
}

function Lengths({ stats }: { readonly stats: DatasetFacts }): ReactElement {
  return (
    <section aria-label="Lengths">
      <h3>Lengths in {stats.unit}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Text</th>
            <th scope="col">Shortest</th>
            <th scope="col">Median</th>
            <th scope="col">95 %</th>
            <th scope="col">Longest</th>
          </tr>
        </thead>
        <tbody>
          {(['instruction', 'reasoning'] as const).map((name) => {
            const spread = stats[name]
            return (
              spread && (
                <tr key={name}>
                  <th scope="row">{name === 'instruction' ? 'Instruction' : 'Reasoning'}</th>
                  <td>{number(spread.min)}</td>
                  <td>{number(spread.median)}</td>
                  <td>{number(spread.p95)}</td>
                  <td>{number(spread.max)}</td>
                </tr>
              )
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

function Bars({
  title,
  note,
  entries,
}: {
  readonly title: string
  readonly note: string
  readonly entries: readonly (readonly [string, number])[]
}): ReactElement {
  const most = Math.max(1, ...entries.map(([, n]) => n))
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <p className="data-stats-note">{note}</p>
      <table className="data-bars">
        <tbody>
          {entries.map(([name, n]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <span className="data-bar-track">
                  <span style={{ width: `${(100 * n) / most}%` }} />
                </span>
              </td>
              <td>{number(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
