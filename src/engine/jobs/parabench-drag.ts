/** The reasoning-drag report: four runs of one suite in subfolders of one folder, each resumable, then the comparison. */
import { join, resolve } from 'node:path'
import type { DragResult, JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { dragModes, makeDragReport, type DragMode } from '../bench/drag.ts'
import type { ReadRun } from '../bench/report.ts'
import { writeFileAtomic } from '../files.ts'
import type { JobContext } from './context.ts'
import { parabenchJob, readItems } from './parabench.ts'
import { estimateFor, identityOf, judgeKeyOf, refuseAlong } from './parabench-endpoint.ts'
import { openReadRun } from './parabench-read.ts'

export const dragFile = 'drag.json'

export async function* dragJob(spec: SpecOf<'parabench-drag'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const began = performance.now()
  const folder = resolve(spec.out)
  const judgeKey = judgeKeyOf(context)
  await refuseAlong(
    spec,
    dragModes.map((mode) => join(folder, mode)),
  )
  if (spec.estimateOnly) {
    const { items } = await readItems(spec)
    yield { type: 'result', result: { estimate: estimateFor(spec.judge, dragModes, items, judgeKey) } }
    return
  }
  for (const [i, mode] of dragModes.entries()) {
    const run = parabenchJob({ ...spec, kind: 'parabench', mode, out: join(folder, mode) }, context)
    for await (const update of run) {
      if (update.type === 'result') continue
      if (update.type === 'started' && i > 0) continue
      if (update.type === 'started') yield { ...update, total: update.total * dragModes.length }
      else if (update.type === 'progress')
        yield {
          ...update,
          done: i * update.total + update.done,
          total: update.total * dragModes.length,
        }
      else yield update
    }
    if (context.signal.aborted) return
  }
  const reads = await Promise.all(dragModes.map((mode) => openReadRun(join(folder, mode))))
  const runs = Object.fromEntries(dragModes.map((mode, i) => [mode, reads[i]!])) as Record<DragMode, ReadRun>
  const report = makeDragReport(runs, identityOf(spec.judge, judgeKey))
  await writeFileAtomic(join(folder, dragFile), JSON.stringify(report, null, 2) + '\n')
  const result: DragResult = { folder, report, seconds: Number(((performance.now() - began) / 1000).toFixed(1)) }
  yield { type: 'result', result }
}
