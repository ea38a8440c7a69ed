/**
 * Kills training with SIGKILL at random moments and resumes it, in turn the whole model on the world and an adapter with
 * dropout on two mixed data sets: the metrics rows and the weights must be those of an uninterrupted run, to the last bit.
 * Usage: npm run soak -- train-kill [times]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { seededRandom } from '../../src/engine/data/random.ts'
import type { SftSpec } from '../../src/shared/training.ts'
import { writeTinyModel } from '../../src/main/cli/testing.ts'
import {
  canResume,
  killableSpec,
  onMixedSets,
  runAndKill,
  runToEnd,
  traceOf,
  writeMixedSets,
} from '../../src/main/cli/train-killing.ts'
import { saveResult } from '../lib.ts'

const times = Number(process.argv[2] ?? 20)
const STEPS = 30
const work = await mkdtemp(join(tmpdir(), 'tandem-soak-train-'))
const model = join(work, 'model')
await writeTinyModel(model)
const random = seededRandom('train-kill')

const sets = await writeMixedSets(work)

/** One way of training, what it leaves when nothing disturbs it, and what came of the kills. */
async function kind(name: string, spec: (out: string, resume: boolean) => SftSpec) {
  const out = join(work, name)
  const rows = await runToEnd(spec(out, false))
  const counts = { killed: 0, beforeTheFirstCheckpoint: 0, identical: 0, endedBeforeTheKill: 0 }
  return { name, spec, rows, whole: await traceOf(out), counts, moments: [] as number[] }
}
const plain = (out: string, resume: boolean): SftSpec => killableSpec(model, out, resume, STEPS)
const kinds = [
  await kind('whole model, world', plain),
  await kind('adapter with dropout, two mixed sets', (out, resume) => onMixedSets(plain(out, resume), sets)),
]
for (let i = 0, done = 0; done < times; i++) {
  const { spec, rows, whole, counts, moments } = kinds[done % kinds.length]!
  const out = join(work, `run-${i}`)
  const after = random.int(rows)
  const killed = await runAndKill(spec(out, false), after, random.int(40))
  if (!killed) counts.endedBeforeTheKill++
  else {
    done++
    counts.killed++
    moments.push(after)
    const resume = await canResume(out)
    if (!resume) counts.beforeTheFirstCheckpoint++
    await runToEnd(spec(out, resume))
    if (isDeepStrictEqual(await traceOf(out), whole)) counts.identical++
  }
  await rm(out, { recursive: true, force: true })
}
await rm(work, { recursive: true, force: true })
const what = 'training killed with SIGKILL at random moments and resumed: rows and weights against an uninterrupted run'
const told = kinds.map(({ name, rows, counts, moments }) => ({
  name,
  rows,
  ...counts,
  killedAfterRows: moments.sort((a, b) => a - b),
}))
const result = { what, times, steps: STEPS, kinds: told }
console.log(JSON.stringify(result, null, 2))
await saveResult('soak-train-kill', result)
if (told.some(({ killed, identical }) => identical !== killed)) process.exitCode = 1
