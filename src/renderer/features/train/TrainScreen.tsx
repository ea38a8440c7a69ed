/** Training: runs on the left, the one that is chosen (or the form of a new one) beside them. Kept over a reload. */
import type { ReactElement } from 'react'
import { jobsOf, useJobs } from '../../state/jobs.ts'
import { useRemembered } from '../../ui/remembered.ts'
import { Splitter } from '../../ui/Splitter.tsx'
import { SegmentedControl } from '../../ui/choices.tsx'
import { NewRl } from './rl/NewRl.tsx'
import { RlList } from './rl/RlList.tsx'
import { RlView } from './rl/RlView.tsx'
import { NewRun } from './NewRun.tsx'
import { RunList } from './RunList.tsx'
import { RunView } from './RunView.tsx'
import './train.css'

const WIDTH = { initial: 280, min: 200, max: 480 }
/** More runs over each other than this nobody can tell apart. */
const MOST_COMPARED = 5

export function TrainScreen(): ReactElement {
  const all = useJobs((s) => s.jobs)
  const jobs = jobsOf(all, ['sft'])
  const rewarded = jobsOf(all, ['pararl'])
  const [from, setFrom] = useRemembered<string>('train.from', 'examples')
  const [width, setWidth] = useRemembered<number>('pane.train', WIDTH.initial)
  const [chosen, choose] = useRemembered<string>('train.run', '')
  const [comparedIds, setCompared] = useRemembered<string>('train.compared', '')
  const job = jobs.find(({ id }) => id === chosen)
  const rl = rewarded.find(({ id }) => id === chosen)
  const wanted = new Set(comparedIds.split(' '))
  const compared = jobs.filter(({ id }) => wanted.has(id) && id !== chosen).slice(0, MOST_COMPARED)
  const toggle = (id: string): void => {
    const ids = compared.map((other) => other.id)
    setCompared((ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id]).join(' '))
  }
  return (
    <div className="train">
      <aside className="train-side" style={{ width }} aria-label="Training runs">
        <RunList
          others={rewarded.length > 0}
          jobs={jobs}
          chosen={job?.id ?? rl?.id ?? null}
          compared={compared}
          onChoose={choose}
          onCompare={toggle}
        />
        <RlList jobs={rewarded} chosen={rl?.id ?? null} onChoose={choose} />
      </aside>
      <Splitter label="Width of the list of runs" orientation="vertical" value={width} {...WIDTH} onChange={setWidth} />
      <section className="train-main" aria-label={job?.title ?? rl?.title ?? 'New run'}>
        {job ? (
          <RunView key={job.id} job={job} compared={compared} onNew={() => choose('')} onDeleted={() => choose('')} />
        ) : rl ? (
          <RlView key={rl.id} job={rl} onDeleted={() => choose('')} />
        ) : (
          <>
            <div className="new-kind">
              <SegmentedControl
                label="How it learns"
                value={from === 'rewards' ? 'rewards' : 'examples'}
                segments={[
                  { value: 'examples', label: 'From examples', hint: 'Supervised fine-tuning on quadruplets.' },
                  { value: 'rewards', label: 'From rewards', hint: 'ParaRL: rewards along the denoising trajectory.' },
                ]}
                onChange={setFrom}
              />
            </div>
            {from === 'rewards' ? <NewRl onStarted={choose} /> : <NewRun onStarted={choose} />}
          </>
        )}
      </section>
    </div>
  )
}
