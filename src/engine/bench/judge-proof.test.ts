/** The judge calls ground truths and planted errors rightly: a sample here, the full count by `npm run soak -- judge`. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { dimensionNames } from '../../shared/bench.ts'
import { seededRandom } from '../data/random.ts'
import { makeSample } from '../data/world/sample.ts'
import { loadWorld, renderScene, type World } from '../data/world/world.ts'
import { explain } from './judge-reasons.ts'
import { judge } from './judge.ts'
import { proveJudge } from './judge-proof-fixtures.ts'
import { plantedKinds } from './planted-fixtures.ts'

let world: World
beforeAll(async () => {
  world = await loadWorld()
})

test('every ground truth passes, every planted error is caught and explained, in at least ten kinds', () => {
  const { rows } = proveJudge(world, 60, 5 * plantedKinds.length, 7)
  expect(plantedKinds.length).toBeGreaterThanOrEqual(10)
  expect(rows.flatMap((row) => row.wrong.map((w) => `${row.kind}: ${w.what} (${w.sample})`))).toEqual([])
  for (const row of rows) expect(row.said).toEqual({ [row.expected]: row.count })
})

describe('the reasons', () => {
  test('name each dimension below 100 and no other, whatever is drawn and said', () => {
    const cases = fc.record({ index: fc.nat(1e6), other: fc.nat(1e6), noise: fc.nat(80), words: fc.nat(3) })
    fc.assert(
      fc.property(cases, ({ index, other, noise, words }) => {
        const sample = makeSample(world, { split: 'test', seed: 3, index })
        const twin = makeSample(world, { split: 'test', seed: 3, index: other })
        const random = seededRandom('noise', index)
        const rgb = renderScene(world, twin.output).map((x) =>
          Math.max(0, Math.min(255, x + Math.round((random.next() - 0.5) * noise))),
        )
        const reasoning = [sample.reasoning, twin.reasoning, `${sample.reasoning} ${sample.reasoning}`, 'the the .'][
          words
        ]!
        const { scores, reading } = judge(world, sample, { rgb, reasoning })
        const below = dimensionNames.filter((name) => (scores[name] ?? 100) < 100)
        const reasons = explain(world, sample, reasoning, reading, scores)
        expect([...new Set(reasons.map(({ dimension }) => dimension))]).toEqual(below)
        expect(reasons.every(({ why }) => /^\w.*[.")]$/.test(why))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  test('of text are left out where nothing was to be said', () => {
    const sample = makeSample(world, { split: 'test', seed: 3, index: 0 })
    const { scores, reading } = judge(world, sample, { rgb: renderScene(world, sample.output), reasoning: '' })
    const none = { text_quality: null, text_alignment: null, output_alignment: null }
    expect(explain(world, sample, '', reading, { ...scores, ...none })).toEqual([])
    expect(explain(world, sample, '', reading, scores)).toEqual(
      Object.keys(none).map((dimension) => ({ dimension, why: 'Nothing was said.' })),
    )
  })

  test('read as sentences', () => {
    const sample = {
      ...makeSample(world, { split: 'test', seed: 3, index: 0 }),
      freedom: { kind: 'exact' as const },
      input: { background: 'meadow', cells: Array.from({ length: 16 }, (_, i) => (i === 6 ? 'dog' : null)) },
      output: { background: 'meadow', cells: Array.from({ length: 16 }, () => null) },
      reasoning: 'the dog is at b3 . now b3 is empty .',
    }
    const reasoning = 'the dog is at b3 . now b3 has the cat . the dog is at b3 .'
    const rgb = renderScene(world, { ...sample.input, background: 'night' })
    const { scores, reading } = judge(world, sample, { rgb, reasoning })
    expect(explain(world, sample, reasoning, reading, scores)).toEqual([
      { dimension: 'text_quality', why: 'Said twice: "the dog is at b3 ."' },
      { dimension: 'text_alignment', why: 'Wrong: "now b3 has the cat ."' },
      { dimension: 'text_alignment', why: 'Missing: "now b3 is empty ."' },
      { dimension: 'image_consistency', why: 'The place is night, not meadow.' },
      { dimension: 'image_alignment', why: 'b3 shows the dog, not nothing.' },
      { dimension: 'output_alignment', why: 'Said, not drawn: "now b3 has the cat ."' },
      { dimension: 'output_alignment', why: 'Drawn, not said: "now the place is night ."' },
    ])
  })
})
