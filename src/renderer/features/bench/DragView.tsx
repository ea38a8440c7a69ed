/** Reasoning drag: what thinking does to the picture, by mode and category, and the pairs that lost most, opened in step. */
import { useState, type ReactElement } from 'react'
import type { DragGroup, DragReport } from '../../../shared/bench.ts'
import { decodingModeSchema, type DecodingMode } from '../../../shared/trajectory.ts'
import type { JobOf } from '../../state/jobs.ts'
import { modeName } from '../../state/runs-words.ts'
import { Button } from '../../ui/Button.tsx'
import { SegmentedControl, Select } from '../../ui/choices.tsx'
import { EmptyState, Notice } from '../../ui/feedback.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { AlongChart } from './AlongChart.tsx'
import { Answers } from './Answers.tsx'
import { dragReportOf } from './bench-results.ts'
import { showTab, useBench } from './bench-state.ts'
import { number, settingsLine, shade, signed, unconfirmedWords, verdict } from './bench-words.ts'
import { exportItems } from './export-menu.ts'
import { openPair } from './open-runs.ts'
import { RunHead } from './RunHead.tsx'
import { ScoreTable } from './ScoreTable.tsx'

export function DragView({ job }: { readonly job: JobOf<'parabench-drag'> }): ReactElement {
  const tab = useBench((s) => s.tab)
  const report = dragReportOf(job)
  const [mode, setMode] = useState<DecodingMode>('image-only')
  const categories = Object.keys(Object.values(report?.drag ?? {})[0]?.categories ?? {})
  return (
    <div className="bench-view">
      <RunHead
        job={job}
        line={
          report
            ? settingsLine(report.settings).replace(`${modeName('image-only')} · `, '')
            : `${job.spec.suite}, ${job.spec.model}, ${job.spec.steps} steps`
        }
        menu={report ? exportItems({ of: 'drag', runs: [{ job: job.id }] }) : []}
      />
      <Tabs
        label="Reasoning drag"
        value={tab === 'votes' ? 'report' : tab}
        onChange={showTab}
        tabs={[
          {
            id: 'report',
            label: 'Report',
            content: report ? (
              <Report job={job.id} report={report} />
            ) : (
              <Notice>
                The same prompts are answered without thinking, together, in blocks and in turn; the report is made when
                all four are there.
              </Notice>
            ),
          },
          {
            id: 'answers',
            label: 'Answers',
            content: (
              <>
                <div className="bench-judge">
                  <SegmentedControl
                    label="Mode"
                    value={mode}
                    segments={decodingModeSchema.options.map((value) => ({ value, label: modeName(value) }))}
                    onChange={setMode}
                  />
                </div>
                <Answers key={mode} run={{ job: job.id, mode }} categories={categories} pulse={job.state} />
              </>
            ),
          },
        ]}
      />
    </div>
  )
}

function Report({ job, report }: { readonly job: string; readonly report: DragReport }): ReactElement {
  const [mode, setMode] = useState('all')
  const worst = report.worst.filter((pair) => mode === 'all' || pair.mode === mode)
  return (
    <div className="bench-report">
      {Object.entries(report.drag).map(([name, { overall, categories }]) => (
        <DragTable key={name} mode={name} rows={[...Object.entries(categories), ['All', overall]]} />
      ))}
      <p className="bench-note">
        A picture’s score is the mean of its alignment and consistency. r: Pearson’s correlation of its change with
        Output Alignment. Judge: {report.judge}. In brackets 95 % intervals.
      </p>
      {report.unjudged > 0 && <Notice>{report.unjudged} answers are unjudged and in no number.</Notice>}
      {report.model_unconfirmed > 0 && <Notice>{unconfirmedWords(report.model_unconfirmed)}</Notice>}
      <section aria-label="Pairs that lost most">
        <header className="bench-head-row">
          <h3>Pictures that lost most by thinking</h3>
          <span className="bench-head-actions">
            <Select
              label="Mode"
              value={mode}
              options={[
                { value: 'all', label: 'Every mode' },
                ...Object.keys(report.drag).map((name) => ({ value: name, label: modeName(name as DecodingMode) })),
              ]}
              onChange={setMode}
            />
          </span>
        </header>
        {worst.length === 0 ? (
          <EmptyState title="No picture got worse">Thinking cost no picture here.</EmptyState>
        ) : (
          <Worst job={job} worst={worst} />
        )}
      </section>
      {Object.keys(report.along).length > 0 && <AlongChart series={report.along} />}
      <section aria-label="Scores of the four modes">
        <h3>Scores of the four modes</h3>
        <ScoreTable
          label="Scores by mode"
          first="Mode"
          rows={Object.entries(report.modes).map(([name, group]) => ({ name: modeName(name as DecodingMode), group }))}
          published
        />
      </section>
    </div>
  )
}

function DragTable({
  mode,
  rows,
}: {
  readonly mode: string
  readonly rows: readonly (readonly [string, DragGroup])[]
}): ReactElement {
  const share = ({ value, low, high }: DragGroup['worse']): string =>
    `${number(value * 100)} [${number(low * 100)}, ${number(high * 100)}]`
  return (
    <section aria-label={`${modeName(mode as DecodingMode)} against no thinking`}>
      <h3>{modeName(mode as DecodingMode)} against no thinking</h3>
      <table className="bench-table">
        <thead>
          <tr>
            <th scope="col">Category</th>
            <th scope="col">Prompts</th>
            <th scope="col">Worse %</th>
            <th scope="col">Better %</th>
            <th scope="col">Change of the picture</th>
            <th scope="col">r</th>
            <th scope="col">Output alignment where worse</th>
            <th scope="col">Elsewhere</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, group]) => (
            <tr key={name} className={name === 'All' ? 'bench-total' : undefined}>
              <th scope="row">{name}</th>
              <td>{group.prompts}</td>
              <td
                className="bench-heat"
                data-tone="low"
                style={{ '--heat': `${shade(50 - group.worse.value * 100).share}%` } as React.CSSProperties}
              >
                {share(group.worse)}
              </td>
              <td>{share(group.better)}</td>
              <td className={`bench-diff bench-${verdict(group.change)}`}>
                {signed(group.change.value)} [{signed(group.change.low)}, {signed(group.change.high)}]
              </td>
              <td>{number(group.correlation, 2)}</td>
              <td>{number(group.alignment_worse)}</td>
              <td>{number(group.alignment_otherwise)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Worst({ job, worst }: { readonly job: string; readonly worst: DragReport['worst'] }): ReactElement {
  const [opening, setOpening] = useState<string | null>(null)
  return (
    <div className="bench-scroll bench-scroll-low" tabIndex={0} role="region" aria-label="Pairs, worst first">
      <table className="bench-table">
        <thead>
          <tr>
            <th scope="col">Prompt</th>
            <th scope="col">Seed</th>
            <th scope="col" className="bench-text">
              Category
            </th>
            <th scope="col" className="bench-text">
              Mode
            </th>
            <th scope="col">Change</th>
            <th scope="col">Output alignment</th>
            <th scope="col">
              <span className="bench-hidden">Open</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {worst.map(({ mode, id, seed, category, change, output_alignment }) => {
            const key = `${mode} ${id} ${seed}`
            return (
              <tr key={key}>
                <th scope="row">{id}</th>
                <td>{seed}</td>
                <td className="bench-text">{category}</td>
                <td className="bench-text">{modeName(mode as DecodingMode)}</td>
                <td className="bench-diff bench-worse">{signed(change)}</td>
                <td>{number(output_alignment)}</td>
                <td>
                  <Button
                    icon="compare"
                    disabled={opening !== null}
                    aria-label={`Open ${id}, seed ${seed}, ${mode} in step`}
                    onClick={() => {
                      setOpening(key)
                      void openPair(
                        { job, mode: 'image-only', id, seed },
                        { job, mode: decodingModeSchema.parse(mode), id, seed },
                      ).finally(() => setOpening(null))
                    }}
                  >
                    In step
                  </Button>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
