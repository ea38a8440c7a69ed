/** Any exported CLIP as a reward: cosine of the two embeddings; its scale is measured on the data it is used with. */
import type { PartialText } from '../pairs.ts'
import { cosine, type Reward } from '../reward.ts'
import { openClip } from './folder.ts'

/** A published CLIP has never seen a mask: a run of them is written as an ellipsis. */
export function asSentence(words: PartialText): string {
  const out: string[] = []
  for (const word of words) {
    if (word !== null) out.push(word)
    else if (out.at(-1) !== '...') out.push('...')
  }
  return out.join(' ')
}

export async function clipReward(directory: string, threads?: number): Promise<Reward> {
  const clip = await openClip(directory, threads)
  return {
    name: clip.name,
    identity: clip.identity,
    scale: null,
    standardised: true,
    async mark(pairs) {
      const marks: number[] = []
      for (const { words, rgb, size } of pairs)
        marks.push(cosine(await clip.text(asSentence(words)), await clip.picture(rgb, size)))
      return marks
    },
    dispose: () => clip.dispose(),
  }
}
