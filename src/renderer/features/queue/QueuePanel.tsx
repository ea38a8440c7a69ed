/** The queue: what runs and what waits, in two lanes; order, stop, continue. */
import { useState, type KeyboardEvent, type ReactElement } from 'react'
import type { QueueItem, Run } from '../../../shared/studio.ts'
import { viewRun } from '../../state/playback.ts'
import { cancelRun, changeAndRunAgain, continueRun, reorderRun, useProgress, type Progress } from '../../state/runs.ts'
import { canContinue, paceWords, standing } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { CopyDiagnostics } from '../../ui/diagnostics.tsx'
import { EmptyState, ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { dropTarget, lanesOf, moveTarget, type Lane } from './queue-order.ts'
import { JobList, useQueuedJobs } from './JobList.tsx'
import './queue.css'

const laneWords = {
  interactive: { name: 'Interactive', line: 'Runs you wait for.' },
  background: { name: 'Background', line: 'Pauses while an interactive run goes on.' },
} as const

export function QueuePanel(): ReactElement {
  const queue = useStudio((s) => s.queue)
  const runs = useStudio((s) => s.runs)
  const project = useStudio((s) => s.project?.id)
  const stopped = [...runs.values()]
    .filter((run) => run.project === project && (run.state === 'cancelled' || run.state === 'failed') && !run.rejected)
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
    .slice(0, 20)
  const { waiting, resting } = useQueuedJobs()
  const jobs = waiting.length + resting.length > 0
  if (queue.length === 0 && stopped.length === 0 && !jobs)
    return (
      <EmptyState icon="queue" title="Nothing waits">
        Runs queue up here. Each can be moved, stopped with what it has, and continued.
      </EmptyState>
    )
  return (
    <div className="queue">
      {lanesOf(queue)
        .filter(({ items }) => items.length > 0)
        .map((lane) => (
          <LaneList key={lane.lane} lane={lane} />
        ))}
      {jobs && <JobList waiting={waiting} resting={resting} />}
      {stopped.length > 0 && (
        <section aria-label="Stopped">
          <h3 className="queue-lane">Stopped</h3>
          <ul className="queue-list">
            {stopped.map((run) => (
              <Stopped key={run.id} run={run} />
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function LaneList({ lane: { lane, items } }: { readonly lane: Lane }): ReactElement {
  const [dragged, setDragged] = useState<string | null>(null)
  const move = (run: string, target: string | null | undefined): void => {
    if (target !== undefined) void reorderRun(run, target)
  }
  return (
    <section aria-label={laneWords[lane].name}>
      <h3 className="queue-lane">
        {laneWords[lane].name}
        <span>{laneWords[lane].line}</span>
        {items.length > 1 && (
          <Button kind="quiet" onClick={() => items.forEach((item) => void cancelRun(item.run))}>
            Stop all
          </Button>
        )}
      </h3>
      <ul className="queue-list">
        {items.map((item) => (
          <Item
            key={item.run}
            item={item}
            dragged={dragged === item.run}
            onDrag={setDragged}
            onMove={(by) => move(item.run, moveTarget(items, item.run, by))}
            onDropHere={() => {
              if (dragged !== null) move(dragged, dropTarget(items, dragged, item.run))
              setDragged(null)
            }}
          />
        ))}
      </ul>
    </section>
  )
}

function progressWords({ state, steps }: QueueItem, { step, ...pace }: Progress): string {
  if (state === 'queued') return 'Waiting'
  if (state === 'cancelling') return 'Stopping after this step'
  if (step === 0) return 'The model is being made ready'
  return `Step ${step} of ${steps}${paceWords(pace)}`
}

function Item({
  item,
  dragged,
  onDrag,
  onMove,
  onDropHere,
}: {
  readonly item: QueueItem
  readonly dragged: boolean
  readonly onDrag: (run: string | null) => void
  readonly onMove: (by: 1 | -1) => void
  readonly onDropHere: () => void
}): ReactElement {
  const waits = item.state === 'queued'
  const progress = useProgress(item)
  const { step } = progress
  const viewed = useStudio((s) => s.viewedRun === item.run)
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0
    if (by === 0 || !event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    onMove(by)
  }
  return (
    <li
      className="queue-item"
      data-dragged={dragged}
      data-viewed={viewed}
      draggable={waits}
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move'
        onDrag(item.run)
      }}
      onDragEnd={() => onDrag(null)}
      onDragOver={(event) => {
        if (!waits || event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
      }}
      onDrop={(event) => {
        if (event.dataTransfer.types.includes('Files')) return
        event.preventDefault()
        onDropHere()
      }}
      onKeyDown={onKeyDown}
    >
      <span className="queue-grip" aria-hidden="true">
        {waits && <Icon name="grip" size={12} />}
      </span>
      <button type="button" className="queue-words" onClick={() => viewRun(item.run)}>
        <span className="queue-title">{item.instruction || 'Without an instruction'}</span>
        <span className="queue-facts">
          {progressWords(item, progress)} · seed {item.seed}
        </span>
      </button>
      {waits && (
        <>
          <IconButton small icon="chevron-up" label="Earlier" shortcut="Alt+ArrowUp" onClick={() => onMove(-1)} />
          <IconButton small icon="chevron-down" label="Later" shortcut="Alt+ArrowDown" onClick={() => onMove(1)} />
        </>
      )}
      <IconButton
        small
        icon="stop"
        label={item.state === 'cancelling' ? 'Stop now' : waits ? 'Take out of the queue' : 'Stop after this step'}
        onClick={() => void cancelRun(item.run, item.state === 'cancelling')}
      />
      {!waits && (
        <span className="queue-progress">
          <ProgressBar value={step === 0 ? null : step / item.steps} label={`Progress of ${item.instruction}`} />
        </span>
      )}
    </li>
  )
}

function Stopped({ run }: { readonly run: Run }): ReactElement {
  return (
    <li className="queue-item">
      <span className="queue-grip" />
      <button type="button" className="queue-words" onClick={() => viewRun(run.id)}>
        <span className="queue-title">{run.settings.instruction || 'Without an instruction'}</span>
        <span className="queue-facts">
          {standing(run)}
          {run.error ? `: ${run.error.message} ${run.error.remedy}` : ''}
        </span>
      </button>
      {canContinue(run) ? (
        <Button icon="redo" onClick={() => void continueRun(run.id)}>
          Continue
        </Button>
      ) : (
        <Button icon="wand" onClick={() => changeAndRunAgain(run)}>
          Change it
        </Button>
      )}
      {run.error && (
        <span className="queue-report">
          <CopyDiagnostics said={`${run.error.message} ${run.error.remedy}`} about={{ run: run.id, where: 'run' }} />
        </span>
      )}
    </li>
  )
}
