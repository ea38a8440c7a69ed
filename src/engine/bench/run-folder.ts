/**
 * A run of a suite on disk: `run.json` (what was asked), `results.jsonl` (answers and scores as they come, checksummed)
 * and `answers/` (each answer's picture and trajectory). The same command on the same folder goes on where it stopped;
 * scores of another judge join the same answers.
 */
import { mkdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { benchSettingsSchema, dimensionScoresSchema, reasonSchema, type BenchSettings } from '../../shared/bench.ts'
import { TandemError } from '../../shared/errors.ts'
import { asWrite, makeFolder, writeFileAtomic } from '../files.ts'
import { openRecordLog, readRecords } from './record-log.ts'

export const runFiles = {
  run: 'run.json',
  results: 'results.jsonl',
  answers: 'answers',
  report: 'report.json',
} as const

const runFileSchema = z.strictObject({
  format: z.literal('tandem-bench-run'),
  version: z.literal(1),
  settings: benchSettingsSchema,
  /** Where the suite was read from; its hash says whether it is still the same. */
  suite: z.string(),
  /** The same from the run's own folder, with `/`: a folder that holds both may be moved. Absent of one that ships. */
  suiteFrom: z.string().optional(),
  provider: z.string(),
})
export type RunFile = z.infer<typeof runFileSchema>

const uint32 = z.int().min(0).max(0xffffffff)

const answerRecordSchema = z.strictObject({
  kind: z.literal('answer'),
  id: z.string(),
  seed: uint32,
  reasoning: z.string(),
  /** Names of the files under answers/, without ending: NAME.png, NAME.tdm. */
  name: z.string(),
  forwards: z.int(),
  ms: z.number(),
})
export type AnswerRecord = z.infer<typeof answerRecordSchema>

const scoreRecordSchema = z.strictObject({
  kind: z.literal('score'),
  id: z.string(),
  seed: uint32,
  judge: z.string(),
  /** Null where the answer could not be judged; `reasons` then says why. */
  scores: dimensionScoresSchema.nullable(),
  right: z.strictObject({ image: z.boolean(), reasoning: z.boolean() }).optional(),
  reasons: z.array(reasonSchema),
  /** Scores for which the endpoint did not say which model gave them; absent: none. */
  unnamed: z.int().positive().optional(),
  /** Output Alignment of the drafts after some of the steps. */
  along: z.array(z.tuple([z.int(), z.number()])).optional(),
})
export type ScoreRecord = z.infer<typeof scoreRecordSchema>

const recordSchema = z.discriminatedUnion('kind', [answerRecordSchema, scoreRecordSchema])
type RunRecord = z.infer<typeof recordSchema>

/** An answer's key: one prompt under one seed. */
export const answerKey = ({ id, seed }: { id: string; seed: number }): string => `${id} ${seed}`

export interface RunContent {
  readonly path: string
  readonly file: RunFile
  readonly answers: Map<string, AnswerRecord>
  /** By judge, then by answer; the last word counts. */
  readonly scores: Map<string, Map<string, ScoreRecord>>
}

export interface OpenRun extends RunContent {
  /** Damaged lines that were dropped: what they held is done again. */
  readonly dropped: number
  add(record: RunRecord): void
  close(): void
}

function remember(content: Pick<RunContent, 'answers' | 'scores'>, record: RunRecord): void {
  if (record.kind === 'answer') content.answers.set(answerKey(record), record)
  else {
    const own = content.scores.get(record.judge) ?? new Map<string, ScoreRecord>()
    own.set(answerKey(record), record)
    content.scores.set(record.judge, own)
  }
}

/** Starts a run in a new or empty folder, or goes on with the one that is there, if it is of the same settings. */
export async function openRun(out: string, wanted: RunFile): Promise<OpenRun> {
  const path = resolve(out)
  const runPath = join(path, runFiles.run)
  const known = await readRunFile(path)
  if (known) refuseOther(known.settings, wanted.settings)
  else {
    const info = await stat(path).catch(() => null)
    if (info && !info.isDirectory())
      throw new TandemError('The output is a file, not a folder.', 'Choose another --out.')
    if (await stat(join(path, runFiles.results)).catch(() => null))
      throw new TandemError(`${path} holds results but no ${runFiles.run}.`, 'Choose another --out.')
    await makeFolder(path)
    await writeFileAtomic(runPath, JSON.stringify(wanted, null, 2) + '\n')
  }
  const answersPath = join(path, runFiles.answers)
  await asWrite(runFiles.answers, () => mkdir(answersPath, { recursive: true }))
  const { log, records } = await openRecordLog(join(path, runFiles.results), recordSchema)
  const content: RunContent = { path, file: known ?? wanted, answers: new Map(), scores: new Map() }
  for (const record of records) remember(content, record)
  return {
    ...content,
    dropped: log.dropped,
    add(record) {
      log.append(record)
      remember(content, record)
    },
    close: () => log.close(),
  }
}

export const hasRun = (folder: string): Promise<boolean> =>
  stat(join(folder, runFiles.run)).then(
    (info) => info.isFile(),
    () => false,
  )

/** Reads a run without changing it. */
export async function readRun(folder: string): Promise<RunContent> {
  const path = resolve(folder)
  const file = await readRunFile(path)
  if (!file) throw new TandemError(`There is no run in ${folder}.`, 'Give the --out folder of tandem bench parabench.')
  const { records } = await readRecords(join(path, runFiles.results), recordSchema)
  const content: RunContent = { path, file, answers: new Map(), scores: new Map() }
  for (const record of records) remember(content, record)
  return content
}

async function readRunFile(folder: string): Promise<RunFile | null> {
  const path = join(folder, runFiles.run)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw new TandemError(`${basename(path)} cannot be read.`, 'Check its permissions.', 'input', { cause: error })
  })
  if (text === null) return null
  try {
    return runFileSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new TandemError(`${path} is not a bench run of this version.`, 'Choose another folder.', 'input', {
      cause: error,
    })
  }
}

function refuseOther(known: BenchSettings, wanted: BenchSettings): void {
  for (const key of Object.keys(wanted) as (keyof BenchSettings)[]) {
    const [a, b] = [JSON.stringify(known[key]), JSON.stringify(wanted[key])]
    if (a === b) continue
    const said = a.length + b.length < 160 ? ` (${a} there, ${b} asked)` : ''
    throw new TandemError(`That folder holds a run with another ${key}${said}.`, 'Choose another --out.')
  }
}
