/**
 * Writes the small world's sheets and suite: the first sprites and the backgrounds its record names, cut from the sheets
 * that ship, and test prompts in equal numbers an operation, from a seed of their own, of tasks no training sample has.
 * Usage: node bench/experiments/small-world-files.ts
 */
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { truthOf } from '../../src/engine/bench/suite-scene.ts'
import type { SuiteFile } from '../../src/engine/bench/suite.ts'
import type { PromptRow } from '../../src/engine/bench/suite-prompt.ts'
import { makeSample } from '../../src/engine/data/world/sample.ts'
import { meaningKey } from '../../src/engine/data/world/splits.ts'
import { defaultWorldPath, loadWorld } from '../../src/engine/data/world/world.ts'
import { writeFileAtomic } from '../../src/engine/files.ts'
import { loadSmallWorld, readRecipe, smallWorldFolder } from './small-world.ts'
import { readFile } from 'node:fs/promises'
import { worldSchema } from '../../src/engine/data/world/schema.ts'

const SEED = 20261202
const PROMPTS = 60

const shipped = await loadWorld()
const record = worldSchema.parse(JSON.parse(await readFile(join(smallWorldFolder, 'world.json'), 'utf8')))

/** Cells of a shipped sheet side by side in a sheet of one row. */
async function cut(sheet: 'sprites' | 'backgrounds', cells: readonly number[]): Promise<void> {
  const { file, columns } = shipped.file.sheets[sheet]
  const { cell } = shipped
  const source = join(dirname(defaultWorldPath), file)
  const parts = await Promise.all(
    cells.map(async (index, i) => {
      const area = {
        left: (index % columns) * cell,
        top: Math.floor(index / columns) * cell,
        width: cell,
        height: cell,
      }
      return { input: await sharp(source).extract(area).png().toBuffer(), left: i * cell, top: 0 }
    }),
  )
  const blank = {
    width: cells.length * cell,
    height: cell,
    channels: 4,
    background: { r: 0, g: 0, b: 0, alpha: 0 },
  } as const
  await writeFileAtomic(
    join(smallWorldFolder, record.sheets[sheet].file),
    await sharp({ create: blank }).composite(parts).png().toBuffer(),
  )
}

await cut(
  'sprites',
  record.sprites.map(({ name }) => shipped.spriteIndex.get(name)!),
)
await cut(
  'backgrounds',
  record.backgrounds.map((name) => shipped.backgroundIndex.get(name)!),
)
await copyFile(join(dirname(defaultWorldPath), record.license.file), join(smallWorldFolder, record.license.file))

const world = await loadSmallWorld()
const { operations } = await readRecipe()
const asked = new Set<string>()
const rows = operations.flatMap((operation) => {
  const own: PromptRow[] = []
  for (let index = 0; own.length < PROMPTS; index++) {
    const sample = makeSample(world, { split: 'test', seed: SEED, index, operations: [operation] })
    if (asked.has(meaningKey(sample))) continue
    asked.add(meaningKey(sample))
    const { input, truth } = truthOf(sample)
    own.push({
      id: `${operation}-${String(own.length + 1).padStart(3, '0')}`,
      task: 'edit',
      category: operation,
      instruction: sample.instruction,
      ...(input && { input_scene: input }),
      truth,
    })
  }
  return own
})
const suite: SuiteFile = {
  format: 'tandem-suite',
  version: 1,
  name: 'small-world',
  title: `Small world: ${rows.length} edits`,
  description: `${PROMPTS} edits each of ${operations.join(', ')}, with 8 sprites on 2 backgrounds.`,
  categories: operations,
  source: `bench/experiments/small-world-files.ts, test split, seed ${SEED}`,
  license: 'MIT, as this repository',
}
await mkdir(join(smallWorldFolder, 'suite'), { recursive: true })
await writeFileAtomic(join(smallWorldFolder, 'suite', 'suite.json'), JSON.stringify(suite, null, 2) + '\n')
await writeFileAtomic(
  join(smallWorldFolder, 'suite', 'prompts.jsonl'),
  rows.map((row) => JSON.stringify(row) + '\n').join(''),
)
console.log(`${smallWorldFolder}: ${rows.length} prompts`)
