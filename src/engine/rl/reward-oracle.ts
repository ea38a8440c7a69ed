/**
 * The exact judge as a reward: an ORACLE, for study. It reads the world's own pixels and grammar and, for some of its
 * dimensions, the ground truth, which no scorer of a real task has. Of a partial text it hears the sentences that are
 * whole.
 */
import { dimensionNames, judge, type Dimension } from '../bench/judge.ts'
import type { World } from '../data/world/world.ts'
import { TandemError } from '../../shared/errors.ts'
import type { PartialText } from './pairs.ts'
import type { Reward } from './reward.ts'

/** The sentences without a mask in them, in order. */
export function wholeSentences(words: PartialText): string {
  const sentences: string[] = []
  let current: (string | null)[] = []
  for (const word of words) {
    current.push(word)
    if (word !== '.') continue
    if (!current.includes(null)) sentences.push(current.join(' '))
    current = []
  }
  // A tail without its full stop cannot be judged; as part of a finished text it makes the text unparsable, as it should.
  if (current.length > 0 && !words.includes(null)) sentences.push(current.join(' '))
  return sentences.join(' ')
}

export function oracleReward(world: World, dimension: string): Reward {
  const known: readonly string[] = [...dimensionNames, 'mean']
  if (!known.includes(dimension))
    throw new TandemError(`The exact judge has no dimension "${dimension}".`, `Choose one of ${known.join(', ')}.`)
  return {
    name: `oracle:${dimension}`,
    identity: `oracle ${dimension} of ${world.file.name}`,
    scale: null,
    standardised: false,
    mark: (pairs) =>
      Promise.resolve(
        pairs.map(({ words, rgb, size, sample }) => {
          if (!sample || size !== world.size) return NaN
          const { scores } = judge(world, sample, { rgb, reasoning: wholeSentences(words) })
          if (dimension !== 'mean') return (scores[dimension as Dimension] ?? NaN) / 100
          const values = Object.values(scores).filter((score) => score !== null)
          return values.reduce((a, score) => a + score, 0) / values.length / 100
        }),
      ),
    dispose: () => Promise.resolve(),
  }
}
