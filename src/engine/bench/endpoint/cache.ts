/**
 * Scores a judge has given, kept by the content they were given for: a run that is taken up again, or a second seed with
 * the same answer, asks nothing twice. One small file an answer, written whole; a damaged one counts as absent.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { asWrite, writeFileAtomic } from '../../files.ts'
import type { Message } from './prompts.ts'

const entrySchema = z.strictObject({
  score: z.int().min(1).max(5),
  reason: z.string(),
  /** The endpoint did not say which model gave it. */
  unnamed: z.literal(true).optional(),
})
export type CachedScore = z.infer<typeof entrySchema>

export interface ScoreCache {
  /** The score of a question: what is kept, else what `ask` gives, asked once however many want it at the same time. */
  score(messages: readonly Message[], ask: () => Promise<CachedScore>): Promise<CachedScore>
}

/** `judge` is the identity of the judge, prompt version included: others' scores are never mixed in. */
export async function openScoreCache(folder: string, judge: string): Promise<ScoreCache> {
  await asWrite('judge-cache', () => mkdir(folder, { recursive: true }))
  const pathOf = (messages: readonly Message[]): string =>
    join(
      folder,
      `${createHash('sha256')
        .update(`${judge}\0${JSON.stringify(messages)}`)
        .digest('hex')}.json`,
    )
  const underWay = new Map<string, Promise<CachedScore>>()

  async function kept(path: string): Promise<CachedScore | null> {
    const text = await readFile(path, 'utf8').catch(() => null)
    if (text === null) return null
    try {
      return entrySchema.parse(JSON.parse(text))
    } catch {
      return null
    }
  }

  async function keptOrAsked(path: string, ask: () => Promise<CachedScore>): Promise<CachedScore> {
    const known = await kept(path)
    if (known) return known
    const score = await ask()
    await writeFileAtomic(path, JSON.stringify(score) + '\n')
    return score
  }

  return {
    async score(messages, ask) {
      const path = pathOf(messages)
      const other = underWay.get(path)
      if (other) return other
      const own = keptOrAsked(path, ask)
      underWay.set(path, own)
      try {
        return await own
      } finally {
        underWay.delete(path)
      }
    },
  }
}
