/**
 * Blind votes: two runs pair by pair, sides and order drawn from a recorded seed, the models' names never told. What was
 * said is on disk with every vote, so a study goes on where it was left.
 */
import { createHash, randomInt } from 'node:crypto'
import {
  pairsAnswerSchema,
  voteReportSchema,
  type TableForm,
  type Vote,
  type VotedPair,
} from '../../../shared/bench-read.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { BlindPair, SideVote, Study } from '../../../shared/ipc-bench.ts'
import type { ParsedArgsOf, ResultOf } from '../../../shared/ipc.ts'
import { newId } from '../../store/ids.ts'
import type { StudyPair } from '../../store/studies.ts'
import type { HandlerDeps } from '../handlers/deps.ts'
import { pictureRef } from '../pictures.ts'
import { askBench } from './ask.ts'
import { answerOf } from './answers.ts'
import { folderOfRun, type BenchPlaces } from './places.ts'

type Deps = HandlerDeps & BenchPlaces

/** Pairs in the order and on the sides that follow from a seed. */
export function drawPairs(pairs: readonly Pick<StudyPair, 'id' | 'seed' | 'same'>[], seed: number): StudyPair[] {
  const drawn = pairs.map((pair) => {
    const hash = createHash('sha256')
      .update(JSON.stringify([seed, pair.id, pair.seed]))
      .digest()
    return { pair, rank: hash.toString('hex', 1), aOnRight: (hash[0]! & 1) === 1 }
  })
  return drawn
    .sort((x, y) => Number(x.pair.same) - Number(y.pair.same) || (x.rank < y.rank ? -1 : 1))
    .map(({ pair: { id, seed: own, same }, aOnRight }) => ({ id, seed: own, aOnRight, same }))
}

export const asVote = (vote: SideVote, aOnRight: boolean): Vote =>
  vote === 'left' ? (aOnRight ? 'b' : 'a') : vote === 'right' ? (aOnRight ? 'a' : 'b') : vote
export const asSide = (vote: Vote, aOnRight: boolean): SideVote =>
  vote === 'a' ? (aOnRight ? 'right' : 'left') : vote === 'b' ? (aOnRight ? 'left' : 'right') : vote

export async function startStudy(deps: Deps, args: ParsedArgsOf<'bench.startStudy'>): Promise<Study> {
  const { a, b, limit } = args
  if (a === b) throw new TandemError('A run cannot be compared with itself.', 'Choose two runs.')
  const seed = args.seed ?? randomInt(2 ** 32)
  const { pairs } = pairsAnswerSchema.parse(
    await askBench(deps, { what: 'pairs', a: folderOfRun(deps, { job: a }), b: folderOfRun(deps, { job: b }) }),
  )
  const study = { id: newId(), a, b, seed, createdAt: Date.now() }
  const drawn = drawPairs(pairs, seed)
  if (drawn.every(({ same }) => same))
    throw new TandemError('The two runs gave the same answers: there is nothing to choose.', 'Choose other runs.')
  deps.store.studies.insert(
    study,
    drawn.filter(({ same }, i) => same || i < (limit ?? Infinity)),
  )
  return deps.store.studies.get(study.id)
}

function pairAt({ store }: Deps, study: string, place: number): StudyPair {
  const pair = store.studies.pairs(study)[place]
  if (!pair || pair.same) throw new TandemError('There is no such pair.', 'Choose another one.')
  return pair
}

export async function blindPair(deps: Deps, id: string, place: number): Promise<BlindPair> {
  const { store } = deps
  const study = store.studies.get(id)
  const pair = pairAt(deps, id, place)
  const [a, b] = await Promise.all([answerOf(deps, { job: study.a }, pair), answerOf(deps, { job: study.b }, pair)])
  const side = async ({ output, reasoning }: typeof a): Promise<BlindPair['left']> => ({
    picture: await pictureRef(store.blobs, output),
    reasoning,
  })
  const [left, right] = pair.aOnRight ? [b, a] : [a, b]
  const vote = store.studies.votes(id).get(place)
  return {
    place,
    instruction: a.instruction,
    input: a.input === null ? null : await pictureRef(store.blobs, a.input),
    left: await side(left),
    right: await side(right),
    vote: vote === undefined ? null : asSide(vote, pair.aOnRight),
  }
}

export function castVote(deps: Deps, { study, place, vote }: ParsedArgsOf<'bench.vote'>): Study {
  const { aOnRight } = pairAt(deps, study, place)
  deps.store.studies.vote(study, place, vote === null ? null : asVote(vote, aOnRight))
  return deps.store.studies.get(study)
}

/** The two runs of a study and the votes on them; pairs that are alike count as ties. Null before the first vote. */
function castIn(deps: Deps, id: string): { study: Study; ask: { a: string; b: string; votes: VotedPair[] } | null } {
  const { store } = deps
  const study = store.studies.get(id)
  const pairs = store.studies.pairs(id)
  const cast = store.studies.votes(id)
  const votes = pairs.flatMap(({ id: prompt, seed, same }, place) => {
    const vote = same ? 'tie' : cast.get(place)
    return vote === undefined ? [] : [{ id: prompt, seed, vote }]
  })
  if (cast.size === 0) return { study, ask: null }
  const [a, b] = [folderOfRun(deps, { job: study.a }), folderOfRun(deps, { job: study.b })]
  return { study, ask: { a, b, votes } }
}

export async function countVotes(deps: Deps, id: string): Promise<ResultOf<'bench.votes'>> {
  const { study, ask } = castIn(deps, id)
  return { study, report: ask && voteReportSchema.parse(await askBench(deps, { what: 'votes', ...ask })) }
}

/** What the votes say as a table or JSON: `{text, name}`. */
export function exportVotes(deps: Deps, id: string, form: TableForm): Promise<unknown> {
  const { study, ask } = castIn(deps, id)
  if (!ask) throw new TandemError('Nobody has voted on these pairs yet.', 'Vote on a pair first.')
  return askBench(deps, { what: 'votes-table', ...ask, seed: study.seed, form })
}

/** Studies whose runs are still there; the others go. */
export function livingStudies({ store }: Deps): Study[] {
  const alive = (study: Study): boolean => store.jobs.find(study.a) !== null && store.jobs.find(study.b) !== null
  const all = store.studies.list()
  for (const study of all) if (!alive(study)) store.studies.delete(study.id)
  return all.filter(alive)
}
