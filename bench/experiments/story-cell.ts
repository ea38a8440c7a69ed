/**
 * One cell of the fine-tuning story: samples the new operation and what is rehearsed, trains by the command line as a
 * person would, and judges the result on unseen scenes of the operation and on the families the model knew.
 * Usage: node bench/experiments/story-cell.ts --out DIR [--operation mirror] [--rows 200] [--old ROWS] [--count N]
 *        [-- options of "tandem train sft"]; without options of that command the shipped model itself is judged.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { tandem } from './tandem-cli.ts'

const shipped = 'resources/models/storybook'
const SEEDS = { data: 5, old: 9, newTest: 31, oldTest: 4242 }

const split = process.argv.indexOf('--')
const training = split < 0 ? [] : process.argv.slice(split + 1)
const { values } = parseArgs({
  args: process.argv.slice(2, split < 0 ? undefined : split),
  options: {
    out: { type: 'string' },
    operation: { type: 'string', default: 'mirror' },
    rows: { type: 'string', default: '200' },
    old: { type: 'string', default: '3000' },
    count: { type: 'string', default: '300' },
  },
})
if (values.out === undefined) throw new Error('a cell needs --out DIR')
const { operation, rows, old, count } = values
const out = resolve(values.out)

/** The data sets lie beside the cells, so that all of them train on the same rows. */
async function sampled(name: string, ...args: string[]): Promise<string> {
  const folder = join(dirname(out), name)
  if (!existsSync(folder)) await tandem('world', 'sample', ...args, '--out', folder)
  return folder
}

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() })
const reportSchema = z.looseObject({
  count: z.number(),
  overall: z.looseObject({ right_image: estimate, right_reasoning: estimate, output_alignment: estimate.nullable() }),
  families: z.record(z.string(), z.looseObject({ right_image: estimate })),
})

async function evaluated(model: string, seed: number, ...args: string[]): Promise<z.infer<typeof reportSchema>> {
  const { stdout } = await tandem('eval', '--seed', String(seed), '--count', count, '--model', model, '--json', ...args)
  return reportSchema.parse(JSON.parse(stdout))
}

/** Trains as the options say; null where there are none. A cell that was stopped goes on from its checkpoint. */
async function trained(): Promise<{ model: string; command: string; [more: string]: unknown } | null> {
  if (training.length === 0) return null
  const set = await sampled(
    `${operation}-${rows}`,
    '--seed',
    String(SEEDS.data),
    '--count',
    rows,
    '--operation',
    operation,
  )
  const mix = ['--mix', '--mix-share'].some((option) => training.includes(option))
  const rehearsed = mix ? await sampled(`old-${old}`, '--seed', String(SEEDS.old), '--count', old) : null
  const run = join(out, 'run')
  const options = training.map((option) => (option === 'OLD' && rehearsed !== null ? rehearsed : option))
  const resumed = existsSync(join(run, 'checkpoint.safetensors'))
  const finished = existsSync(join(run, 'adapter')) || existsSync(join(run, 'model'))
  const load = loadavg()[0]!
  const began = performance.now()
  if (!resumed && !finished) await rm(run, { recursive: true, force: true })
  const args = resumed ? ['--resume'] : ['--data', set, ...options]
  const { stdout, cpuSeconds } = await tandem('train', 'sft', '--out', run, ...args, '--json')
  const result = z.looseObject({ model: z.string(), steps: z.number(), samples: z.number(), seconds: z.number() })
  const { model, steps, samples, seconds } = result.parse(JSON.parse(stdout))
  return {
    model,
    command: [
      'tandem train sft --data',
      `${operation}-${rows}`,
      ...training.map((o) => (o === 'OLD' ? `old-${old}` : o)),
    ].join(' '),
    steps,
    samples,
    /** The training itself; `wallSeconds` has the check of the data and the export too. */
    trainingSeconds: seconds,
    wallSeconds: Math.round((performance.now() - began) / 1000),
    cpuSeconds,
    resumed,
    load: [load, loadavg()[0]!],
  }
}

const made = await trained()
const model = made?.model ?? shipped
const fresh = await evaluated(model, SEEDS.newTest, '--operation', operation)
const known = await evaluated(model, SEEDS.oldTest)
const percent = ({ value }: { value: number }): number => Number((100 * value).toFixed(2))
console.log(
  JSON.stringify({
    ...(made ? { training: { ...made, model: undefined } } : {}),
    new: fresh,
    old: known,
    metrics: {
      'new.right_image': percent(fresh.overall.right_image),
      'new.right_reasoning': percent(fresh.overall.right_reasoning),
      'old.right_image': percent(known.overall.right_image),
      'old.right_reasoning': percent(known.overall.right_reasoning),
      ...(made
        ? {
            minutes: Number(made['wallSeconds']) / 60,
            'cpu.minutes': Number(made['cpuSeconds']) / 60,
            steps: Number(made['steps']),
          }
        : {}),
    },
  }),
)
