/**
 * Writes the suites that ship, resources/suites/storybook and storybook-hard, from their seeds: the same files on every
 * machine. Every prompt is of the test split, whose tasks no training sample has (docs/world.md, "Splits").
 * Usage: node scripts/make-suites.ts [folder]
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { truthOf } from '../src/engine/bench/suite-scene.ts'
import type { SuiteFile } from '../src/engine/bench/suite.ts'
import type { PromptRow } from '../src/engine/bench/suite-prompt.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { makeSample, type SampleOptions } from '../src/engine/data/world/sample.ts'
import { assertSplitsDisjoint, meaningKey } from '../src/engine/data/world/splits.ts'
import type { Family, WorldSample } from '../src/engine/data/world/types.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { writeFileAtomic } from '../src/engine/files.ts'
import { composeSample } from './make-suites-compose.ts'

const SEED = 20261201
const HARD_SEED = 20261202

const categoryOf: Readonly<Record<Family, string>> = {
  spatial: 'Spatial',
  temporal: 'Temporal',
  causal: 'Causal',
  world: 'World Knowledge',
  general: 'General',
  generate: 'Generation',
}

const target = process.argv[2] ?? fileURLToPath(new URL('../resources/suites', import.meta.url))
const world = await loadWorld()
const asked = new Set<string>()
const samples: WorldSample[] = []

/** `count` prompts whose tasks are all different, over everything this script writes. */
function collect(count: number, category: string, make: (index: number) => WorldSample | null): PromptRow[] {
  const rows: PromptRow[] = []
  for (let index = 0; rows.length < count; index++) {
    const sample = make(index)
    if (!sample || asked.has(meaningKey(sample))) continue
    asked.add(meaningKey(sample))
    samples.push(sample)
    const { input, truth } = truthOf(sample)
    rows.push({
      id: `${category.toLowerCase().replaceAll(' ', '-')}-${String(rows.length + 1).padStart(3, '0')}`,
      task: input ? 'edit' : 'generation',
      category,
      instruction: sample.instruction,
      ...(input ? { input_scene: input } : {}),
      truth,
    })
  }
  return rows
}

function fromFamily(family: Family, count: number, options: Omit<SampleOptions, 'split' | 'index'>): PromptRow[] {
  return collect(count, categoryOf[family], (index) =>
    makeSample(world, { split: 'test', index, families: [family], ...options }),
  )
}

const composed = (parts: 2 | 3, category: string): PromptRow[] =>
  collect(40, category, (index) =>
    composeSample(world, seededRandom('compose', HARD_SEED, parts, index), parts, `compose-${parts}-${index}`),
  )

async function write(file: SuiteFile, rows: readonly PromptRow[]): Promise<void> {
  const folder = join(target, file.name)
  await mkdir(folder, { recursive: true })
  await writeFileAtomic(join(folder, 'suite.json'), JSON.stringify(file, null, 2) + '\n')
  await writeFileAtomic(join(folder, 'prompts.jsonl'), rows.map((row) => JSON.stringify(row) + '\n').join(''))
  console.log(`${folder}: ${rows.length} prompts`)
}

const license = 'MIT, as this repository'
const edits: readonly Family[] = ['spatial', 'temporal', 'causal', 'world', 'general']
await write(
  {
    format: 'tandem-suite',
    version: 1,
    name: 'storybook',
    title: 'Storybook: 200 edits and 100 generations',
    description: 'The five ParaBench categories with 40 edits each, and 100 generations, in the storybook world.',
    categories: Object.values(categoryOf),
    source: `scripts/make-suites.ts, test split, seed ${SEED}`,
    license,
  },
  [
    ...edits.flatMap((family) => fromFamily(family, 40, { seed: SEED })),
    ...fromFamily('generate', 100, { seed: SEED }),
  ],
)
const holdable: readonly Family[] = ['spatial', 'world', 'general', 'generate']
const [two, three] = ['Two Operations', 'Three Operations'] as const
await write(
  {
    format: 'tandem-suite',
    version: 1,
    name: 'storybook-hard',
    title: 'Storybook, hard: held-out combinations and compositions',
    description:
      'Combinations of sprite and operation that no training sample has (40 a category that has such), and instructions that ask for two or three operations at once (40 each), which none does.',
    categories: [...holdable.map((family) => categoryOf[family]), two, three],
    source: `scripts/make-suites.ts, test split, seed ${HARD_SEED}`,
    license,
  },
  [
    ...holdable.flatMap((family) => fromFamily(family, 40, { seed: HARD_SEED, heldOutOnly: true })),
    ...composed(2, two),
    ...composed(3, three),
  ],
)
assertSplitsDisjoint(samples)
