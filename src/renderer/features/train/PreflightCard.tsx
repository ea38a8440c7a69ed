/** Before the start: what one real step says this run will take, in plain words; a proposal where it does not fit. */
import { useEffect, useState, type ReactElement } from 'react'
import type { PreflightReport } from '../../../shared/training.ts'
import {
  currentReport,
  measure,
  startTraining,
  stopMeasuring,
  takeProposal,
  useForm,
} from '../../state/training-form.ts'
import { whyNot } from '../../state/training-why.ts'
import { useStudio } from '../../state/store.ts'
import { Button } from '../../ui/Button.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { costLines, methodWords, plural } from './words.ts'

export function PreflightCard({ onStarted }: { readonly onStarted: (job: string) => void }): ReactElement {
  const form = useForm()
  const { spec, measuring, problem, starting } = form
  const report = currentReport(form)
  const model = useStudio((s) => s.models.find(({ id }) => id === spec.model))
  const wrong = whyNot(spec, model)
  const tight = report?.verdict === 'tight'
  const start = async (): Promise<void> => {
    const job = await startTraining(tight)
    if (job !== null) onStarted(job)
  }
  return (
    <aside className="preflight" aria-label="Before the start">
      <h3>Before the start</h3>
      <p className="preflight-what">
        {plural(spec.settings.steps, 'step')} of {plural(spec.settings.batch, 'sample')}, {methodWords(spec)}, from{' '}
        {spec.model}.
      </p>
      {measuring ? (
        <Measuring since={measuring.since} />
      ) : report ? (
        <Report report={report} />
      ) : (
        <p className="preflight-none">
          One real step is measured before anything starts: how long it takes, what memory and disk it needs. Nothing of
          it is kept.
        </p>
      )}
      {(problem ?? wrong) !== null && <Notice tone="danger">{wrong ?? problem}</Notice>}
      <div className="preflight-actions">
        {measuring ? (
          <Button icon="x" wide onClick={stopMeasuring}>
            Stop measuring
          </Button>
        ) : (
          <>
            <Button
              kind="primary"
              icon="play"
              wide
              disabled={wrong !== null || starting || report?.verdict === 'refused'}
              onClick={() => void start()}
            >
              {tight ? 'Start all the same' : report ? 'Start training' : 'Measure and start'}
            </Button>
            <Button icon="refresh" wide disabled={wrong !== null || starting} onClick={() => void measure()}>
              {report ? 'Measure again' : 'Only measure'}
            </Button>
          </>
        )}
      </div>
    </aside>
  )
}

function Measuring({ since }: { readonly since: number }): ReactElement {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds(Math.round((Date.now() - since) / 1000)), 500)
    return () => clearInterval(timer)
  }, [since])
  return (
    <div className="preflight-measuring" role="status">
      <p>A step, a validation and a save are being measured: {seconds} s.</p>
      <ProgressBar value={null} label="Measuring one step" />
    </div>
  )
}

const verdictWords = { fits: 'It fits', tight: 'It fits barely', refused: 'It does not fit' } as const

function Report({ report }: { readonly report: PreflightReport }): ReactElement {
  const { verdict, sentence, proposal } = report
  return (
    <div className="preflight-report" data-verdict={verdict}>
      <p className="preflight-verdict">
        <Icon name={verdict === 'fits' ? 'check' : 'warning'} />
        {verdictWords[verdict]}
      </p>
      <p>{sentence}</p>
      <table>
        <tbody>
          {costLines(report).map(({ label, value }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {proposal && (
        <Notice
          tone={verdict === 'refused' ? 'danger' : 'warning'}
          actions={
            <Button icon="check" onClick={() => takeProposal(proposal.settings)}>
              Take the proposal
            </Button>
          }
        >
          {proposal.words}
        </Notice>
      )}
    </div>
  )
}
