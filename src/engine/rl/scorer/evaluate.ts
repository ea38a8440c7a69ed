/**
 * What a scorer is worth, on pairs of the world's test split it has never seen: whether a text finds its picture among
 * all the others and a picture its text, and how often the true picture is put above one with a planted error, and the
 * true text above one, for whole texts and for half-masked ones.
 */
import type { ScorerScores } from '../../../shared/rl.ts'
import { wilsonInterval } from '../../bench/intervals.ts'
import { seededRandom } from '../../data/random.ts'
import type { World } from '../../data/world/world.ts'
import { errorNames, plantError } from './errors.ts'
import type { Words } from './features.ts'
import { cosine } from '../reward.ts'
import type { Scorer } from './folder.ts'
import { drawMask, hideWords, makeCellTable, sceneCells, worldPair, type Pair } from './pairs.ts'
import { plantTextError, sentenceWords, textErrorNames } from './text-errors.ts'

const MASKED = [0, 0.5] as const
/** Every so many pairs is a drawing from nothing. */
const GENERATION_EVERY = 6

const share = (k: number, n: number): { value: number; low: number; high: number } => {
  const { low, high } = wilsonInterval(k, n)
  const round = (x: number): number => Number(x.toFixed(4))
  return { value: round(k / Math.max(1, n)), low: round(low), high: round(high) }
}

export const testPairs = (world: World, count: number, seed: number): Pair[] =>
  Array.from({ length: count }, (_, i) => worldPair(world, 'test', seed, i, i % GENERATION_EVERY !== 0))

export async function evaluateScorer(scorer: Scorer, world: World, count: number, seed: number): Promise<ScorerScores> {
  const { config } = scorer
  const table = makeCellTable(world, config)
  const pairs = testPairs(world, count, seed)
  const wordsOf = (pair: Pair): string[] => sentenceWords([...pair.thinking, ...pair.results])
  const texts = await scorer.texts(pairs.map(wordsOf))
  const pictures = await scorer.cells(pairs.map((pair) => sceneCells(table, config, pair.claims.output)))
  const first = (from: readonly Float32Array[], to: readonly Float32Array[]): number =>
    from.filter((vector, i) => to.every((other, j) => j === i || cosine(vector, other) < cosine(vector, to[i]!))).length

  const ranks: ScorerScores['ranks'] = []
  for (const masked of MASKED) {
    const random = seededRandom('scorer-evaluation', seed, masked)
    const masks = pairs.map(() => (masked === 0 ? null : drawMask(config.words, masked, random)))
    const half: Words[] = pairs.map((pair, i) => hideWords(wordsOf(pair), masks[i]!))
    const seen = masked === 0 ? texts : await scorer.texts(half)
    for (const error of errorNames) {
      const planted = pairs.flatMap((pair, i) => {
        const scene = plantError(world, pair.claims, error, random)
        return scene ? [{ i, cells: sceneCells(table, config, scene) }] : []
      })
      const wrong = await scorer.cells(planted.map(({ cells }) => cells))
      const won = planted.filter(({ i }, at) => cosine(seen[i]!, pictures[i]!) > cosine(seen[i]!, wrong[at]!)).length
      ranks.push({ error, masked, share: share(won, planted.length) })
    }
    for (const error of textErrorNames) {
      // What the mask hides cannot be told from the right text: those pairs are left out.
      const planted = pairs.flatMap((pair, i) => {
        const words = plantTextError(world, pair, error, random)
        const hidden = words && hideWords(words, masks[i]!)
        return hidden && hidden.join(' ') !== half[i]!.join(' ') ? [{ i, words: hidden }] : []
      })
      const wrong = await scorer.texts(planted.map(({ words }) => words))
      const won = planted.filter(
        ({ i }, at) => cosine(seen[i]!, pictures[i]!) > cosine(wrong[at]!, pictures[i]!),
      ).length
      ranks.push({ error, masked, share: share(won, planted.length) })
    }
  }
  return {
    pairs: count,
    seed,
    recallPicture: share(first(texts, pictures), count),
    recallText: share(first(pictures, texts), count),
    ranks,
  }
}
