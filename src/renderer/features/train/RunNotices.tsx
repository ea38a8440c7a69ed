/** What a person should know about a run before its curves: why it ended, what came out, what was warned of. */
import { useState, type ReactElement } from 'react'
import { sftStudioResultSchema } from '../../../shared/studio-training.ts'
import { aboutJob } from '../../state/jobs.ts'
import { editWith, type TrainingJob } from '../../state/training.ts'
import { exportModel } from '../../state/library.ts'
import { toastError } from '../../state/toasts.ts'
import { fillFrom } from '../../state/training-form.ts'
import { Button } from '../../ui/Button.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { bytes, count, figure } from './words.ts'

export function RunNotices({
  job,
  onNew,
}: {
  readonly job: TrainingJob
  readonly onNew: () => void
}): ReactElement | null {
  const result = sftStudioResultSchema.safeParse(job.result).data
  const parts = [
    job.state === 'failed' && job.error && <Death key="death" job={job} onNew={onNew} />,
    job.state === 'queued' && (
      <Notice key="queued">
        It starts when the job before it has ended. The queue drawer of the editor shows the order.
      </Notice>
    ),
    job.state === 'done' && result && <Made key="made" job={job} result={result} />,
    job.warnings.length > 0 && <Warnings key="warnings" warnings={job.warnings} />,
  ].filter(Boolean)
  return parts.length === 0 ? null : <div className="train-notices">{parts}</div>
}

/** How it died. It can go on from its last checkpoint (the head offers that), or a new run can be made that fits better. */
function Death({ job, onNew }: { readonly job: TrainingJob; readonly onNew: () => void }): ReactElement {
  const error = job.error!
  const proposal = error.proposal ?? null
  return (
    <Notice
      tone="danger"
      about={aboutJob(job)}
      actions={
        proposal ? (
          <Button
            icon="copy"
            onClick={() => {
              fillFrom(job, proposal)
              onNew()
            }}
          >
            New run as proposed
          </Button>
        ) : undefined
      }
    >
      <strong>{error.message}</strong> {error.remedy}
    </Notice>
  )
}

function Made({
  job,
  result,
}: {
  readonly job: TrainingJob
  readonly result: NonNullable<ReturnType<typeof sftStudioResultSchema.safeParse>['data']>
}): ReactElement {
  const { model, why, best, exported, steps } = result
  return (
    <Notice
      actions={
        model ? (
          <>
            <Button kind="primary" icon="wand" onClick={() => editWith(model, job.spec.model)}>
              Edit with it
            </Button>
            <Button icon="download" onClick={() => void exportModel(model.id).catch(toastError)}>
              {model.kind === 'adapter' ? 'Export the adapter' : 'Export the model'}
            </Button>
          </>
        ) : undefined
      }
    >
      {why}{' '}
      {model && (
        <>
          The {model.kind} <strong>{model.id}</strong> ({bytes(model.bytes)}) is among the models
          {exported === 'best' && best
            ? `: the weights of step ${count(best.step)}, whose validation loss ${figure(best.loss)} was the lowest.`
            : `: the weights of step ${count(steps)}.`}
        </>
      )}
    </Notice>
  )
}

const SHOWN = 2

function Warnings({ warnings }: { readonly warnings: readonly string[] }): ReactElement {
  const [all, setAll] = useState(false)
  const shown = all ? warnings : warnings.slice(-SHOWN)
  return (
    <Notice
      tone="warning"
      actions={
        warnings.length > SHOWN ? (
          <Button kind="quiet" onClick={() => setAll(!all)}>
            {all ? 'Only the latest' : `All ${warnings.length} warnings`}
          </Button>
        ) : undefined
      }
    >
      {shown.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </Notice>
  )
}
