/** Answers of the bench on the timeline of the open project: one alone, or two side by side, in step. */
import type { ArgsOf } from '../../../shared/ipc.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { Run } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { runById } from '../../state/commands.ts'
import { comparison } from '../../state/comparison.ts'
import { viewRun } from '../../state/playback.ts'
import { putRuns } from '../../state/runs.ts'
import { studio } from '../../state/store.ts'
import { toast, toastError } from '../../state/toasts.ts'

type Place = Omit<ArgsOf<'bench.open'>, 'project'>

async function opened(place: Place): Promise<Run> {
  const { project } = studio.get()
  if (!project) throw new TandemError('No project is open.', 'Open one first: the run is put into its history.')
  const run = await api.call('bench.open', { ...place, project: project.id })
  putRuns([run])
  return run
}

export async function openOnTimeline(place: Place): Promise<void> {
  try {
    const run = await opened(place)
    viewRun(run.id)
    runById('screen.edit')
    toast({ tone: 'info', message: 'The answer is on the timeline, and in the history of this project.' })
  } catch (error) {
    toastError(error)
  }
}

/** Two answers to one prompt, beside each other. */
export async function openPair(first: Place, second: Place): Promise<void> {
  try {
    const [a, b] = [await opened(first), await opened(second)]
    comparison.pair(a.id, b.id)
  } catch (error) {
    toastError(error)
  }
}
