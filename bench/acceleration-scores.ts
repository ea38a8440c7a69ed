/**
 * ParaBench scores of the model that ships under acceleration: what a speed-up costs, by the exact judge. Two schedules:
 * the studio's own (16 steps, no guidance) and that of MMaDA-Parallel-M (128 steps, 30 of them of the image, image guidance
 * 3.5). Every setting is a run folder under runs/acceleration, so the benchmark may be stopped and started again.
 * Usage: node bench/acceleration-scores.ts [prompts a run] [name ...]     writes bench/results/acceleration-scores.json;
 * with names, what it holds of the others (of as many prompts) stays. Name "exact" with them: they are compared with its run.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { accelerationSchema, presetNames, presets, type Acceleration } from '../src/shared/acceleration.ts'
import { parabenchResultSchema, type SpecOf } from '../src/shared/jobs.ts'
import { compareRuns } from '../src/engine/bench/report.ts'
import { runJob } from '../src/engine/jobs.ts'
import { openReadRun } from '../src/engine/jobs/parabench-read.ts'
import { openModelFolder } from '../src/engine/model/folder.ts'
import { createEngine } from '../src/engine/run.ts'
import { saveResult } from './lib.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const model = join(root, 'resources', 'models', 'storybook')
const runs = join(root, 'runs', 'acceleration')
const limit = Number(process.argv[2] ?? 300)
const only = process.argv.slice(3)

const schedules = {
  studio: { steps: 16, guidance: { text: 0, image: 0 } },
  M: { steps: 128, imageSteps: 30, guidance: { text: 0, image: 3.5 } },
} as const

const off: Acceleration = { refresh: 1, keep: 'input', sure: { text: null, image: null }, imageOrder: 'confidence' }
const sure = (text: number | null, image: number | null): Partial<Acceleration> => ({ sure: { text, image } })

/** The curve: the presets, then one thing at a time, then together. */
const points: Readonly<Record<string, Partial<Acceleration> | null>> = {
  exact: null,
  ...Object.fromEntries(presetNames.map((name) => [name, presets[name].acceleration])),
  'input kept 4': { refresh: 4 },
  'input kept 8': { refresh: 8 },
  'input kept 16': { refresh: 16 },
  'decided kept 4': { refresh: 4, keep: 'decided' },
  'decided kept 8': { refresh: 8, keep: 'decided' },
  'waiting kept 4': { refresh: 4, keep: 'waiting' },
  'waiting kept 8': { refresh: 8, keep: 'waiting' },
  'soon 4': { refresh: 8, keep: 'waiting', soon: { times: 4, least: 1 } },
  'sure words 0.95': sure(0.95, null),
  'sure 0.95': sure(0.95, 0.95),
  'sure 0.9': sure(0.9, 0.9),
  'sure 0.8': sure(0.8, 0.8),
  'sure 0.7': sure(0.7, 0.7),
  halton: { imageOrder: 'halton' },
}
/** The long schedule takes many forwards an answer: what is recommended, and the rows it keeps alone. */
const recommended = ['exact', ...presetNames, 'decided kept 8', 'waiting kept 4', 'waiting kept 8', 'soon 4']

// One thread: the answers are the same, and other work on the machine disturbs less.
const engine = createEngine(await openModelFolder(model), 'cpu', 1)
const context = { signal: new AbortController().signal, engine: () => Promise.resolve(engine) }

async function score(
  name: string,
  schedule: keyof typeof schedules,
  part: Partial<Acceleration> | null,
): Promise<Stored> {
  const out = join(runs, `${schedule}-${name.replace(/[ ,]+/g, '-')}`)
  // In the schema's order of keys, as the run folder has it.
  const acceleration = part ? accelerationSchema.parse({ ...off, ...part }) : null
  const spec: SpecOf<'parabench'> = {
    kind: 'parabench',
    suite: 'storybook',
    model,
    mode: 'parallel',
    seeds: [1],
    temperatures: { text: 0, image: 0 },
    ...schedules[schedule],
    ...(acceleration ? { acceleration } : {}),
    judge: { kind: 'exact' },
    ...(limit < 300 ? { limit } : {}),
    out,
  }
  for await (const update of runJob(spec, context)) {
    if (update.type === 'progress' && update.done % 60 === 0) console.error(schedule, name, update.done)
    if (update.type !== 'result') continue
    const { report } = parabenchResultSchema.parse(update.result)
    const { run } = await openReadRun(out)
    const answers = [...run.answers.values()]
    const { overall, text_alignment, image_alignment, output_alignment, right_image, right_reasoning } = report.overall
    const forwards = answers.reduce((n, answer) => n + answer.forwards, 0) / answers.length
    return {
      schedule,
      name,
      ...(acceleration ? { acceleration } : {}),
      prompts: answers.length,
      forwards: Number(forwards.toFixed(1)),
      overall,
      text_alignment,
      image_alignment,
      output_alignment,
      right_image,
      right_reasoning,
    }
  }
  throw new Error(`${name} gave no result`)
}

const nameOf = ({ schedule, name }: { schedule: string; name: string }): string => `${schedule} ${name}`
const order = (['studio', 'M'] as const).flatMap((schedule) =>
  Object.keys(points).map((name) => nameOf({ schedule, name })),
)
const storedSchema = z.object({
  limit: z.number(),
  results: z.array(z.looseObject({ schedule: z.string(), name: z.string() })),
})
type Stored = z.infer<typeof storedSchema>['results'][number]

/** What an earlier run of the benchmark found of the points that this one leaves out. */
async function storedResults(): Promise<Stored[]> {
  if (only.length === 0) return []
  const text = await readFile(join(root, 'bench', 'results', 'acceleration-scores.json'), 'utf8')
  const stored = storedSchema.parse(JSON.parse(text))
  return stored.limit === limit ? stored.results : []
}

await mkdir(runs, { recursive: true })
let results = await storedResults()
for (const schedule of ['studio', 'M'] as const) {
  for (const [name, part] of Object.entries(points)) {
    if (only.length > 0 && !only.includes(name)) continue
    if (schedule === 'M' && !recommended.includes(name)) continue
    const result = await score(name, schedule, part)
    const [exact, own] = await Promise.all(
      ['exact', name].map((each) => openReadRun(join(runs, `${schedule}-${each.replace(/[ ,]+/g, '-')}`))),
    )
    const { measures } = compareRuns(exact!, own!).overall
    const found = { ...result, minusExact: measures['overall']?.difference ?? null }
    console.error(JSON.stringify(found))
    results = [...results.filter((each) => nameOf(each) !== nameOf(found)), found].sort(
      (a, b) => order.indexOf(nameOf(a)) - order.indexOf(nameOf(b)),
    )
    await saveResult('acceleration-scores', {
      what: 'ParaBench (storybook suite, exact judge, seed 1, temperatures 0) under acceleration, differences paired by prompt',
      limit,
      results,
    })
  }
}
await engine.dispose()
