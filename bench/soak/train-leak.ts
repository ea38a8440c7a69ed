/** A long training job: resident memory must level off. Usage: npm run soak -- train-leak [steps] */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeTinyModel } from '../../src/main/cli/testing.ts'
import { startEngineProcess } from '../../src/main/jobs/engine-process.ts'
import { killableSpec } from '../../src/main/cli/train-killing.ts'
import type { JobSpec } from '../../src/shared/jobs.ts'
import { saveResult } from '../lib.ts'

const steps = Number(process.argv[2] ?? 2000)
const work = await mkdtemp(join(tmpdir(), 'tandem-soak-train-leak-'))
await writeTinyModel(join(work, 'model'))
const plain = killableSpec(join(work, 'model'), join(work, 'run'), false, steps) as Extract<JobSpec, { kind: 'sft' }>
// Validation, previews and checkpoints happen some 40 times each, as in a run of hours.
const config = {
  ...(plain.config as Record<string, unknown>),
  validateEvery: Math.ceil(steps / 40),
  saveEvery: 1,
  previews: { every: Math.ceil(steps / 40), count: 2, steps: 4 },
}
const samples: { step: number; megabytes: number }[] = []
const engine = startEngineProcess()
for await (const event of engine.run({ ...plain, config })) {
  if (event.type === 'failed') throw new Error(event.message)
  if (event.type === 'row' && event.row.kind === 'memory')
    samples.push({ step: event.row.step, megabytes: Math.round(event.row.resident / 1e6) })
}
engine.dispose()
await rm(work, { recursive: true, force: true })
const half = samples.filter(({ step }) => step >= steps / 2)
const growth = half.at(-1)!.megabytes - half[0]!.megabytes
const highest = Math.max(...half.map(({ megabytes }) => megabytes))
const what = 'resident memory of the engine process over a training job, a row every few seconds'
const result = { what, steps, samples, growthOverSecondHalf: growth, highestOfSecondHalf: highest }
console.log(JSON.stringify(result, null, 2))
await saveResult('soak-train-leak', result)
if (growth > 30) process.exitCode = 1
