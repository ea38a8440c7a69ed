/** How a model scored where it was measured: every finished run of a suite with these very weights. */
import { z } from 'zod'
import { type ReactElement } from 'react'
import { benchReportSchema, type BenchReport } from '../../../shared/bench.ts'
import type { LibraryEntry } from '../../../shared/ipc-models.ts'
import { jobsOf, useJobs } from '../../state/jobs.ts'

const resultSchema = z.object({ report: benchReportSchema })

export function ModelScores({ entry }: { readonly entry: LibraryEntry }): ReactElement | null {
  const jobs = useJobs((s) => s.jobs)
  const reports = jobsOf(jobs, ['parabench']).flatMap(
    ({ id, state, result }): { id: string; report: BenchReport }[] => {
      const parsed = resultSchema.safeParse(result)
      if (state !== 'done' || !parsed.success) return []
      return isOf(parsed.data.report, entry) ? [{ id, report: parsed.data.report }] : []
    },
  )
  if (reports.length === 0)
    return (
      <section aria-label="Scores">
        <h3>Scores</h3>
        <p className="model-with">Not measured yet on this machine.</p>
      </section>
    )
  return (
    <section aria-label="Scores">
      <h3>Scores</h3>
      <table className="model-scores">
        <thead>
          <tr>
            <th scope="col">Suite</th>
            <th scope="col">Mode</th>
            <th scope="col">Steps</th>
            <th scope="col">Answers</th>
            <th scope="col">Right image</th>
            <th scope="col">Output alignment</th>
            <th scope="col">Overall</th>
          </tr>
        </thead>
        <tbody>
          {reports.map(({ id, report }) => (
            <tr key={id}>
              <td>{report.settings.suite.name}</td>
              <td>{report.settings.mode}</td>
              <td>{report.settings.steps}</td>
              <td>{report.judged}</td>
              <td>{value(report.overall.right_image, 100)}</td>
              <td>{value(report.overall.output_alignment)}</td>
              <td>{value(report.overall.overall)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** An adapter is measured on its base, so its hash is that of both together: its name tells. */
const isOf = ({ settings }: BenchReport, entry: LibraryEntry): boolean =>
  entry.kind === 'model' ? settings.model.hash === entry.hash : settings.model.name.split(' + ').includes(entry.name)

function value(measured: BenchReport['overall']['overall'], scale = 1): string {
  if (!measured) return '–'
  const half = ((measured.high - measured.low) / 2) * scale
  return `${(measured.value * scale).toFixed(1)} ± ${half.toFixed(1)}`
}
