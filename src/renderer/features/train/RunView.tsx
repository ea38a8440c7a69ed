/** One run: how it stands and what can be asked of it, then its curves, previews and record. */
import { useState, type ReactElement } from 'react'
import { useRuns, type TrainingJob } from '../../state/training.ts'
import { noRows } from '../../state/training-rows.ts'
import { useRemembered } from '../../ui/remembered.ts'
import { Tabs } from '../../ui/Tabs.tsx'
import { Curves } from './Curves.tsx'
import { Previews } from './Previews.tsx'
import { RunHead } from './RunHead.tsx'
import { RunNotices } from './RunNotices.tsx'
import { RunRecord } from './RunRecord.tsx'

type View = 'curves' | 'previews' | 'record'

export function RunView({
  job,
  compared,
  onNew,
  onDeleted,
}: {
  readonly job: TrainingJob
  readonly compared: readonly TrainingJob[]
  readonly onNew: () => void
  readonly onDeleted: () => void
}): ReactElement {
  const shown = [job, ...compared]
  const runs = useRuns(shown.map(({ id }) => id))
  const [view, setView] = useRemembered<string>('train.view', 'curves')
  const [empty] = useState(noRows)
  const own = runs.get(job.id)
  const rows = own?.rows ?? empty
  const loaded = own?.loaded ?? false
  return (
    <div className="train-run">
      <RunHead job={job} rows={rows} onNew={onNew} onDeleted={onDeleted} />
      <RunNotices job={job} onNew={onNew} />
      <Tabs<View>
        label="Of this run"
        value={view === 'previews' || view === 'record' ? view : 'curves'}
        onChange={setView}
        tabs={[
          {
            id: 'curves',
            label: 'Curves',
            content: (
              <Curves
                loaded={loaded}
                waiting={job.state === 'queued'}
                runs={shown.map(({ id, title }) => ({ title, rows: runs.get(id)?.rows ?? empty }))}
              />
            ),
          },
          {
            id: 'previews',
            label: 'Previews',
            ...(rows.previews.length > 0 ? { badge: rows.previews.length } : {}),
            content: <Previews job={job.id} every={job.spec.settings.previewEvery} previews={rows.previews} />,
          },
          { id: 'record', label: 'Record', content: <RunRecord job={job} rows={rows} /> },
        ]}
      />
    </div>
  )
}
