/** The button, how many, what the model gets to see, and the run that goes on. */
import type { ReactElement } from 'react'
import type { RunSettings } from '../../../shared/studio.ts'
import { useChord } from '../../state/commands.ts'
import { useLoading } from '../../state/hosting.ts'
import { viewRun } from '../../state/playback.ts'
import { cancelRun, startBatch, useBatch, useProgress, useStarting, whyNotRun } from '../../state/runs.ts'
import { paceWords, scaleWords } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Switch } from '../../ui/choices.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Kbd } from '../../ui/Kbd.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { useInspection } from './RunPanelInspect.ts'

const MOST_RUNS = 64

export function RunGo({ settings }: { readonly settings: RunSettings }): ReactElement {
  const { count, background } = useBatch()
  const starting = useStarting((s) => s.starting)
  const connected = useStudio((s) => s.connected)
  const layers = useStudio((s) => s.document?.layers.length ?? 0)
  const chord = useChord('run.start')
  const why = whyNotRun(settings, layers)
  return (
    <>
      <div className="run-go">
        <Button
          kind="primary"
          icon="play"
          wide
          disabled={starting || !connected || why !== null}
          aria-describedby={why === null ? undefined : 'run-why'}
          onClick={() => void startBatch()}
        >
          {starting ? 'Preparing …' : count === 1 ? 'Run' : `Run ${count} seeds`}
          {!starting && chord !== undefined && <Kbd chord={chord} />}
        </Button>
        <NumberField
          bare
          label="How many runs"
          unit="×"
          value={count}
          min={1}
          max={MOST_RUNS}
          onChange={(value) => useBatch.setState({ count: value })}
        />
      </div>
      {why !== null && (
        <p className="run-why" id="run-why">
          {why}
        </p>
      )}
      {count > 1 && (
        <Switch
          label="In the background"
          hint={
            settings.seed === null
              ? 'Each has a seed of its own.'
              : `Seeds ${settings.seed} to ${(settings.seed + count - 1) % 2 ** 32}.`
          }
          checked={background}
          onChange={(value) => useBatch.setState({ background: value })}
        />
      )}
      <Going />
      <Sight settings={settings} />
    </>
  )
}

/** The run that goes on, or the first that waits. */
function Going(): ReactElement | null {
  const queue = useStudio((s) => s.queue)
  const item = queue.find(({ state }) => state !== 'queued') ?? queue[0]
  const { step, stepMs, etaMs } = useProgress(item)
  const loading = useLoading((s) => (item && s.loading?.run === item.run ? s.loading : null))
  if (!item) return null
  const waiting = queue.length - 1
  const words =
    item.state === 'queued'
      ? 'Waiting for its turn'
      : item.state === 'cancelling'
        ? 'Stopping after this step'
        : step === 0
          ? (loading?.what ?? 'The model is being made ready')
          : `Step ${step} of ${item.steps}`
  const pace = item.state === 'running' && step > 0 ? paceWords({ stepMs, etaMs }) : ''
  return (
    <div className="run-going" role="status" aria-live="off">
      <div className="run-going-line">
        <button type="button" className="run-link" onClick={() => viewRun(item.run)}>
          {words}
          {pace}
        </button>
        {waiting > 0 && <span className="run-waiting">{waiting} more in the queue</span>}
        <IconButton
          small
          icon="stop"
          label={item.state === 'cancelling' ? 'Stop now' : 'Stop this run'}
          detail={
            item.state === 'cancelling'
              ? 'Does not wait for the step. What is recorded is kept.'
              : 'It stops after the step; what it has is kept and can be continued.'
          }
          onClick={() => void cancelRun(item.run, item.state === 'cancelling')}
        />
      </div>
      <ProgressBar
        value={step === 0 ? (loading ? (loading.part - 1) / loading.parts : null) : step / item.steps}
        label="Progress of the run"
      />
    </div>
  )
}

/** What of the document the model sees, and what it cannot know. */
function Sight({ settings }: { readonly settings: RunSettings }): ReactElement | null {
  const document = useStudio((s) => s.document)
  const model = useStudio((s) => s.models.find(({ id }) => id === settings.model) ?? null)
  const warning = useInspection()
  if (!document || !model) return null
  return (
    <>
      <p className="run-sight">{scaleWords(document.box, model.size)}</p>
      {settings.task === 'edit' && warning !== null && <Notice tone="warning">{warning}</Notice>}
    </>
  )
}
