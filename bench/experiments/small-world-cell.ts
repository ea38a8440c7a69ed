/**
 * One cell of an experiment on the small world: trains a model with the recipe's settings or others, answers the suite in
 * each mode, and prints what the exact judge says as one line of JSON. A cell that was stopped goes on.
 * Usage: node bench/experiments/small-world-cell.ts --seed N --out DIR [--set predictor.steps=400 ...]
 *        [--modes parallel,sequential] [--steps 16] [--threads N] [--limit PROMPTS]
 */
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { decodingModeSchema } from '../../src/shared/trajectory.ts'
import { readRecipe, trainSmallWorld } from './small-world.ts'
import { answerSuite } from './suite-scores.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    modes: { type: 'string', default: 'parallel,sequential' },
    steps: { type: 'string', default: '16' },
    threads: { type: 'string' },
    limit: { type: 'string' },
  },
})
if (values.out === undefined) throw new Error('a cell needs --out DIR')
const settings = values.set.map((text): [string, string] => {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--set takes path=value, not "${text}"`)
  return [text.slice(0, at), text.slice(at + 1)]
})
const cpu = process.cpuUsage()
const threads = values.threads === undefined ? undefined : Number(values.threads)
const trained = await trainSmallWorld(await readRecipe(settings), values.out, Number(values.seed), threads)
const used = process.cpuUsage(cpu)
const metrics: Record<string, number> = {}
const began = performance.now()
for (const mode of values.modes.split(',').map((name) => decodingModeSchema.parse(name))) {
  const scores = await answerSuite({
    model: trained.model,
    mode,
    steps: Number(values.steps),
    out: join(values.out, mode),
    ...(values.limit === undefined ? {} : { limit: Number(values.limit) }),
  })
  for (const [name, value] of Object.entries(scores)) metrics[`${mode}.${name}`] = value
}
console.log(
  JSON.stringify({
    ...trained,
    /** In the cell's folder. */
    model: relative(values.out, trained.model),
    seconds: Number(trained.seconds.toFixed(1)),
    /** Of the last sitting. */
    cpuSeconds: Number(((used.user + used.system) / 1e6).toFixed(1)),
    evaluationSeconds: Number(((performance.now() - began) / 1000).toFixed(1)),
    metrics,
  }),
)
