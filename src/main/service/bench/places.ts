/** Where runs of the bench lie: a job's own folder, that of the job whose answers it marks, or one of a drag report's four. */
import { join } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import type { DecodingMode } from '../../../shared/trajectory.ts'
import type { Store } from '../../store/store.ts'

export interface BenchPlaces {
  readonly store: Store
  /** Folder of a job. */
  folder(job: string): string
}

export interface BenchRunId {
  readonly job: string
  readonly mode?: DecodingMode | undefined
}

/** The job, which has to be one of the bench. */
export function benchJob({ store }: Pick<BenchPlaces, 'store'>, id: string): StudioJob {
  const job = store.jobs.get(id)
  if (job.spec.kind !== 'parabench' && job.spec.kind !== 'parabench-drag')
    throw new TandemError('That job is not a run of the bench.', 'Choose one of the bench.')
  return job
}

export function folderOfRun(places: BenchPlaces, { job: id, mode }: BenchRunId): string {
  const { spec } = benchJob(places, id)
  if (spec.kind === 'parabench') {
    if (spec.answersOf !== undefined) benchJob(places, spec.answersOf)
    return places.folder(spec.answersOf ?? id)
  }
  if (mode === undefined)
    throw new TandemError('A drag report has four runs.', 'Choose the mode whose answers you want to see.')
  return join(places.folder(id), mode)
}
