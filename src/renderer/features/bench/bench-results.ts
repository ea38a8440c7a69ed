/** What a job of the bench left as its result, parsed: screens trust nothing that was stored as unknown. */
import { benchReportSchema, dragReportSchema, type BenchReport, type DragReport } from '../../../shared/bench.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'

function partOf(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'report' in result ? result.report : null
}

export function reportOf({ result }: Pick<StudioJob, 'result'>): BenchReport | null {
  return benchReportSchema.safeParse(partOf(result)).data ?? null
}

export function dragReportOf({ result }: Pick<StudioJob, 'result'>): DragReport | null {
  return dragReportSchema.safeParse(partOf(result)).data ?? null
}

/** Overall of a finished run; of one that goes on, the mean so far; of one without reasoning, how well pictures follow. */
export function scoreOf(job: StudioJob): number | null {
  const report = reportOf(job)
  if (report) return report.overall.overall?.value ?? report.overall.image_alignment?.value ?? null
  return job.progress?.metrics['score'] ?? null
}
