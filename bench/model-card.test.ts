/** The cards and the README's table tell what was measured, of the weights that ship, and it meets the bars. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openModelFolder } from '../src/engine/model/folder.ts'
import { recipeSchema } from '../src/engine/train/recipe.ts'
import {
  cardFiles,
  cardText,
  earlyFolder,
  readEarlyScores,
  readmeQuote,
  readScores,
  shippedFolder,
  type EvalReport,
} from './model-card-text.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const [scores, early] = [await readScores(), await readEarlyScores()]
const recipe = recipeSchema.parse(JSON.parse(await readFile(join(shippedFolder, 'recipe.json'), 'utf8')))

const valueOf = (group: EvalReport['overall'], name: string): number => {
  const estimate = group[name]
  if (estimate === null || estimate === undefined || typeof estimate === 'number') throw new Error(`no ${name}`)
  return estimate.value
}

test('cards and README are what the scores and the recipe make them', async () => {
  for (const { file, text } of await cardFiles())
    expect({ file, text: await readFile(join(root, file), 'utf8') }).toEqual({ file, text })
})

test('a score that changed changes card and README, and so does a phase of the recipe', async () => {
  const [card, readme] = [await cardText(scores, recipe), await readmeQuote(scores)]
  const worse = structuredClone(scores)
  worse.parallel.families['causal']!['right_image'] = { value: 0.5, low: 0.4, high: 0.6 }
  expect(await cardText(worse, recipe)).not.toBe(card)
  expect(await readmeQuote(worse)).not.toBe(readme)
  const other = structuredClone(recipe)
  other.predictor.phases[0]!.sft.generateShare = 0.9
  expect(await cardText(scores, other)).not.toBe(card)
})

test('the scores are of the weights that ship, in every mode, with a seed that nothing was trained on', async () => {
  for (const [folder, reports] of [
    [shippedFolder, Object.values(scores)],
    [earlyFolder, [early]],
  ] as const) {
    const { hash, image } = await openModelFolder(folder)
    await image.dispose()
    for (const report of reports) {
      expect(report).toMatchObject({ hash, split: 'test', steps: 16 })
      // Each phase of the training draws from a seed of its own.
      recipe.predictor.phases.forEach((_, phase) => expect(report.seed).not.toBe(recipe.seed + phase))
    }
  }
  for (const [mode, report] of Object.entries(scores))
    expect([report.mode, report.count]).toEqual(mode === 'held-out' ? ['parallel', 100] : [mode, 600])
  expect(scores['held-out'].held_out!['count']).toBe(100)
})

describe('the bars', () => {
  const { overall, families } = scores.parallel
  test('right pictures: 85 % in all, 70 % in every family', () => {
    expect(valueOf(overall, 'right_image')).toBeGreaterThanOrEqual(0.85)
    expect(Object.keys(families).sort()).toEqual(['causal', 'general', 'generate', 'spatial', 'temporal', 'world'])
    for (const [family, group] of Object.entries(families))
      expect(valueOf(group, 'right_image'), family).toBeGreaterThanOrEqual(0.7)
  })
  test('right reasoning 85 %, Output Alignment 92', () => {
    expect(valueOf(overall, 'right_reasoning')).toBeGreaterThanOrEqual(0.85)
    expect(valueOf(overall, 'output_alignment')).toBeGreaterThanOrEqual(92)
  })
  test('the early checkpoint has something left to learn: 50 to 70 % of its pictures are right', () => {
    const right = valueOf(early.overall, 'right_image')
    expect(right).toBeGreaterThanOrEqual(0.5)
    expect(right).toBeLessThanOrEqual(0.7)
  })
})

test('predictor and tokenizer together are at most 10 MB, the tokenizer about 1', async () => {
  const size = async (name: string): Promise<number> => (await readFile(join(shippedFolder, name))).length / 1e6
  const [predictor, tokenizer] = [await size('model.safetensors'), await size('image-tokenizer.safetensors')]
  expect(predictor + tokenizer).toBeLessThanOrEqual(10)
  expect(tokenizer).toBeLessThanOrEqual(1.5)
})
