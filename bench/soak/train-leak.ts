/**
 * A long training job: resident memory must level off. Validation, previews and checkpoints happen some 40 times each, as
 * in a run of hours; `--previews N` makes previews every N steps instead, with the 16 denoising steps they have in the
 * studio, and `--shipped` trains an adapter on the model that ships instead of a tiny model.
 * Usage: npm run soak -- train-leak [steps] [--previews N] [--shipped]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeTinyModel } from '../../src/main/cli/testing.ts'
import { startEngineProcess } from '../../src/main/jobs/engine-process.ts'
import { killableSpec } from '../../src/main/cli/train-killing.ts'
import { percentile, saveResult } from '../lib.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { previews: { type: 'string' }, shipped: { type: 'boolean', default: false } },
})
const steps = Number(positionals[0] ?? 2000)
const often = Math.ceil(steps / 40)
const previews = values.previews === undefined ? null : Number(values.previews)
/** Megabytes. */
const MOST_GROWTH = 30
/** Looks in a quarter of the run. */
const FEWEST = 3

const work = await mkdtemp(join(tmpdir(), 'tandem-soak-train-leak-'))
const shipped = fileURLToPath(new URL('../../resources/models/storybook', import.meta.url))
if (!values.shipped) await writeTinyModel(join(work, 'model'))
const model = values.shipped ? shipped : join(work, 'model')
const plain = killableSpec(model, join(work, 'run'), false, steps)
const config = {
  ...(plain.config as Record<string, unknown>),
  ...(values.shipped ? { adapter: { rank: 8 } } : {}),
  validateEvery: often,
  saveEvery: 1,
  previews: previews === null ? { every: often, count: 2, steps: 4 } : { every: previews, count: 2, steps: 16 },
}
const samples: { step: number; megabytes: number }[] = []
let previewed = 0
const engine = startEngineProcess()
for await (const event of engine.run({ ...plain, config })) {
  if (event.type === 'failed') throw new Error(event.message)
  if (event.type !== 'row') continue
  const { row } = event
  if (row.kind === 'preview') previewed++
  if (row.kind === 'memory') samples.push({ step: row.step, megabytes: Math.round(row.resident / 1e6) })
}
engine.dispose()
await rm(work, { recursive: true, force: true })

const between = (from: number, to: number): number[] =>
  samples.filter(({ step }) => step >= from * steps && step < to * steps).map(({ megabytes }) => megabytes)
const half = between(0.5, Infinity)
const quarters = [between(0.5, 0.75), between(0.75, Infinity)] as const
if (quarters.some(({ length }) => length < FEWEST))
  throw new Error(`Too few looks at the memory in ${steps} steps for this to say anything: ask for more steps.`)
// What V8 has not collected yet rises and falls: quarters are compared by their middle, not two moments.
const growth = percentile(quarters[1], 50) - percentile(quarters[0], 50)
const result = {
  what: 'resident memory of the engine process over a training job, a row every few seconds',
  model: values.shipped ? 'storybook, adapter' : 'tiny, whole',
  steps,
  previewed,
  samples,
  growthOverLastQuarter: growth,
  growthOverSecondHalf: half.at(-1)! - half[0]!,
  highestOfFirstHalf: Math.max(...between(0, 0.5)),
  highestOfSecondHalf: Math.max(...half),
}
console.log(JSON.stringify(result, null, 2))
await saveResult(`soak-train-leak${values.shipped ? '-shipped' : ''}${previews === null ? '' : '-previews'}`, result)
if (growth > MOST_GROWTH) process.exitCode = 1
