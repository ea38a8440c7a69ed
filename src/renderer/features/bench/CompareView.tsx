/** Two or more runs, prompt by prompt: the difference to the first with its interval, and how many went which way. */
import { useState, type ReactElement } from 'react'
import type { BenchComparison } from '../../../shared/bench.ts'
import { api } from '../../api.ts'
import { useJobs } from '../../state/jobs.ts'
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import { show, useBenchJobs } from './bench-state.ts'
import { measureName, number, settingsLine, signed, verdict } from './bench-words.ts'
import { exportItems } from './export-menu.ts'
import { toastError } from '../../state/toasts.ts'
import { useAnswer } from './use-answer.ts'

export function CompareView({ jobs: ids }: { readonly jobs: readonly string[] }): ReactElement {
  const known = useBenchJobs()
  const loaded = useJobs((s) => s.loaded)
  const jobs = ids.flatMap((id) => known.find((job) => job.id === id) ?? [])
  const [base, setBase] = useState(ids[0] ?? '')
  const first = jobs.find(({ id }) => id === base) ?? jobs[0]
  if (!first || jobs.length < 2)
    return loaded ? (
      <Notice>These runs are not there any more. Tick two others on the left.</Notice>
    ) : (
      <ProgressBar value={null} label="Loading the runs" />
    )
  return (
    <div className="bench-view">
      <header className="bench-head">
        <div className="bench-head-row">
          <h2>Compare {jobs.length} runs</h2>
          <span className="bench-head-actions">
            <Select
              label="Against"
              value={first.id}
              options={jobs.map(({ id, title }) => ({ value: id, label: title }))}
              onChange={setBase}
            />
          </span>
        </div>
      </header>
      {jobs
        .filter(({ id }) => id !== first.id)
        .map((job) => (
          <Pair key={job.id} a={first} b={job} />
        ))}
    </div>
  )
}

interface Named {
  readonly id: string
  readonly title: string
}

function Pair({ a, b }: { readonly a: Named; readonly b: Named }): ReactElement {
  const { value, error } = useAnswer(`compare ${a.id} ${b.id}`, () =>
    api.call('bench.compare', { a: { job: a.id }, b: { job: b.id } }),
  )
  const vote = async (): Promise<void> => {
    try {
      show({ kind: 'vote', study: (await api.call('bench.startStudy', { a: a.id, b: b.id })).id })
    } catch (error) {
      toastError(error)
    }
  }
  return (
    <section className="bench-pair" aria-label={`${b.title} against ${a.title}`}>
      <header className="bench-head-row">
        <h3>
          {b.title} against {a.title}
        </h3>
        <span className="bench-head-actions">
          <Button icon="eye-off" onClick={() => void vote()}>
            Vote blind
          </Button>
          <MenuButton
            label="Export this comparison"
            items={exportItems({ of: 'comparison', runs: [{ job: a.id }, { job: b.id }] })}
          />
        </span>
      </header>
      {error ? (
        <Notice tone="danger">{error}</Notice>
      ) : value ? (
        <Differences comparison={value.comparison} />
      ) : (
        <ProgressBar value={null} label="Comparing" />
      )}
    </section>
  )
}

function Differences({ comparison }: { readonly comparison: BenchComparison }): ReactElement {
  const parts = { All: comparison.overall, ...comparison.categories }
  const [part, setPart] = useState('All')
  const shown = parts[part as keyof typeof parts] ?? comparison.overall
  return (
    <>
      <p className="bench-note">
        A: {settingsLine(comparison.a)}. B: {settingsLine(comparison.b)}. {comparison.overall.pairs} pairs by prompt and
        seed
        {comparison.unpaired > 0 ? `, ${comparison.unpaired} answers without a partner` : ''}. Judge: {comparison.judge}
        .
      </p>
      <div className="bench-judge">
        <Select
          label="Category"
          value={part}
          options={Object.entries(parts).map(([name, { pairs }]) => ({ value: name, label: `${name} (${pairs})` }))}
          onChange={setPart}
        />
      </div>
      <table className="bench-table bench-narrow">
        <thead>
          <tr>
            <th scope="col">Measure</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
            <th scope="col">B − A</th>
            <th scope="col">95 % interval</th>
            <th scope="col">Better</th>
            <th scope="col">Worse</th>
            <th scope="col">Equal</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(shown.measures).map(([measure, { a, b, difference, better, worse, equal }]) => (
            <tr key={measure} className={measure === 'overall' ? 'bench-total' : undefined}>
              <th scope="row">{measureName(measure)}</th>
              <td>{number(a)}</td>
              <td>{number(b)}</td>
              <td className={`bench-diff bench-${verdict(difference)}`}>{signed(difference.value)}</td>
              <td>
                {signed(difference.low)} to {signed(difference.high)}
              </td>
              <td>{better}</td>
              <td>{worse}</td>
              <td>{equal}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="bench-note">Set in colour where the interval leaves zero out.</p>
    </>
  )
}
