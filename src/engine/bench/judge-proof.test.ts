/** The judge calls ground truths and planted errors rightly: a sample here, the full count by `npm run soak -- judge`. */
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { makeSample } from '../data/world/sample.ts'
import { loadWorld, renderScene, type World } from '../data/world/world.ts'
import { explain } from './judge-reasons.ts'
import { judge } from './judge.ts'
import { proveJudge } from './judge-proof-fixtures.ts'
import { plant, plantedKinds } from './planted-fixtures.ts'

let world: World
beforeAll(async () => {
  world = await loadWorld()
})

test('every ground truth passes, every planted error is caught, in at least ten kinds', () => {
  const { rows, ms } = proveJudge(world, 60, 5 * plantedKinds.length, 7)
  expect(plantedKinds.length).toBeGreaterThanOrEqual(10)
  expect(rows.flatMap((row) => row.wrong.map((w) => `${row.kind}: ${w.what} (${w.sample})`))).toEqual([])
  for (const row of rows) expect(row.said).toEqual({ [row.expected]: row.count })
  expect(ms.median).toBeLessThan(5)
})

describe('the reasons', () => {
  test('name the planted error, and there is none for a right answer', () => {
    for (const kind of plantedKinds) {
      let index = 0
      let planted = null
      let sample = makeSample(world, { split: 'test', seed: 3, index })
      for (; !planted; index++) {
        sample = makeSample(world, { split: 'test', seed: 3, index })
        planted = plant(world, sample, kind, seededRandom('reasons', kind.name, index))
      }
      const reasons = explain(world, sample, planted.reasoning, judge(world, sample, planted))
      const silent = (kind.right.image && kind.right.reasoning) || planted.reasoning === ''
      expect({ kind: kind.name, said: reasons.length > 0 }).toEqual({ kind: kind.name, said: !silent })
    }
  })

  test('read as sentences', () => {
    const sample = {
      ...makeSample(world, { split: 'test', seed: 3, index: 0 }),
      freedom: { kind: 'exact' as const },
      input: { background: 'meadow', cells: Array.from({ length: 16 }, (_, i) => (i === 6 ? 'dog' : null)) },
      output: { background: 'meadow', cells: Array.from({ length: 16 }, () => null) },
      reasoning: 'the dog is at b3 . now b3 is empty .',
    }
    const reasoning = 'the dog is at b3 . now b3 has the cat .'
    const rgb = renderScene(world, { ...sample.input, background: 'night' })
    expect(explain(world, sample, reasoning, judge(world, sample, { rgb, reasoning }))).toEqual([
      'The place is night, not meadow.',
      'b3 shows the dog, not nothing.',
      'Wrong: "now b3 has the cat ."',
      'Missing: "now b3 is empty ."',
    ])
  })
})
