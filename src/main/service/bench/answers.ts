/** Answers as screens show them: their pictures as blobs, their trajectories as runs of a project. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { answersAnswerSchema, type BenchQuestion } from '../../../shared/bench-read.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { StudioAnswer } from '../../../shared/ipc-bench.ts'
import type { ParsedArgsOf, ResultOf } from '../../../shared/ipc.ts'
import type { Run } from '../../../shared/studio.ts'
import type { HandlerDeps } from '../handlers/deps.ts'
import { runOfTrajectory } from '../open-trajectory.ts'
import { askBench } from './ask.ts'
import { folderOfRun, type BenchPlaces } from './places.ts'

type Deps = HandlerDeps & BenchPlaces
type Found = z.infer<typeof answersAnswerSchema>['answers'][number]

async function ask(deps: Deps, question: BenchQuestion): Promise<{ total: number; answers: Found[] }> {
  return answersAnswerSchema.parse(await askBench(deps, question))
}

async function readAnswerFile(folder: string, file: string): Promise<Uint8Array> {
  return readFile(join(folder, file)).catch(() => {
    throw new TandemError('A file of that answer is gone.', 'Resume the run: what is missing is answered again.')
  })
}

export async function answersOf(deps: Deps, args: ParsedArgsOf<'bench.answers'>): Promise<ResultOf<'bench.answers'>> {
  const folder = folderOfRun(deps, args)
  const { judge, filter, offset, limit } = args
  const { total, answers } = await ask(deps, { what: 'answers', run: folder, judge, filter, offset, limit })
  const shown: StudioAnswer[] = []
  for (const answer of answers) shown.push(await withBlobs(deps, folder, answer))
  return { total, answers: shown }
}

export async function answerOf(
  deps: Deps,
  run: Parameters<typeof folderOfRun>[1],
  { id, seed }: { id: string; seed: number },
): Promise<StudioAnswer> {
  const folder = folderOfRun(deps, run)
  const { answers } = await ask(deps, { what: 'answer', run: folder, id, seed })
  return withBlobs(deps, folder, answers[0]!)
}

async function withBlobs({ store }: Deps, folder: string, answer: Found): Promise<StudioAnswer> {
  const { file, input, right, ...rest } = answer
  const put = async (bytes: Uint8Array): Promise<string> => (await store.blobs.put(bytes)).blob
  return {
    ...rest,
    input: input && (await put(input)),
    right: right && (await put(right)),
    output: await put(await readAnswerFile(folder, `${file}.png`)),
  }
}

/** An answer's trajectory as a run of the project. Its id follows from what it is, so that asking twice makes one run. */
export async function openAnswer(deps: Deps, args: ParsedArgsOf<'bench.open'>): Promise<Run> {
  const { job, mode, id, seed, project } = args
  const run = createHash('sha256')
    .update(JSON.stringify([project, job, mode ?? '', id, seed]))
    .digest('hex')
    .slice(0, 32)
  const known = deps.store.runs.find(run)
  if (known) return known
  const folder = folderOfRun(deps, { job, mode })
  const { answers } = await ask(deps, { what: 'answer', run: folder, id, seed })
  const { file, reasoning } = answers[0]!
  const bytes = await readAnswerFile(folder, `${file}.tdm`)
  return runOfTrajectory(deps, {
    bytes: new Uint8Array(bytes),
    name: `${id}.tdm`,
    project,
    known: { change: { id: run, reasoning } },
  })
}
