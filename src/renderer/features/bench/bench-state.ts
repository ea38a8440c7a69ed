/** What the bench looks at: one run, a comparison, a form or a blind vote; kept over a reload. */
import { create } from 'zustand'
import { z } from 'zod'
import { useJobs, jobsOf, type JobOf } from '../../state/jobs.ts'
import { recall, remember } from '../../ui/remembered.ts'

const viewSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('new') }),
  z.strictObject({ kind: z.literal('run'), job: z.string() }),
  z.strictObject({ kind: z.literal('compare'), jobs: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('vote'), study: z.string() }),
])
export type View = z.infer<typeof viewSchema>
export type RunTab = 'report' | 'answers' | 'votes'

interface Bench {
  readonly view: View
  /** Runs that are ticked, to be compared. */
  readonly ticked: readonly string[]
  readonly tab: RunTab
}

const KEY = 'bench.view'

function firstView(): View {
  try {
    const read = viewSchema.safeParse(JSON.parse(recall(KEY, '')))
    return read.success ? read.data : { kind: 'none' }
  } catch {
    return { kind: 'none' }
  }
}

export const useBench = create<Bench>(() => ({ view: firstView(), ticked: [], tab: 'report' }))

export function show(view: View): void {
  remember(KEY, JSON.stringify(view))
  useBench.setState({ view })
}

export const showRun = (job: string, tab?: RunTab): void => {
  if (tab) useBench.setState({ tab })
  show({ kind: 'run', job })
}
export const showTab = (tab: RunTab): void => useBench.setState({ tab })

export function tick(job: string): void {
  useBench.setState(({ ticked }) => ({
    ticked: ticked.includes(job) ? ticked.filter((id) => id !== job) : [...ticked, job],
  }))
}
export const untick = (): void => useBench.setState({ ticked: [] })

export type BenchJob = JobOf<'parabench'> | JobOf<'parabench-drag'>

/** Runs of the bench, newest first. */
export const useBenchJobs = (): BenchJob[] => {
  const jobs = useJobs((s) => s.jobs)
  return jobsOf(jobs, ['parabench', 'parabench-drag']) as BenchJob[]
}

export function useBenchJob(id: string): BenchJob | null {
  const job = useJobs((s) => s.jobs.get(id))
  return job && (job.spec.kind === 'parabench' || job.spec.kind === 'parabench-drag') ? (job as BenchJob) : null
}
