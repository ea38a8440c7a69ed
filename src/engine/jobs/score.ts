/** What a reward makes of a pair, or of every step of a recorded run, and where in it each sentence comes true. */
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import type { Mark, ScoreResult } from '../../shared/rl.ts'
import { readPicture } from '../images.ts'
import { openReward } from '../rl/open-reward.ts'
import { pairsAt, showWords, type Pair } from '../rl/pairs.ts'
import { toRewards, type Reward } from '../rl/reward.ts'
import { readTrajectory } from '../trajectory/file.ts'
import { TandemError } from '../../shared/errors.ts'
import type { JobContext } from './context.ts'

/** What a picture file is read at: the world's size, and a multiple of what scorers want. */
const PICTURE_SIZE = 128
/** A sentence has to gain this much of its mark's whole range before its rise is taken for one. */
const LEAST_RISE = 0.05

export async function* scoreJob(spec: SpecOf<'score'>, context: JobContext): AsyncGenerator<JobUpdate> {
  // The oracle needs the ground truth of a prompt, which neither a picture nor a trajectory carries.
  const reward = await openReward(spec.reward, null)
  try {
    yield { type: 'started', total: 1, detail: reward.name }
    const empty: ScoreResult = { reward: reward.name, pair: null, steps: [], concepts: [] }
    const { subject } = spec
    if (subject.kind === 'pair') {
      const { rgb } = await readPicture(subject.picture, { size: PICTURE_SIZE })
      const pair: Pair = { words: wordsOf(subject.text), rgb, size: PICTURE_SIZE, sample: null }
      const [mark] = await marksOf(reward, [pair])
      yield { type: 'result', result: { ...empty, pair: mark } }
      return
    }
    const engine = await context.engine(subject.model)
    const trajectory = await readTrajectory(subject.trajectory)
    if (trajectory.header.image.codebookSize !== engine.model.config.image.codebookSize)
      throw new TandemError('The run was made by another kind of model.', 'Give the model it was made with.')
    const steps = trajectory.steps.map(({ step }) => step)
    const pairs = await pairsAt(engine.model, trajectory, steps, null)
    const marks = await marksOf(reward, pairs)
    if (context.signal.aborted) return
    const result: ScoreResult = {
      ...empty,
      steps: marks.map((mark, i) => ({ ...mark, step: steps[i]!, text: showWords(pairs[i]!.words) })),
      concepts: await conceptsOf(reward, pairs),
    }
    yield { type: 'result', result }
  } finally {
    await reward.dispose()
  }
}

/** A blank stands for a mask. */
const wordsOf = (text: string): (string | null)[] =>
  text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => (/^(_+|\[mask\]|<mask>)$/i.test(word) ? null : word))

async function marksOf(reward: Reward, pairs: readonly Pair[]): Promise<Mark[]> {
  const raw = await reward.mark(pairs)
  if (raw.some((c) => !Number.isFinite(c)))
    throw new TandemError('The reward gave no number for this pair.', 'Try another picture or text, or another reward.')
  const rewards = toRewards(
    raw,
    raw.map(() => 0),
    reward,
    () => reward.scale,
  )
  return raw.map((c, i) => ({ raw: c, reward: rewards[i]! }))
}

/** Each sentence of the finished text against the picture at every step. */
async function conceptsOf(reward: Reward, pairs: readonly Pair[]): Promise<ScoreResult['concepts']> {
  const sentences = sentencesOf(pairs.at(-1)?.words ?? [])
  const concepts: ScoreResult['concepts'] = []
  for (const words of sentences) {
    const raw = await reward.mark(pairs.map((pair) => ({ ...pair, words })))
    concepts.push({ text: words.join(' '), step: emergence(raw), raw })
  }
  return concepts
}

function sentencesOf(words: readonly (string | null)[]): string[][] {
  const out: string[][] = []
  let current: string[] = []
  for (const word of words) {
    if (word === null) return out
    current.push(word)
    if (!/[.!?]$/.test(word)) continue
    out.push(current)
    current = []
  }
  if (current.length > 0) out.push(current)
  return out
}

/** The first step (1 and up) from which the mark stays past the middle between its lowest and its last; null without a rise. */
export function emergence(raw: readonly number[]): number | null {
  const last = raw.at(-1)
  if (last === undefined) return null
  const lowest = Math.min(...raw)
  if (last - lowest < LEAST_RISE) return null
  const middle = (lowest + last) / 2
  const below = raw.findLastIndex((c) => c < middle)
  return below + 2
}
