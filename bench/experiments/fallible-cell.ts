/**
 * Makes the checkpoint that the ParaRL experiments start from: a model that knows its world, taught by traces of a fallible
 * writer (fallible-traces.ts) with the command line, as a person would. Its pictures stay right; what it says of them is
 * wrong about as often as its writer was: room for a reward of their agreement. Prints one line of JSON.
 * Usage: node bench/experiments/fallible-cell.ts --model DIR --out DIR [--world DIR --operations a,b] [--rows 3000]
 *        [--steps 500] [--rate 0.0003] [--seed 1]
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { loadWorld } from '../../src/engine/data/world/world.ts'
import { writeFallible } from './fallible-traces.ts'
import { tandem } from './tandem-cli.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    world: { type: 'string' },
    operations: { type: 'string' },
    rows: { type: 'string', default: '3000' },
    steps: { type: 'string', default: '500' },
    rate: { type: 'string', default: '0.0003' },
    seed: { type: 'string', default: '1' },
  },
})
if (values.model === undefined || values.out === undefined) throw new Error('a cell needs --model and --out')
const { rows, steps, rate, seed } = values
const model = resolve(values.model)
const out = resolve(values.out)
/** Of the claims about the result. */
const ERRORS = { leftOut: 0.25, wrongCell: 0.15, wrongSprite: 0.1 }
const SAMPLE_SEED = 17

const [sampled, fallible, run] = ['sampled', 'fallible', 'run'].map((name) => join(out, name)) as [
  string,
  string,
  string,
]
if (!existsSync(join(sampled, 'data.jsonl'))) {
  const of = [
    ...(values.world === undefined ? [] : ['--world', values.world]),
    ...(values.operations === undefined ? [] : ['--operation', values.operations]),
  ]
  await rm(sampled, { recursive: true, force: true })
  await tandem('world', 'sample', '--seed', String(SAMPLE_SEED), '--count', rows, ...of, '--out', sampled)
}
await rm(fallible, { recursive: true, force: true })
const written = await writeFallible(await loadWorld(values.world), sampled, fallible, ERRORS, Number(seed))

const resumed = existsSync(join(run, 'checkpoint.safetensors'))
if (!resumed) await rm(run, { recursive: true, force: true })
// Nothing is dropped and nothing draws its noise apart: the model is to keep what it knows of pictures.
const training = '--batch 8 --changed-weight 1 --drop-text 0 --drop-image 0 --image-only-share 0 --independent 0'
const checks = '--validate-every 100 --preview-every 0'
const options = ['--model', model, '--data', fallible, '--steps', steps, '--rate', rate, '--seed', seed]
const { stdout } = await tandem(
  'train',
  'sft',
  '--out',
  run,
  ...(resumed ? ['--resume'] : [...options, ...training.split(' '), ...checks.split(' ')]),
  '--json',
)
const result = z.object({ steps: z.number(), samples: z.number(), seconds: z.number() }).parse(JSON.parse(stdout))
console.log(
  JSON.stringify({
    ...written,
    ...result,
    /** In the cell's folder. */
    model: 'run/model',
    metrics: { right_claims: Number((100 * written.right).toFixed(2)), steps: result.steps },
  }),
)
