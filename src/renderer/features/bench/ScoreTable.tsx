/** Categories by dimensions: means with their 95 % intervals, shaded from the theme, published numbers beneath. */
import type { CSSProperties, ReactElement } from 'react'
import { publishedModes, publishedNote, publishedRows } from '../../../shared/bench-published.ts'
import type { BenchGroup, Estimate } from '../../../shared/bench.ts'
import { measureName, measures, number, percentOf, range, shade, type Measure } from './bench-words.ts'

export interface ScoreRow {
  readonly name: string
  readonly group: BenchGroup
  /** Set apart from the rows above it. */
  readonly total?: boolean
}

export function ScoreTable({
  label,
  first,
  rows,
  published = false,
}: {
  readonly label: string
  readonly first: string
  readonly rows: readonly ScoreRow[]
  readonly published?: boolean
}): ReactElement {
  return (
    <div className="bench-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="bench-table bench-grid-table">
        <thead>
          <tr>
            <th scope="col">{first}</th>
            <th scope="col">Prompts</th>
            {measures.map((measure) => (
              <th key={measure} scope="col">
                {measureName(measure)}
                {measure.startsWith('right') ? ' %' : ''}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, group, total }) => (
            <tr key={name} className={total ? 'bench-total' : undefined}>
              <th scope="row">{name}</th>
              <td>{group.prompts}</td>
              {measures.map((measure) => (
                <Cell key={measure} measure={measure} estimate={group[measure]} />
              ))}
            </tr>
          ))}
        </tbody>
        {published && <Published />}
      </table>
    </div>
  )
}

function Cell({ measure, estimate }: { readonly measure: Measure; readonly estimate: Estimate | null }): ReactElement {
  if (!estimate) return <td className="bench-none">–</td>
  const value = percentOf(measure, estimate.value)
  return (
    <td
      className="bench-heat"
      data-tone={shade(value).tone}
      style={{ '--heat': `${shade(value).share}%` } as CSSProperties}
    >
      <span className="bench-value">{number(value)}</span>
      <span className="bench-range">{range(measure, estimate)}</span>
    </td>
  )
}

/** The paper's own numbers, which nothing above can be set against. */
function Published(): ReactElement {
  const cells = (known: Readonly<Partial<Record<Measure, number>>>): ReactElement[] =>
    measures.map((measure) => (
      <td key={measure} className={known[measure] === undefined ? 'bench-none' : undefined}>
        {number(known[measure])}
      </td>
    ))
  return (
    <tbody className="bench-published">
      <tr>
        <th scope="rowgroup" colSpan={measures.length + 2}>
          {publishedNote[0]!.toUpperCase() + publishedNote.slice(1)}: for orientation, not to be set against the rows
          above
        </th>
      </tr>
      {publishedRows.map(({ model, columns, overall }) => (
        <tr key={model}>
          <th scope="row">{model}</th>
          <td className="bench-none">–</td>
          {cells({ ...columns, overall })}
        </tr>
      ))}
      {publishedModes.map(({ mode, ...known }) => (
        <tr key={mode}>
          <th scope="row">MMaDA-Parallel, {mode}</th>
          <td className="bench-none">–</td>
          {cells(known)}
        </tr>
      ))}
    </tbody>
  )
}
