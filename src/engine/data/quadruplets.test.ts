/** A folder of samples leaves complete, comes back the same, and is never found half-written. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { readQuadruplets, readWorldSamples, writeWorldFolder } from './quadruplets.ts'
import { makeSample } from './world/sample.ts'
import { splitNames } from './world/types.ts'
import { loadWorld, renderScene, type World } from './world/world.ts'

let world: World
let base: string
beforeAll(async () => {
  world = await loadWorld()
})
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'quadruplets-test-'))
})
afterEach(() => rm(base, { recursive: true }))

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = []
  for await (const row of rows) out.push(row)
  return out
}

const counts = { train: 8, val: 3, test: 3 }

test('a written folder reads back with the same texts, splits and pixels', async () => {
  const out = join(base, 'set')
  await mkdir(out)
  expect(await writeWorldFolder(world, { seed: 1, counts }, out)).toEqual({ rows: 14 })
  const rows = await collect(readQuadruplets(out))
  const expected = splitNames.flatMap((split) => Array.from({ length: counts[split] }, () => split))
  expect(rows.map((r) => r.split)).toEqual(expected)
  const first = makeSample(world, { split: 'train', seed: 1, index: 0 })
  expect(rows[0]).toMatchObject({ id: first.id, instruction: first.instruction, reasoning: first.reasoning })
  const samples = await collect(readWorldSamples(out))
  expect(samples[0]).toEqual(first)
  const back = await loadWorld(out)
  for (const [i, row] of rows.entries()) {
    const { data } = await sharp(row.outputImage).raw().toBuffer({ resolveWithObject: true })
    expect(Buffer.compare(data, renderScene(back, samples[i]!.output))).toBe(0)
    expect(row.inputImage === null).toBe(samples[i]!.input === null)
  }
  expect(await readdir(base)).toEqual(['set'])
})

test('a folder that holds something is refused and left as it is', async () => {
  await writeFile(join(base, 'mine.txt'), 'mine')
  await expect(writeWorldFolder(world, { seed: 1, counts }, base)).rejects.toThrow(/already holds files/)
  await expect(writeWorldFolder(world, { seed: 1, counts }, join(base, 'mine.txt'))).rejects.toThrow(/is not a folder/)
  expect(await readdir(base)).toEqual(['mine.txt'])
})

test('cancelling leaves nothing behind', async () => {
  const stop = new AbortController()
  const onProgress = (done: number): void => {
    if (done === 3) stop.abort()
  }
  await expect(
    writeWorldFolder(world, { seed: 1, counts, signal: stop.signal, onProgress }, join(base, 'set')),
  ).rejects.toThrow()
  expect(await readdir(base)).toEqual([])
})

test.each([
  ['{', /data.jsonl, line 2: it is not JSON/],
  [JSON.stringify({ id: 'x', instruction: 'i', reasoning: 'r' }), /line 2: output_image/],
  [JSON.stringify({ id: 'x', instruction: 'i', reasoning: 'r', output_image: '../secret.png' }), /outside its folder/],
  [JSON.stringify({ id: 'x', instruction: 'i', reasoning: 'r', output_image: '/etc/passwd' }), /outside its folder/],
])('a bad row is named by its line: %s', async (line, message) => {
  const good = JSON.stringify({ id: 'a', instruction: 'i', reasoning: 'r', output_image: 'o.png', more: 1 })
  await writeFile(join(base, 'data.jsonl'), `${good}\n${line}\n`)
  await expect(collect(readQuadruplets(base))).rejects.toThrow(message)
})

test('a folder without rows is refused', async () => {
  await expect(collect(readQuadruplets(base))).rejects.toThrow(/There is no data.jsonl/)
})

test('the licence travels with the sprites', async () => {
  const out = join(base, 'set')
  await writeWorldFolder(world, { seed: 1, counts: { val: 1 } }, out)
  expect(await readFile(join(out, world.file.license.file), 'utf8')).toMatch(/Microsoft/)
})
