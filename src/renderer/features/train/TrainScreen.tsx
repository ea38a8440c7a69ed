/** Training: runs on the left, the one that is chosen (or the form of a new one) beside them. Kept over a reload. */
import type { ReactElement } from 'react'
import { jobsOf, useJobs } from '../../state/jobs.ts'
import { useRemembered } from '../../ui/remembered.ts'
import { Splitter } from '../../ui/Splitter.tsx'
import { NewRun } from './NewRun.tsx'
import { RunList } from './RunList.tsx'
import { RunView } from './RunView.tsx'
import './train.css'

const WIDTH = { initial: 264, min: 200, max: 480 }
/** More runs over each other than this nobody can tell apart. */
const MOST_COMPARED = 5

export function TrainScreen(): ReactElement {
  const jobs = jobsOf(
    useJobs((s) => s.jobs),
    ['sft'],
  )
  const [width, setWidth] = useRemembered<number>('pane.train', WIDTH.initial)
  const [chosen, choose] = useRemembered<string>('train.run', '')
  const [comparedIds, setCompared] = useRemembered<string>('train.compared', '')
  const job = jobs.find(({ id }) => id === chosen)
  const wanted = new Set(comparedIds.split(' '))
  const compared = jobs.filter(({ id }) => wanted.has(id) && id !== chosen).slice(0, MOST_COMPARED)
  const toggle = (id: string): void => {
    const ids = compared.map((other) => other.id)
    setCompared((ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id]).join(' '))
  }
  return (
    <div className="train">
      <aside className="train-side" style={{ width }} aria-label="Training runs">
        <RunList jobs={jobs} chosen={job?.id ?? null} compared={compared} onChoose={choose} onCompare={toggle} />
      </aside>
      <Splitter label="Width of the list of runs" orientation="vertical" value={width} {...WIDTH} onChange={setWidth} />
      <section className="train-main" aria-label={job ? job.title : 'New run'}>
        {job ? (
          <RunView key={job.id} job={job} compared={compared} onNew={() => choose('')} onDeleted={() => choose('')} />
        ) : (
          <NewRun onStarted={choose} />
        )}
      </section>
    </div>
  )
}
