/** Answers of a run as a person looks at them: filtered, a page at a time, with pictures and every judge's reasons. */
import { join } from 'node:path'
import type { AnswerFilter, BenchQuestion, Judgement } from '../../shared/bench-read.ts'
import type { DimensionScores } from '../../shared/bench.ts'
import { TandemError } from '../../shared/errors.ts'
import { checkSuite, chooseJudge, type ReadRun } from '../bench/report.ts'
import { answerKey, runFiles, type AnswerRecord, type RunContent, type ScoreRecord } from '../bench/run-folder.ts'
import { limitPrompts, type Prompt } from '../bench/suite.ts'
import { encodePng, readPicture } from '../images.ts'
import { openReadRun } from './parabench-read.ts'

interface Shown {
  readonly prompt: Prompt
  readonly record: AnswerRecord
  /** By the judge that was asked for. */
  readonly score: ScoreRecord | null
}

type Of<W extends BenchQuestion['what']> = Extract<BenchQuestion, { what: W }>

export async function pageOfAnswers({ run, judge, filter, offset, limit }: Of<'answers'>): Promise<unknown> {
  const read = await openReadRun(run)
  const found = filtered(read, judgeOf(read.run, judge), filter)
  const answers = await Promise.all(found.slice(offset, offset + limit).map((shown) => described(read.run, shown)))
  return { total: found.length, answers }
}

export async function findAnswer({ run, id, seed }: Of<'answer'>): Promise<unknown> {
  const read = await openReadRun(run)
  const shown = inOrder(read, null).find(({ record }) => record.id === id && record.seed === seed)
  if (!shown) throw new TandemError('That answer is not there yet.', 'Let the run go on.')
  return { total: 1, answers: [await described(read.run, shown)] }
}

/** The judge whose verdicts filter and sort; none while nothing is judged. */
const judgeOf = (run: RunContent, asked?: string): string | null =>
  run.scores.size === 0 ? null : chooseJudge(run, asked)

function inOrder(read: ReadRun, judge: string | null): Shown[] {
  checkSuite(read)
  const { run, suite } = read
  const { limit, seeds } = run.file.settings
  return limitPrompts(suite, limit).flatMap((prompt) =>
    seeds.flatMap((seed) => {
      const key = answerKey({ id: prompt.id, seed })
      const record = run.answers.get(key)
      return record ? [{ prompt, record, score: (judge && run.scores.get(judge)?.get(key)) || null }] : []
    }),
  )
}

function filtered(read: ReadRun, judge: string | null, { category, query, only }: AnswerFilter): Shown[] {
  const words = query?.trim().toLowerCase() ?? ''
  const shown = inOrder(read, judge).filter(
    ({ prompt, record, score }) =>
      (category === undefined || prompt.category === category) &&
      (words === '' || `${prompt.id} ${prompt.instruction} ${record.reasoning}`.toLowerCase().includes(words)) &&
      (only === 'unjudged' ? !score?.scores : only !== 'wrong' || isWrong(score)),
  )
  if (only !== 'worst') return shown
  // A stable sort keeps the suite's order among equals.
  return shown.sort((a, b) => (meanOf(a.score?.scores) ?? 101) - (meanOf(b.score?.scores) ?? 101))
}

/** By its verdict where the judge gives one, else by a mean score below the middle. */
function isWrong(score: ScoreRecord | null): boolean {
  if (!score?.scores) return false
  if (!score.right) return (meanOf(score.scores) ?? 100) < 50
  const thinks = score.scores.text_quality !== null
  return !score.right.image || (thinks && !score.right.reasoning)
}

function meanOf(scores: DimensionScores | null | undefined): number | null {
  const known = Object.values(scores ?? {}).filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
}

async function described(run: RunContent, { prompt, record }: Shown): Promise<object> {
  const key = answerKey(record)
  const file = `${runFiles.answers}/${record.name}`
  // Pictures are square and as large as the model draws them; only their size is wanted here.
  const { width: size } = await readPicture(join(run.path, `${file}.png`), { size: 8 })
  const png = async (rgb: Uint8Array | null): Promise<Uint8Array | null> => rgb && encodePng(rgb, size, size)
  return {
    id: record.id,
    seed: record.seed,
    category: prompt.category,
    task: prompt.task,
    instruction: prompt.instruction,
    reasoning: record.reasoning,
    reference: prompt.referenceReasoning,
    judgements: [...run.scores].flatMap(([judge, own]): Judgement[] => {
      const score = own.get(key)
      return score ? [{ judge, scores: score.scores, right: score.right ?? null, reasons: score.reasons }] : []
    }),
    ms: record.ms,
    input: await png(await prompt.input(size)),
    right: await png(await prompt.reference(size)),
    file,
  }
}
