/** The head of a run: name, state, step, time left, speed; and what can be asked of it. */
import { useState, type ReactElement } from 'react'
import { canGoOn, isActive } from '../../../shared/studio-jobs.ts'
import { sftStudioResultSchema } from '../../../shared/studio-training.ts'
import { cancelJob, controlJob, deleteJob, pauseJob, resumeJob, updateJob } from '../../state/jobs.ts'
import { duration } from '../../state/runs-words.ts'
import { exportCurves, type TrainingJob } from '../../state/training.ts'
import { exportModel } from '../../state/library.ts'
import { toastError } from '../../state/toasts.ts'
import { fillFrom } from '../../state/training-form.ts'
import type { TrainingRows } from '../../state/training-rows.ts'
import { Button } from '../../ui/Button.tsx'
import { ConfirmDialog } from '../../ui/Dialog.tsx'
import { ProgressBar } from '../../ui/feedback.tsx'
import { MenuButton, type MenuItem } from '../../ui/Menu.tsx'
import { count, figure, stateWords } from './words.ts'

export function RunHead({
  job,
  rows,
  onNew,
  onDeleted,
}: {
  readonly job: TrainingJob
  readonly rows: TrainingRows
  readonly onNew: () => void
  readonly onDeleted: () => void
}): ReactElement {
  const [deleting, setDeleting] = useState(false)
  const { state, progress, etaMs, spec } = job
  const total = progress?.total ?? spec.settings.steps
  const step = Math.max(progress?.done ?? 0, rows.last?.step ?? 0)
  const made = sftStudioResultSchema.safeParse(job.result).data?.model ?? null
  const items: MenuItem[] = [
    {
      label: 'New run with these settings',
      icon: 'copy',
      onSelect: () => {
        fillFrom(job, null)
        onNew()
      },
    },
    {
      label: made?.kind === 'adapter' ? 'Export the adapter' : 'Export the model',
      icon: 'download',
      disabled: made === null,
      onSelect: () => made && void exportModel(made.id).catch(toastError),
    },
    {
      label: 'Export the curves as CSV',
      icon: 'download',
      disabled: rows.last === null,
      onSelect: () => void exportCurves(job.id, 'csv'),
    },
    {
      label: 'Export the curves for TensorBoard',
      icon: 'download',
      disabled: rows.last === null,
      onSelect: () => void exportCurves(job.id, 'tensorboard'),
    },
    'divider',
    { label: 'Delete this run', icon: 'trash', danger: true, onSelect: () => setDeleting(true) },
  ]
  return (
    <header className="train-head">
      <div className="train-head-line">
        <Title key={job.title} job={job} />
        <span className="train-actions">
          <Actions job={job} />
          <MenuButton label="More for this run" items={items} />
        </span>
      </div>
      <dl className="train-facts">
        <Fact label="State">
          <span className="train-dot" data-state={state} aria-hidden="true" />
          {stateWords[state]}
        </Fact>
        <Fact label="Step">
          {count(step)} of {count(total)}
        </Fact>
        <Fact label={isActive(job) ? 'Left' : 'Took'}>
          {isActive(job)
            ? etaMs === null
              ? '–'
              : etaMs < 1
                ? 'finishing'
                : duration(etaMs)
            : duration(job.seconds * 1000)}
        </Fact>
        <Fact label="Samples a second">{figure(rows.last?.samplesPerSecond)}</Fact>
        <Fact label="Best validation">{rows.best ? `${figure(rows.best.loss)} at ${count(rows.best.step)}` : '–'}</Fact>
        <Fact label="Learning rate">{figure(rows.last?.learningRate)}</Fact>
      </dl>
      <ProgressBar
        value={state === 'queued' || total === 0 ? 0 : step === 0 && isActive(job) ? null : step / total}
        label={`Progress of ${job.title}`}
      />
      {deleting && (
        <ConfirmDialog
          title="Delete this run?"
          text={`Its curves, previews and checkpoints go. ${made ? `The ${made.kind} "${made.id}" it made stays among the models.` : 'It has made no model yet.'}`}
          action="Delete"
          onClose={() => setDeleting(false)}
          onConfirm={() => {
            onDeleted()
            void deleteJob(job.id)
          }}
        />
      )}
    </header>
  )
}

function Fact({ label, children }: { readonly label: string; readonly children: React.ReactNode }): ReactElement {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** The name, changed in place: Enter or leaving the field keeps it, Escape takes it back. */
function Title({ job }: { readonly job: TrainingJob }): ReactElement {
  const [draft, setDraft] = useState(job.title)
  const commit = (): void => {
    const title = draft.trim()
    if (title === '') setDraft(job.title)
    else if (title !== job.title) void updateJob(job.id, { title })
  }
  return (
    <input
      className="train-title"
      aria-label="Name of the run"
      value={draft}
      maxLength={200}
      spellCheck={false}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
        if (event.key !== 'Escape') return
        setDraft(job.title)
        event.stopPropagation()
      }}
    />
  )
}

function Actions({ job }: { readonly job: TrainingJob }): ReactElement {
  const { id, state } = job
  if (canGoOn(job))
    return (
      <Button kind="primary" icon="play" onClick={() => void resumeJob(id)}>
        Resume
      </Button>
    )
  if (state === 'queued')
    return (
      <>
        <Button icon="pause" onClick={() => void pauseJob(id)}>
          Pause
        </Button>
        <Button icon="x" onClick={() => void cancelJob(id)}>
          Take out
        </Button>
      </>
    )
  if (state === 'done') return <></>
  const busy = state !== 'running'
  return (
    <>
      <Button icon="pause" disabled={busy} onClick={() => void pauseJob(id)}>
        Pause
      </Button>
      <Button icon="download" disabled={busy} onClick={() => void controlJob(id, 'save')}>
        Save now
      </Button>
      <Button icon="picture" disabled={busy} onClick={() => void controlJob(id, 'sample')}>
        Sample now
      </Button>
      <Button icon="stop" onClick={() => void cancelJob(id, busy)}>
        {busy ? 'Stop at once' : 'Stop'}
      </Button>
    </>
  )
}
