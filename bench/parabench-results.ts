/** bench/results/parabench.json and parabench-wall.json: what was measured, read by whoever quotes it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import {
  alongPointSchema,
  benchComparisonSchema,
  benchGroupSchema,
  benchSettingsSchema,
  dragGroupSchema,
} from '../src/shared/bench.ts'

const resultsFolder = fileURLToPath(new URL('results/', import.meta.url))
export const pagePath = join(resultsFolder, 'parabench.md')
export const resultsPath = join(resultsFolder, 'parabench.json')
const wallPath = join(resultsFolder, 'parabench-wall.json')

const byMode = <T extends z.ZodType>(schema: T) => z.record(z.string(), schema)

const runSchema = z.strictObject({
  /** Of the run without thinking; the other three differ in their mode alone. */
  settings: benchSettingsSchema,
  judge: z.string(),
  /** Median milliseconds an answer; absent where other work was let past. */
  ms: byMode(z.number()).optional(),
  modes: byMode(benchGroupSchema),
  /** Each seed by itself, of runs with several. */
  seeds: z.record(z.string(), byMode(benchGroupSchema)).optional(),
  /** Over all categories; by category it stands in the Markdown file. */
  drag: byMode(dragGroupSchema),
  along: byMode(z.array(alongPointSchema)),
  parallel_minus_sequential: benchComparisonSchema.shape.overall,
})
export type MeasuredRun = z.infer<typeof runSchema>
export type Measured = Record<string, MeasuredRun>

const wallSchema = z.looseObject({
  cpu: z.string(),
  threads: z.int(),
  suite: z.string(),
  prompts: z.int(),
  mode: z.string(),
  steps: z.int(),
  seed: z.int(),
  judge: z.string(),
  /** From an empty folder to the written report, opening the model included. */
  seconds: z.number(),
})
export type Wall = z.infer<typeof wallSchema>

const judgeSchema = z.looseObject({
  ms: z.strictObject({ median: z.number(), p99: z.number() }),
  ms_with_reasons: z.strictObject({ median: z.number(), p99: z.number() }).optional(),
})
export type JudgeTimes = z.infer<typeof judgeSchema>

export const readMeasured = async (): Promise<Measured> =>
  z.looseObject({ runs: z.record(z.string(), runSchema) }).parse(JSON.parse(await readFile(resultsPath, 'utf8'))).runs

/** Null before it was measured. */
export async function readWall(): Promise<Wall | null> {
  const text = await readFile(wallPath, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : wallSchema.parse(JSON.parse(text))
}

export const readJudgeTimes = async (): Promise<JudgeTimes> =>
  judgeSchema.parse(JSON.parse(await readFile(join(resultsFolder, 'soak-judge.json'), 'utf8')))
