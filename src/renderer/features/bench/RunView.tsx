/** One run of a suite: its report as it grows, its answers, and what people said of it. */
import type { ReactElement } from 'react'
import { isActive } from '../../../shared/studio-jobs.ts'
import { api } from '../../api.ts'
import type { JobOf } from '../../state/jobs.ts'
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Tabs } from '../../ui/Tabs.tsx'
import { useRemembered } from '../../ui/remembered.ts'
import { Answers } from './Answers.tsx'
import { show, showTab, useBench } from './bench-state.ts'
import { settingsLine } from './bench-words.ts'
import { exportItems } from './export-menu.ts'
import { draftFrom } from './new-run-draft.ts'
import { ReportView } from './ReportView.tsx'
import { RunHead } from './RunHead.tsx'
import { StudiesOf } from './VoteResult.tsx'
import { useAnswer, usePulse } from './use-answer.ts'

/** A report over hundreds of answers takes a moment to make: not more often than this. */
const FRESH_MS = 4000

export function RunView({ job }: { readonly job: JobOf<'parabench'> }): ReactElement {
  const tab = useBench((s) => s.tab)
  const [asked, setAsked] = useRemembered<string>('bench.judge', '')
  const going = isActive(job) && job.state !== 'queued'
  const pulse = usePulse(going, FRESH_MS)
  const answer = useAnswer(
    `report ${job.id} ${asked}`,
    async () => {
      const found = await api.call('bench.report', { job: job.id })
      // A judge chosen for another run may not have marked this one.
      return asked === '' || !found.judges.includes(asked) || found.report?.judge === asked
        ? found
        : api.call('bench.report', { job: job.id, judge: asked })
    },
    `${pulse} ${job.state}`,
  )
  const found = answer.value
  const report = found?.report ?? null
  const judge = report?.judge
  return (
    <div className="bench-view">
      <RunHead
        job={job}
        line={
          report
            ? settingsLine(report.settings)
            : `${job.spec.suite}, ${job.spec.model}, ${job.spec.mode}, ${job.spec.steps} steps`
        }
        menu={
          report
            ? exportItems({ of: 'report', runs: [{ job: job.id }], ...(judge === undefined ? {} : { judge }) })
            : []
        }
        actions={
          job.state === 'done' &&
          job.spec.answersOf === undefined && (
            <Button
              icon="eye"
              onClick={() => {
                draftFrom(job)
                show({ kind: 'new' })
              }}
            >
              Judge again …
            </Button>
          )
        }
      />
      {found && found.judges.length > 1 && (
        <div className="bench-judge">
          <Select
            label="Judge"
            value={judge ?? ''}
            options={found.judges.map((name) => ({ value: name, label: name }))}
            onChange={setAsked}
          />
        </div>
      )}
      <Tabs
        label="Run"
        value={tab}
        onChange={showTab}
        tabs={[
          {
            id: 'report',
            label: 'Report',
            content: answer.error ? (
              <Notice tone="danger">{answer.error}</Notice>
            ) : report ? (
              <ReportView report={report} />
            ) : found && !going ? (
              <Notice>Nothing is judged yet.</Notice>
            ) : (
              <ProgressBar value={null} label="Loading the report" />
            ),
          },
          {
            id: 'answers',
            label: 'Answers',
            ...(found ? { badge: found.answered } : {}),
            content: (
              <Answers
                run={{ job: job.id }}
                categories={report ? Object.keys(report.categories) : []}
                {...(judge === undefined ? {} : { judge })}
                pulse={`${job.state} ${found?.answered ?? 0}`}
              />
            ),
          },
          { id: 'votes', label: 'Votes', content: <StudiesOf job={job.id} /> },
        ]}
      />
    </div>
  )
}
