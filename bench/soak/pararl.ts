/**
 * ParaRL for a long time: 500 updates of a small model with the memory of the process at every tenth, and then kills at
 * moments of chance, each gone on from and compared with a run nobody touched. Usage: npm run soak -- pararl [STEPS] [KILLS]
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { completeRlSettings, rlFiles, rlRowSchema } from '../../src/shared/rl.ts'
import { runJob } from '../../src/engine/jobs.ts'
import { seededRandom } from '../../src/engine/data/random.ts'
import { writeTinyModel } from '../../src/main/cli/testing.ts'
import { saveResult } from '../lib.ts'

const steps = Number(process.argv[2] ?? 500)
const kills = Number(process.argv[3] ?? 20)
const root = await mkdtemp(join(tmpdir(), 'pararl-soak-'))
const model = join(root, 'model')
await writeTinyModel(model)
const data = { kind: 'world', path: null, operations: null, seed: 1, sprites: 32, generateShare: 0.3 } as const
const settings = completeRlSettings({
  steps,
  rollouts: 4,
  prompts: 2,
  denoisingSteps: 6,
  hardShare: 1,
  pool: 16,
  validateEvery: 0,
  learningRate: 1e-3,
  klCeiling: null,
  keepEvery: 1_000_000,
})
const spec = (out: string, more: Partial<typeof settings> = {}) =>
  ({
    kind: 'pararl',
    run: { model, data, reward: 'oracle:image_quality', settings: { ...settings, ...more } },
    out: join(root, out),
    resume: false,
  }) as const

/** Of the process after a collection, MiB: all of it, V8's heap, and buffers outside that. The rest is native. */
interface Memory {
  readonly step: number
  readonly resident: number
  readonly heap: number
  readonly buffers: number
}
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const mebi = (bytes: number): number => Number((bytes / 2 ** 20).toFixed(1))
const memory: Memory[] = []
const context = { signal: new AbortController().signal, engine: () => Promise.reject(new Error('not asked for')) }
for await (const update of runJob(spec('long'), context)) {
  if (update.type !== 'progress' || update.done % 10 !== 0) continue
  collect()
  const { rss, heapUsed, external } = process.memoryUsage()
  memory.push({ step: update.done, resident: mebi(rss), heap: mebi(heapUsed), buffers: mebi(external) })
}
const mean = (values: readonly number[]): number => values.reduce((a, v) => a + v, 0) / values.length
/** By how much the mean of the second half lies above the first's, the beginning left out. */
function growthOf(part: 'resident' | 'heap' | 'buffers'): number {
  const tail = memory.slice(Math.floor(memory.length / 5)).map((each) => each[part])
  const half = Math.floor(tail.length / 2)
  return Number((mean(tail.slice(half)) - mean(tail.slice(0, half))).toFixed(1))
}
const growth = growthOf('resident')

const fixture = fileURLToPath(new URL('../../src/main/cli/run-job-fixtures.ts', import.meta.url))
function run(out: string, resume: boolean, killAfter: number | null): Promise<boolean> {
  const own = { ...spec(out, { steps: 12, inner: 3, saveEvery: 1e-6, keepEvery: 1 }), resume }
  const child = spawn(process.execPath, [fixture, JSON.stringify(resume ? { ...own, run: null } : own)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  let seen = 0
  let killed = false
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString('utf8').split('\n').length - 1
    if (killed || killAfter === null || seen < killAfter) return
    killed = true
    child.kill('SIGKILL')
  })
  return new Promise((resolve) => child.once('close', () => resolve(killed)))
}
const outcome = async (out: string): Promise<string> => {
  const text = await readFile(join(root, out, rlFiles.record), 'utf8')
  const rows = text
    .trim()
    .split('\n')
    .map((line) => ({ ...rlRowSchema.parse(JSON.parse(line)), seconds: 0, took: 0, parts: null }))
  const weights = await readFile(join(root, out, rlFiles.model, 'model.safetensors'))
  return JSON.stringify(rows) + weights.toString('base64')
}
await run('whole', false, null)
const expected = await outcome('whole')
const random = seededRandom('pararl-soak')
let killed = 0
let exact = 0
for (let i = 0; i < kills; i++) {
  const out = `killed-${i}`
  if (await run(out, false, 2 + random.int(30))) killed++
  await run(out, true, null)
  if ((await outcome(out)) === expected) exact++
  await rm(join(root, out), { recursive: true })
}
const result = {
  steps,
  growthMiB: { resident: growth, heap: growthOf('heap'), buffers: growthOf('buffers') },
  memory,
  kills,
  killed,
  exact,
}
console.log(result)
await saveResult('soak-pararl', result)
await rm(root, { recursive: true })
process.exitCode = exact === kills && growth < 20 ? 0 : 1
