/** Reports and comparisons of runs that are on disk, finished or not; nothing is answered, sent or changed. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { chooseJudge, compareRuns, makeReport, type ReadRun } from '../bench/report.ts'
import { readRun } from '../bench/run-folder.ts'
import { readSuite } from '../bench/suite.ts'
import { loadWorld } from '../data/world/world.ts'

/** A run with the suite it was made with, read again from beside the run, or from where it was. */
export async function openReadRun(folder: string): Promise<ReadRun> {
  const run = await readRun(folder)
  const { suite, suiteFrom } = run.file
  const beside = suiteFrom === undefined ? null : resolve(run.path, suiteFrom)
  const there = beside !== null && (await stat(join(beside, 'suite.json')).catch(() => null)) !== null
  return { run, suite: await readSuite(there ? beside : suite, await loadWorld()) }
}

export async function* benchReportJob(spec: SpecOf<'parabench-report'>): AsyncGenerator<JobUpdate> {
  const read = await openReadRun(spec.run)
  yield { type: 'result', result: { report: makeReport(read, chooseJudge(read.run, spec.judge)) } }
}

export async function* benchCompareJob(spec: SpecOf<'parabench-compare'>): AsyncGenerator<JobUpdate> {
  const [a, b] = await Promise.all([openReadRun(spec.a), openReadRun(spec.b)])
  yield { type: 'result', result: { comparison: compareRuns(a, b, spec.judge) } }
}
