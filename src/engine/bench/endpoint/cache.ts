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

const entrySchema = z.strictObject({ score: z.int().min(1).max(5), reason: z.string() })
export type CachedScore = z.infer<typeof entrySchema>

export interface ScoreCache {
  get(messages: readonly Message[]): Promise<CachedScore | null>
  put(messages: readonly Message[], score: CachedScore): Promise<void>
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
  return {
    async get(messages) {
      const text = await readFile(pathOf(messages), 'utf8').catch(() => null)
      if (text === null) return null
      try {
        return entrySchema.parse(JSON.parse(text))
      } catch {
        return null
      }
    },
    put: (messages, score) => writeFileAtomic(pathOf(messages), JSON.stringify(score) + '\n'),
  }
}
