/** The judge over each family of tasks, and over sprites it has never heard of. */
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { cellNames } from '../data/world/cells.ts'
import { makeSample } from '../data/world/sample.ts'
import { familyNames, type WorldSample } from '../data/world/types.ts'
import { loadWorld, randomScene, renderScene, resourcesUrl, type Scene, type World } from '../data/world/world.ts'
import { judge, readScene, type Judgement } from './judge.ts'

let world: World
beforeAll(async () => {
  world = await loadWorld()
})

const answer = (sample: WorldSample, scene: Scene, reasoning: string = sample.reasoning): Judgement =>
  judge(world, sample, { rgb: renderScene(world, scene), reasoning })
const withCell = (scene: Scene, cell: number, sprite: string | null): Scene => ({
  ...scene,
  cells: scene.cells.map((c, i) => (i === cell ? sprite : c)),
})

test.each(familyNames)('%s: each answer with something wrong in it is caught, and nothing else is', (family) => {
  for (let index = 0; index < 40; index++) {
    const sample = makeSample(world, { split: 'test', seed: 31, index, families: [family] })
    const verdict = answer(sample, sample.output)
    expect([verdict.rightImage, verdict.rightReasoning], sample.id).toEqual([true, true])
    // A thing that neither instruction nor reasoning speaks of, where nothing stood.
    const empty = sample.output.cells.findIndex((c, cell) => c === null && (sample.input?.cells[cell] ?? null) === null)
    const stray = world.sprites.find(
      ({ name }) => !sample.instruction.includes(name) && !sample.reasoning.includes(name),
    )!
    const crowded = answer(sample, withCell(sample.output, empty, stray.name))
    expect([crowded.rightImage, crowded.rightReasoning], sample.id).toEqual([false, true])
    expect(Math.min(crowded.scores.image_alignment, crowded.scores.image_consistency ?? 100)).toBeLessThan(100)
    // A claim about the result that is untrue of it.
    const lie = `now ${cellNames[empty]!} has the ${stray.name} .`
    const lied = answer(sample, sample.output, `${sample.reasoning} ${lie}`)
    expect([lied.rightImage, lied.rightReasoning], sample.id).toEqual([true, false])
    expect(Math.max(lied.scores.text_alignment, lied.scores.output_alignment)).toBeLessThan(100)
  }
})

test('another set of sprites is judged by its own record, without a line of code', async () => {
  const other = await loadWorld(fileURLToPath(new URL('extra.json', resourcesUrl)))
  const names = new Set(world.sprites.map(({ name }) => name))
  const random = seededRandom('another set')
  for (let i = 0; i < 40; i++) {
    const scene = randomScene(other, random)
    expect(readScene(other, renderScene(other, scene)).scene).toEqual(scene)
  }
  const families = ['spatial', 'general', 'generate'] as const
  let foreign = 0
  for (let index = 0; index < 60; index++) {
    const sample = makeSample(other, { split: 'test', seed: 1, index, families: [...families] })
    const drawn = { rgb: renderScene(other, sample.output), reasoning: sample.reasoning }
    expect(judge(other, sample, drawn)).toMatchObject({ rightImage: true, rightReasoning: true })
    const sprite = sample.output.cells.findIndex((c) => c !== null)
    const lost = { ...drawn, rgb: renderScene(other, withCell(sample.output, sprite, null)) }
    expect(judge(other, sample, lost).rightImage).toBe(false)
    if (sample.output.cells.some((c) => c !== null && !names.has(c))) foreign++
  }
  expect(foreign).toBeGreaterThan(30)
})
