/** What blind votes came to: who won how often, how sure that is, and which judge saw it the same way. */
import type { CSSProperties, ReactElement } from 'react'
import type { VoteReport } from '../../../shared/bench-read.ts'
import type { Study } from '../../../shared/ipc-bench.ts'
import { api } from '../../api.ts'
import { useJobs } from '../../state/jobs.ts'
import { toastError } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import { show } from './bench-state.ts'
import { number } from './bench-words.ts'
import { voteItems } from './export-menu.ts'
import { useAnswer } from './use-answer.ts'

const useTitle = (job: string): string => useJobs((s) => s.jobs.get(job)?.title ?? 'A run')

export function VoteResult({ study }: { readonly study: Study }): ReactElement {
  const [a, b] = [useTitle(study.a), useTitle(study.b)]
  const { value, error } = useAnswer(`votes ${study.id} ${study.voted}`, () =>
    api.call('bench.votes', { study: study.id }),
  )
  if (error) return <Notice tone="danger">{error}</Notice>
  if (!value) return <ProgressBar value={null} label="Counting the votes" />
  if (!value.report) return <EmptyState title="No vote yet">Vote on a pair first.</EmptyState>
  return <Counted a={a} b={b} study={study} report={value.report} />
}

function Counted({
  a,
  b,
  study,
  report,
}: {
  readonly a: string
  readonly b: string
  readonly study: Study
  readonly report: VoteReport
}): ReactElement {
  const { overall, categories, elo, agreement } = report
  const percent = (x: number): string => number(100 * x)
  return (
    <div className="bench-report">
      <p>
        A: {a}. B: {b}. B won <strong>{percent(overall.win_rate.value)} %</strong> of {overall.pairs} pairs (95 %:{' '}
        {percent(overall.win_rate.low)} to {percent(overall.win_rate.high)}), a tie being half a win.{' '}
        {elo
          ? `Bradley-Terry: B is ${number(elo.value, 0)} points of Elo from A (${number(elo.low, 0)} to ${number(elo.high, 0)}).`
          : 'One of them won everything: Bradley-Terry has no number for that.'}
      </p>
      <div
        className="bench-bar"
        role="img"
        aria-label={`A ${overall.a}, neither ${overall.tie + overall.both_bad}, B ${overall.b}`}
        style={
          {
            '--a': overall.a,
            '--n': overall.tie + overall.both_bad,
            '--b': overall.b,
          } as CSSProperties
        }
      >
        <span>{overall.a > 0 ? `A ${overall.a}` : ''}</span>
        <span>{overall.tie + overall.both_bad > 0 ? `neither ${overall.tie + overall.both_bad}` : ''}</span>
        <span>{overall.b > 0 ? `B ${overall.b}` : ''}</span>
      </div>
      <table className="bench-table bench-narrow">
        <thead>
          <tr>
            <th scope="col">Category</th>
            <th scope="col">Pairs</th>
            <th scope="col">A</th>
            <th scope="col">Tie</th>
            <th scope="col">Both bad</th>
            <th scope="col">B</th>
            <th scope="col">B wins %</th>
            <th scope="col">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          {[...Object.entries(categories), ['All', overall] as const].map(([name, shares]) => (
            <tr key={name} className={name === 'All' ? 'bench-total' : undefined}>
              <th scope="row">{name}</th>
              <td>{shares.pairs}</td>
              <td>{shares.a}</td>
              <td>{shares.tie}</td>
              <td>{shares.both_bad}</td>
              <td>{shares.b}</td>
              <td>{percent(shares.win_rate.value)}</td>
              <td>
                {percent(shares.win_rate.low)} to {percent(shares.win_rate.high)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {agreement.length > 0 && (
        <>
          <h3>Does a judge see it the same way?</h3>
          <table className="bench-table bench-narrow">
            <thead>
              <tr>
                <th scope="col">Judge</th>
                <th scope="col">Pairs</th>
                <th scope="col">Same preference %</th>
                <th scope="col">Cohen’s kappa</th>
                <th scope="col">Pearson’s r</th>
              </tr>
            </thead>
            <tbody>
              {agreement.map(({ judge, pairs, same, kappa, correlation }) => (
                <tr key={judge}>
                  <th scope="row">{judge}</th>
                  <td>{pairs}</td>
                  <td>{percent(same)}</td>
                  <td>{number(kappa, 2)}</td>
                  <td>{number(correlation, 2)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <p className="bench-note">
        Sides and order were drawn from seed {study.seed}.
        {study.identical > 0 ? ` ${study.identical} pairs alike in picture and words are counted as ties.` : ''}
      </p>
    </div>
  )
}

/** Blind comparisons a run takes part in. */
export function StudiesOf({ job }: { readonly job: string }): ReactElement {
  const { value, error, again } = useAnswer(`studies ${job}`, async () =>
    (await api.call('bench.studies', {})).studies.filter(({ a, b }) => a === job || b === job),
  )
  if (error) return <Notice tone="danger">{error}</Notice>
  if (!value) return <ProgressBar value={null} label="Loading the votes" />
  if (value.length === 0)
    return (
      <EmptyState icon="eye-off" title="No vote on this run yet">
        Tick this run and another of the same suite on the left, then “Vote blind”: answers side by side, without names.
      </EmptyState>
    )
  return (
    <div className="bench-report">
      {value.map((study) => (
        <section key={study.id} className="bench-pair" aria-label="Blind votes">
          <header className="bench-head-row">
            <h3>
              {study.voted} of {study.pairs} votes, {new Date(study.createdAt).toLocaleString()}
            </h3>
            <span className="bench-head-actions">
              {study.voted < study.pairs && (
                <Button icon="play" onClick={() => show({ kind: 'vote', study: study.id })}>
                  Go on voting
                </Button>
              )}
              {study.voted > 0 && (
                <MenuButton small icon="download" label="Export these votes" items={voteItems(study.id)} />
              )}
              <IconButton
                small
                icon="trash"
                label="Delete these votes"
                onClick={() => void api.call('bench.deleteStudy', { study: study.id }).then(again, toastError)}
              />
            </span>
          </header>
          {study.voted > 0 && <VoteResult study={study} />}
        </section>
      ))}
    </div>
  )
}
