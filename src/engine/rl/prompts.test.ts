/** Prompts of a data set, and the true pairs a reward's scale is measured on. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { completeRlSettings } from '../../shared/rl.ts'
import { picture, writeFiles, writeJsonl } from '../data/formats/testing.ts'
import { openModelFolder } from '../model/folder.ts'
import { createEngine } from '../run.ts'
import { openPrompts, type PromptSource } from './prompts.ts'

const TRAINING = 300
const model = await openModelFolder(fileURLToPath(new URL('../../../resources/models/storybook', import.meta.url)))
const engine = createEngine(model)
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'prompts-test-'))
  await writeFiles(root, { 'in.png': await picture(1), 'out.png': await picture(2) })
  const rows = Array.from({ length: TRAINING + 10 }, (_, i) => ({
    id: `row-${i}`,
    input_image: 'in.png',
    instruction: `Remove the dog ${i}.`,
    reasoning: `now b2 is empty ${i}`,
    output_image: 'out.png',
    split: i < TRAINING ? 'train' : 'val',
  }))
  await writeJsonl(root, rows)
})
afterAll(async () => {
  await engine.dispose()
  await rm(root, { recursive: true })
})
const open = (seed: number): Promise<PromptSource> =>
  openPrompts(
    engine,
    { kind: 'folder', path: root },
    completeRlSettings({ denoisingSteps: 4, seed }),
    new AbortController().signal,
  )

test('prompts are rows of their split drawn at random, their words as the model reads them', async () => {
  const numbers = async (seed: number, split: 'train' | 'val', count: number): Promise<number[]> =>
    (await (await open(seed)).prompts(split, count)).map(({ id }) => Number(id.slice(4)))
  const asked = await (await open(0)).prompts('val', 2)
  for (const { id, instruction, header } of asked) {
    expect(instruction).toBe(`remove the dog ${id.slice(4)}`)
    expect(header).toMatchObject({ task: 'edit', steps: 4, guidance: { text: 0, image: 0 } })
  }
  const twenty = await numbers(0, 'train', 20)
  expect(new Set(twenty).size).toBe(20)
  // The first rows of a set are no sample of it.
  expect(Math.max(...twenty)).toBeGreaterThan(TRAINING / 2)
  expect(Math.max(...twenty)).toBeLessThan(TRAINING)
  expect(await numbers(0, 'train', 20)).toEqual(twenty)
  expect(await numbers(1, 'train', 20)).not.toEqual(twenty)
  // Runs are compared by what validates: that is the same in all of them.
  expect(await numbers(1, 'val', 3)).toEqual(await numbers(0, 'val', 3))
  expect(await numbers(0, 'val', 50)).toEqual(Array.from({ length: 10 }, (_, i) => TRAINING + i))
})

test('true pairs are a random 1 % of the rows that train, or so many at least, the same for one seed', async () => {
  const drawn = async (seed: number, least: number): Promise<number[]> =>
    (await (await open(seed)).truePairs(least)).map(({ words }) => Number(words.at(-1)))
  expect(await drawn(0, 1)).toHaveLength(3)
  const twenty = await drawn(0, 20)
  expect(new Set(twenty).size).toBe(20)
  // The first rows of a set are no sample of it.
  expect(Math.max(...twenty)).toBeGreaterThan(TRAINING / 2)
  expect(Math.max(...twenty)).toBeLessThan(TRAINING)
  expect(await drawn(0, 20)).toEqual(twenty)
  expect(await drawn(1, 20)).not.toEqual(twenty)
  expect(await drawn(0, 1000)).toHaveLength(TRAINING)
  const [pair] = await (await open(0)).truePairs(1)
  expect(pair).toMatchObject({ size: 128, sample: null })
  expect(pair!.rgb).toHaveLength(128 * 128 * 3)
})
