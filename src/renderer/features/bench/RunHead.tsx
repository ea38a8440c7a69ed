/** The head of a run: its name, what was asked for, how it stands, and what can be done to it. */
import { useState, type ReactElement, type ReactNode } from 'react'
import { canGoOn, isActive, type StudioJob } from '../../../shared/studio-jobs.ts'
import { aboutJob, cancelJob, deleteJob, pauseJob, resumeJob, updateJob } from '../../state/jobs.ts'
import { Button } from '../../ui/Button.tsx'
import { ConfirmDialog } from '../../ui/Dialog.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { MenuButton, type MenuItem } from '../../ui/Menu.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { show } from './bench-state.ts'
import { stateWords } from './bench-words.ts'

export function RunHead({
  job,
  line,
  actions,
  menu = [],
}: {
  readonly job: StudioJob
  readonly line: string
  readonly actions?: ReactNode
  readonly menu?: readonly MenuItem[]
}): ReactElement {
  const [deleting, setDeleting] = useState(false)
  const [naming, setNaming] = useState(false)
  const { id, state, progress, error, warnings } = job
  const items: MenuItem[] = [
    ...menu,
    ...(menu.length > 0 ? (['divider'] as const) : []),
    { label: 'Rename …', icon: 'text', onSelect: () => setNaming(true) },
    { label: 'Delete …', icon: 'trash', danger: true, onSelect: () => setDeleting(true) },
  ]
  return (
    <header className="bench-head">
      <div className="bench-head-row">
        <h2>{job.title}</h2>
        <span className={state === 'failed' ? 'bench-state bench-bad' : 'bench-state'} role="status">
          {stateWords(job)}
        </span>
        <span className="bench-head-actions">
          {actions}
          {isActive(job) && (
            <>
              <Button
                icon="pause"
                disabled={state === 'pausing' || state === 'stopping'}
                onClick={() => void pauseJob(id)}
              >
                Pause
              </Button>
              <Button icon="stop" onClick={() => void cancelJob(id, state === 'stopping')}>
                {state === 'stopping' ? 'Stop now' : 'Stop'}
              </Button>
            </>
          )}
          {canGoOn(job) && (
            <Button kind="primary" icon="play" onClick={() => void resumeJob(id)}>
              Resume
            </Button>
          )}
          <MenuButton label="More about this run" items={items} />
        </span>
      </div>
      <p className="bench-line-text">{line}</p>
      {isActive(job) && state !== 'queued' && (
        <ProgressBar value={progress && progress.total > 0 ? progress.done / progress.total : null} label="Progress" />
      )}
      {error && (
        <Notice tone="danger" about={aboutJob(job)}>
          {error.message} {error.remedy}
        </Notice>
      )}
      {warnings.map((warning) => (
        <Notice key={warning}>{warning}</Notice>
      ))}
      {deleting && (
        <ConfirmDialog
          title="Delete this run?"
          text="Its answers, trajectories and scores go with it. Runs opened on the timeline stay."
          action="Delete"
          onConfirm={() => {
            show({ kind: 'none' })
            void deleteJob(id)
          }}
          onClose={() => setDeleting(false)}
        />
      )}
      {naming && <Rename job={job} onClose={() => setNaming(false)} />}
    </header>
  )
}

function Rename({ job, onClose }: { readonly job: StudioJob; readonly onClose: () => void }): ReactElement {
  const [title, setTitle] = useState(job.title)
  const clean = title.trim()
  return (
    <Dialog title="Rename the run" size="small" onClose={onClose}>
      <form
        className="bench-form-row"
        onSubmit={(event) => {
          event.preventDefault()
          if (clean === '') return
          void updateJob(job.id, { title: clean })
          onClose()
        }}
      >
        <TextField label="Name" value={title} maxLength={200} data-autofocus onChange={setTitle} />
        <Button kind="primary" submit disabled={clean === ''}>
          Rename
        </Button>
      </form>
    </Dialog>
  )
}
