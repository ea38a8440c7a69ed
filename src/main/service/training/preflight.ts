/** The pre-flight: one real step of the very settings, in a process of its own that ends with it. Nothing of it stays. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import { isJobEnd } from '../../../shared/jobs.ts'
import type { SftStudioSpec } from '../../../shared/studio-training.ts'
import { sftResultSchema, type PreflightReport } from '../../../shared/training.ts'
import { startEngineProcess } from '../../jobs/engine-process.ts'
import type { KindDeps } from '../jobs/kind.ts'
import { engineSpecOf } from './kind.ts'

export async function measure(
  spec: SftStudioSpec,
  deps: KindDeps,
  work: string,
  signal: AbortSignal,
): Promise<PreflightReport> {
  const folder = join(work, `preflight-${randomBytes(6).toString('hex')}`)
  const asked = await engineSpecOf(spec, deps, { id: '', folder, resume: false })
  const engine = startEngineProcess()
  try {
    let report: PreflightReport | null = null
    for await (const event of engine.run({ ...asked, preflight: true }, { signal })) {
      if (event.type === 'result') {
        const result = sftResultSchema.parse(event.result)
        if ('preflight' in result) report = result.preflight
      }
      if (!isJobEnd(event)) continue
      if (event.type === 'failed') throw new TandemError(event.message, event.remedy, event.kind)
      if (event.type === 'cancelled') throw new TandemError('The measurement was stopped.', '', 'cancelled')
    }
    if (report) return report
    throw new TandemError('The measurement gave no answer.', 'Please report this.', 'internal')
  } finally {
    engine.dispose()
    await rm(folder, { recursive: true, force: true })
  }
}
