/**
 * Kills training with SIGKILL at random moments, whole and adapter alike, and resumes it: the metrics rows and the weights
 * must be those of an uninterrupted run, to the last bit. Usage: npm run soak -- train-kill [times]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { seededRandom } from '../../src/engine/data/random.ts'
import { writeTinyModel } from '../../src/main/cli/testing.ts'
import { canResume, killableSpec, runAndKill, runToEnd, traceOf } from '../../src/main/cli/train-killing.ts'
import { saveResult } from '../lib.ts'

const times = Number(process.argv[2] ?? 20)
const STEPS = 30
const work = await mkdtemp(join(tmpdir(), 'tandem-soak-train-'))
const model = join(work, 'model')
await writeTinyModel(model)
const random = seededRandom('train-kill')

const rows = await runToEnd(killableSpec(model, join(work, 'whole'), false, STEPS))
const whole = await traceOf(join(work, 'whole'))
const counts = { killed: 0, beforeTheFirstCheckpoint: 0, identical: 0, endedBeforeTheKill: 0 }
const moments: number[] = []
for (let i = 0; counts.killed < times; i++) {
  const out = join(work, `run-${i}`)
  const after = random.int(rows)
  const killed = await runAndKill(killableSpec(model, out, false, STEPS), after, random.int(40))
  if (!killed) counts.endedBeforeTheKill++
  else {
    counts.killed++
    moments.push(after)
    const resume = await canResume(out)
    if (!resume) counts.beforeTheFirstCheckpoint++
    await runToEnd(killableSpec(model, out, resume, STEPS))
    if (isDeepStrictEqual(await traceOf(out), whole)) counts.identical++
  }
  await rm(out, { recursive: true, force: true })
}
await rm(work, { recursive: true, force: true })
const what = 'training killed with SIGKILL at random moments and resumed: rows and weights against an uninterrupted run'
const result = { what, times, steps: STEPS, rows, ...counts, killedAfterRows: moments.sort((a, b) => a - b) }
console.log(JSON.stringify(result, null, 2))
await saveResult('soak-train-kill', result)
if (counts.identical !== counts.killed) process.exitCode = 1
