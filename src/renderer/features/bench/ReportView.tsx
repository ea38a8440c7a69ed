/** A report: the table, how sure it is, the line along the trajectory, what could not be judged, and how judges agree. */
import type { ReactElement } from 'react'
import type { BenchReport } from '../../../shared/bench.ts'
import { Notice } from '../../ui/feedback.tsx'
import { AlongChart } from './AlongChart.tsx'
import { measureName, number, unconfirmedWords } from './bench-words.ts'
import { ScoreTable, type ScoreRow } from './ScoreTable.tsx'

export function ReportView({ report }: { readonly report: BenchReport }): ReactElement {
  const { categories, held_out, overall, expected, judged, unjudged, judge, along, settings } = report
  const missing = expected - judged - unjudged.length
  const rows: ScoreRow[] = [
    ...Object.entries(categories).map(([name, group]) => ({ name, group })),
    ...(held_out ? [{ name: 'Held out of training', group: held_out }] : []),
    { name: 'All', group: overall, total: true },
  ]
  return (
    <div className="bench-report">
      {missing > 0 && (
        <Notice>
          Not finished: {missing} of {expected} answers are missing. The numbers are those of what is judged so far.
        </Notice>
      )}
      <ScoreTable label="Scores by category" first="Category" rows={rows} published />
      <p className="bench-note">
        Judge: {judge}. Under each number its 95 % interval: cluster bootstrap over prompts and seeds, Wilson for the
        shares.
        {overall.overall === null && settings.mode === 'image-only'
          ? ' Pictures without reasoning have half of the columns and no overall.'
          : ''}
      </p>
      {report.model_unconfirmed > 0 && <Notice>{unconfirmedWords(report.model_unconfirmed)}</Notice>}
      {along && <AlongChart series={{ [settings.mode]: along }} />}
      {unjudged.length > 0 && <Unjudged unjudged={unjudged} />}
      {report.agreement.length > 0 && <Agreement agreement={report.agreement} judge={judge} />}
    </div>
  )
}

const LISTED = 100

function Unjudged({ unjudged }: Pick<BenchReport, 'unjudged'>): ReactElement {
  return (
    <section aria-label="Unjudged answers">
      <h3>Unjudged: {unjudged.length}, in no number above</h3>
      <div
        className="bench-scroll bench-scroll-low"
        tabIndex={0}
        role="region"
        aria-label="Unjudged answers, with reasons"
      >
        <table className="bench-table">
          <thead>
            <tr>
              <th scope="col">Prompt</th>
              <th scope="col">Seed</th>
              <th scope="col" className="bench-text">
                Why
              </th>
            </tr>
          </thead>
          <tbody>
            {unjudged.slice(0, LISTED).map(({ id, seed, reason }) => (
              <tr key={`${id} ${seed}`}>
                <th scope="row">{id}</th>
                <td>{seed}</td>
                <td className="bench-text">{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {unjudged.length > LISTED && <p className="bench-note">The first {LISTED} are listed.</p>}
    </section>
  )
}

function Agreement({
  agreement,
  judge,
}: {
  readonly agreement: BenchReport['agreement']
  readonly judge: string
}): ReactElement {
  return (
    <section aria-label="Agreement of judges">
      <h3>Agreement with {judge} over the same answers</h3>
      <table className="bench-table bench-narrow">
        <thead>
          <tr>
            <th scope="col">Judge</th>
            <th scope="col">Dimension</th>
            <th scope="col">Answers</th>
            <th scope="col">Pearson’s r</th>
            <th scope="col">Mean difference</th>
          </tr>
        </thead>
        <tbody>
          {agreement.flatMap(({ judge: other, answers, dimensions }) =>
            Object.entries(dimensions).map(([dimension, { correlation, mean_difference }], i) => (
              <tr key={`${other} ${dimension}`}>
                <th scope="row">{i === 0 ? other : ''}</th>
                <td className="bench-text">{measureName(dimension)}</td>
                <td>{answers}</td>
                <td>{number(correlation, 2)}</td>
                <td>{number(mean_difference)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </section>
  )
}
