/** The runs: state, progress, best validation and the course of the loss in a line each. Arrows walk. */
import { useRef, type KeyboardEvent, type ReactElement } from 'react'
import { isActive } from '../../../shared/studio-jobs.ts'
import { duration, when } from '../../state/runs-words.ts'
import { useSummary, type TrainingJob } from '../../state/training.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { EmptyState, ProgressBar } from '../../ui/feedback.tsx'
import { colourName } from './Chart.tsx'
import { sparkPath } from './curves.ts'
import { figure, stateWords } from './words.ts'

export function RunList({
  jobs,
  chosen,
  compared,
  onChoose,
  onCompare,
  others,
}: {
  /** There are runs of another kind below: the list is not empty without these. */
  readonly others: boolean
  readonly jobs: readonly TrainingJob[]
  readonly chosen: string | null
  readonly compared: readonly TrainingJob[]
  readonly onChoose: (id: string) => void
  readonly onCompare: (id: string) => void
}): ReactElement {
  const list = useRef<HTMLUListElement>(null)
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by === 0) return
    const buttons = [...(list.current?.querySelectorAll<HTMLButtonElement>('.train-row-open') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const next = buttons[at + by]
    if (at < 0 || !next) return
    event.preventDefault()
    next.focus()
  }
  return (
    <>
      <header className="train-side-head">
        <h2>Runs</h2>
        <Button icon="plus" aria-current={chosen === null ? 'true' : undefined} onClick={() => onChoose('')}>
          New run
        </Button>
      </header>
      {jobs.length === 0 && others ? null : jobs.length === 0 ? (
        <EmptyState icon="graph" title="No runs yet">
          Choose data and a model beside this, look at what it will cost, and start.
        </EmptyState>
      ) : (
        <ul className="train-rows" ref={list} onKeyDown={onKeyDown}>
          {jobs.map((job) => (
            <Row
              key={job.id}
              job={job}
              chosen={job.id === chosen}
              colour={job.id === chosen ? 0 : compared.findIndex(({ id }) => id === job.id) + 1}
              comparable={chosen !== null && job.id !== chosen}
              onChoose={() => onChoose(job.id)}
              onCompare={() => onCompare(job.id)}
            />
          ))}
        </ul>
      )}
    </>
  )
}

const SPARK = { width: 84, height: 22 }

function Row({
  job,
  chosen,
  colour,
  comparable,
  onChoose,
  onCompare,
}: {
  readonly job: TrainingJob
  readonly chosen: boolean
  /** Place among the runs that are shown; 0 for the chosen one and for none. */
  readonly colour: number
  readonly comparable: boolean
  readonly onChoose: () => void
  readonly onCompare: () => void
}): ReactElement {
  const summary = useSummary(job)
  const { state, progress, etaMs, title } = job
  const shown = chosen || colour > 0
  const best = summary?.best
  const facts =
    state === 'running' && etaMs !== null
      ? etaMs < 1
        ? 'Finishing'
        : `${duration(etaMs)} left`
      : isActive(job)
        ? stateWords[state]
        : `${stateWords[state]} · ${when(job.endedAt ?? job.createdAt, Date.now())}`
  return (
    <li className="train-row" data-state={state} data-chosen={chosen}>
      <button type="button" className="train-row-open" aria-current={chosen ? 'true' : undefined} onClick={onChoose}>
        <span className="train-row-title">{title}</span>
        <svg
          className="train-spark"
          {...SPARK}
          viewBox={`-1 -1 ${SPARK.width + 2} ${SPARK.height + 2}`}
          style={shown ? { color: `var(${colourName(colour)})` } : undefined}
          aria-hidden="true"
        >
          <path d={sparkPath(summary?.points ?? [], SPARK.width, SPARK.height)} />
        </svg>
        <span className="train-row-facts">
          <span className="train-dot" data-state={state} aria-hidden="true" />
          {facts}
        </span>
        <span className="train-row-best">
          {best ? `best ${figure(best.loss)} at ${best.step}` : progress ? `step ${progress.done}` : ''}
        </span>
      </button>
      {comparable && (
        <IconButton
          small
          icon="compare"
          label={colour > 0 ? `Take ${title} off the curves` : `Lay ${title} over the curves`}
          pressed={colour > 0}
          onClick={onCompare}
        />
      )}
      {isActive(job) && state !== 'queued' && (
        <ProgressBar
          value={progress && progress.total > 0 ? progress.done / progress.total : null}
          label={`Progress of ${title}`}
        />
      )}
    </li>
  )
}
