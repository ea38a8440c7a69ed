/** What a fallible writer leaves alone, what it gets wrong, and how often. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isResultClaim, parseReasoning, type Sentence } from '../../src/engine/data/world/grammar.ts'
import { makeSample } from '../../src/engine/data/world/sample.ts'
import { loadWorld, type World } from '../../src/engine/data/world/world.ts'
import { writeFallible } from './fallible-traces.ts'

const ROWS = 600
const errors = { leftOut: 0.25, wrongCell: 0.15, wrongSprite: 0.1 }
let world: World
let folder: string
const at = (name: string): string => join(folder, name)
interface Row {
  id: string
  instruction: string
  reasoning: string
}
const rowsOf = async (name: string): Promise<Row[]> =>
  (await readFile(at(`${name}/data.jsonl`), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)

beforeAll(async () => {
  world = await loadWorld()
  folder = await mkdtemp(join(tmpdir(), 'tandem-fallible-'))
  await mkdir(at('right/images'), { recursive: true })
  await writeFile(at('right/images/one.png'), 'a picture')
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const { id, instruction, reasoning } = makeSample(world, { split: 'train', seed: 3, index })
    return JSON.stringify({ id, instruction, reasoning })
  })
  await writeFile(at('right/data.jsonl'), rows.join('\n') + '\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('only claims about the result go wrong, as often as said, and all that is said is a sentence', async () => {
  const told = await writeFallible(world, at('right'), at('wrong'), errors, 1)
  const [before, after] = [await rowsOf('right'), await rowsOf('wrong')]
  expect(after).toHaveLength(ROWS)
  const count = { claims: 0, right: 0 }
  for (const [i, { id, instruction, reasoning }] of after.entries()) {
    expect({ id, instruction }).toEqual({ id: before[i]!.id, instruction: before[i]!.instruction })
    const [was, is] = [before[i]!.reasoning, reasoning].map((text) => parseReasoning(world, text)!) as [
      Sentence[],
      Sentence[],
    ]
    const texts = (list: Sentence[], results: boolean): string[] =>
      list.flatMap((one) => (isResultClaim(one) === results ? one.text : []))
    expect(texts(is, false)).toEqual(texts(was, false))
    count.claims += texts(was, true).length
    count.right += texts(was, true).filter((text) => texts(is, true).includes(text)).length
  }
  expect(told.claims).toBe(count.claims)
  // A trace of one claim that was left out is told in full: a few more are right than were drawn to be.
  expect(count.right / count.claims).toBeGreaterThanOrEqual(told.right)
  expect(told.right).toBeGreaterThan(0.5)
  expect(told.right).toBeLessThan(0.65)
  expect(await readdir(at('wrong/images'))).toEqual(['one.png'])
})

test('the same seed makes the same errors, another one others; without errors nothing changes', async () => {
  await writeFallible(world, at('right'), at('again'), errors, 1)
  await writeFallible(world, at('right'), at('other'), errors, 2)
  await writeFallible(world, at('right'), at('none'), { leftOut: 0, wrongCell: 0, wrongSprite: 0 }, 1)
  expect(await rowsOf('again')).toEqual(await rowsOf('wrong'))
  expect(await rowsOf('other')).not.toEqual(await rowsOf('wrong'))
  expect((await rowsOf('none')).map(({ reasoning }) => reasoning)).toEqual(
    (await rowsOf('right')).map(({ reasoning }) => reasoning),
  )
})
