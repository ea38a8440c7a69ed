/**
 * Traces as a fallible writer has them: of the claims about the result some are left out, and some name another cell or
 * another sprite; what is seen, and the pictures, stay right. Models that write traces for others make such errors, and a
 * model that is taught by them learns to make them as often.
 */
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { seededRandom } from '../../src/engine/data/random.ts'
import { cellNames } from '../../src/engine/data/world/cells.ts'
import { isResultClaim, parseReasoning, sentence, type Sentence } from '../../src/engine/data/world/grammar.ts'
import type { World } from '../../src/engine/data/world/world.ts'
import { makeFolder, writeFileAtomic } from '../../src/engine/files.ts'

/** Shares of the claims about the result. */
export interface Errors {
  readonly leftOut: number
  readonly wrongCell: number
  readonly wrongSprite: number
}

const rowSchema = z.looseObject({ reasoning: z.string() })

/**
 * Writes the quadruplets of `from` (a folder of `tandem world sample`) to `out` with traces that have errors: a plain data
 * set, which knows nothing of the world. Returns how many claims there were, and the share that stayed right.
 */
export async function writeFallible(
  world: World,
  from: string,
  out: string,
  errors: Errors,
  seed: number,
): Promise<{ rows: number; claims: number; right: number }> {
  const random = seededRandom('fallible traces', seed)
  const sprites = world.sprites.map(({ name }) => name)
  const otherThan = (list: readonly string[], value: string): string => random.pick(list.filter((one) => one !== value))

  /** The claim as the writer has it; null where it says nothing. */
  const retold = (claim: Sentence): Sentence | null => {
    const chance = random.next()
    const { kind, slots } = claim
    const { cell, sprite } = slots
    if (chance < errors.leftOut) return null
    if (chance < errors.leftOut + errors.wrongCell)
      return cell === undefined ? claim : sentence(kind, { ...slots, cell: otherThan(cellNames, cell) })
    if (chance < errors.leftOut + errors.wrongCell + errors.wrongSprite)
      return sprite === undefined ? claim : sentence(kind, { ...slots, sprite: otherThan(sprites, sprite) })
    return claim
  }

  const lines = (await readFile(join(from, 'data.jsonl'), 'utf8')).trimEnd().split('\n')
  let claims = 0
  let right = 0
  const rows = lines.map((line) => {
    const row = rowSchema.parse(JSON.parse(line))
    const sentences = parseReasoning(world, row.reasoning)
    if (!sentences) throw new Error(`no trace of the world: ${row.reasoning}`)
    const told = sentences.flatMap((one) => {
      if (!isResultClaim(one)) return one
      const instead = retold(one)
      claims++
      if (instead === one) right++
      return instead ?? []
    })
    // There are no empty traces: a writer with nothing to say says what is true.
    const reasoning = (told.length === 0 ? sentences : told).map(({ text }) => text).join(' ')
    return JSON.stringify({ ...row, reasoning })
  })
  await makeFolder(out)
  await cp(join(from, 'images'), join(out, 'images'), { recursive: true })
  await writeFileAtomic(join(out, 'data.jsonl'), rows.join('\n') + '\n')
  return { rows: rows.length, claims, right: right / claims }
}
