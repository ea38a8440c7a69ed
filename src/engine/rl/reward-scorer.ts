/** The storybook scorer as a reward: cosine of text and picture, standardised with the scale in its folder. */
import { createHash } from 'node:crypto'
import { cosine, type Reward } from './reward.ts'
import { openScorer } from './scorer/folder.ts'

export async function scorerReward(directory: string, threads?: number): Promise<Reward> {
  const scorer = await openScorer(directory, threads)
  const { config } = scorer
  return {
    name: config.name,
    identity: createHash('sha256')
      .update(JSON.stringify([config, scorer.digest]))
      .digest('hex')
      .slice(0, 32),
    scale: config.scale,
    standardised: true,
    async mark(pairs) {
      if (pairs.length === 0) return []
      const texts = await scorer.texts(pairs.map(({ words }) => words))
      const pictures: Float32Array[] = []
      for (const { rgb, size } of pairs) pictures.push(...(await scorer.pictures([rgb], size)))
      return texts.map((text, i) => cosine(text, pictures[i]!))
    },
    dispose: () => scorer.dispose(),
  }
}
