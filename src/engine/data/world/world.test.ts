/** The world's record and pixels: what loads, what is refused, and that a cell looks the same wherever it stands. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { parseReasoning, sentence } from './grammar.ts'
import { worldSchema } from './schema.ts'
import { defaultWorldPath, loadWorld, randomScene, renderScene, resourcesUrl, templateAt, type World } from './world.ts'

let world: World
let folder: string
beforeAll(async () => {
  world = await loadWorld()
  folder = await mkdtemp(join(tmpdir(), 'world-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the world that ships has 32 sprites in 5 spoken categories on 6 backgrounds, and 112 or more extra sprites', async () => {
  expect(world.sprites).toHaveLength(32)
  expect(world.backgrounds).toHaveLength(6)
  expect(world.file.categories.filter((c) => c.spoken).length).toBeGreaterThanOrEqual(5)
  const extra = await loadWorld(fileURLToPath(new URL('extra.json', resourcesUrl)))
  expect(extra.sprites.length).toBeGreaterThanOrEqual(112)
  const names = new Set(world.sprites.map((s) => s.source))
  expect(extra.sprites.filter((s) => names.has(s.source))).toEqual([])
})

test('the licence of the sprites lies beside them', async () => {
  const text = await readFile(new URL(world.file.license.file, resourcesUrl), 'utf8')
  expect(text).toMatch(/MIT License[\s\S]*Microsoft Corporation/)
})

test('a scene is its templates side by side, the same in every cell', () => {
  const cat = world.spriteIndex.get('cat')!
  const template = templateAt(world, 0, cat)
  const background = world.backgrounds[0]!
  for (let cell = 0; cell < 16; cell++) {
    const cells = Array.from({ length: 16 }, (_, i) => (i === cell ? 'cat' : null))
    const rgb = renderScene(world, { background, cells })
    for (let y = 0; y < 32; y++) {
      const from = ((Math.floor(cell / 4) * 32 + y) * 128 + (cell % 4) * 32) * 3
      expect(rgb.subarray(from, from + 96)).toEqual(template.subarray(y * 96, y * 96 + 96))
    }
  }
})

test('no two templates look alike', () => {
  for (let b = 0; b < world.backgrounds.length; b++) {
    for (let s = -1; s < world.sprites.length; s++) {
      for (let t = s + 1; t < world.sprites.length; t++) {
        const [one, other] = [templateAt(world, b, s), templateAt(world, b, t)]
        const rms = Math.sqrt(one.reduce((sum, v, i) => sum + (v - other[i]!) ** 2, 0) / one.length)
        expect(rms).toBeGreaterThan(15)
      }
    }
  }
})

test('a random scene holds as many sprites as asked for', () => {
  const scene = randomScene(world, seededRandom('test'), 7)
  expect(scene.cells.filter((c) => c !== null)).toHaveLength(7)
  expect(() => renderScene(world, { ...scene, background: 'moon' })).toThrow(/unknown background/)
})

test('a folder loads by its world.json; a missing, broken or inconsistent record is refused with a remedy', async () => {
  expect((await loadWorld(fileURLToPath(resourcesUrl))).path).toBe(defaultWorldPath)
  await expect(loadWorld(join(folder, 'nowhere'))).rejects.toThrow(/Cannot read the world/)
  await writeFile(join(folder, 'world.json'), '{')
  await expect(loadWorld(folder)).rejects.toThrow(/is not JSON/)
  await writeFile(join(folder, 'world.json'), JSON.stringify({ ...world.file, version: 2 }))
  await expect(loadWorld(folder)).rejects.toThrow(/is not a world/)
  await writeFile(join(folder, 'world.json'), JSON.stringify(world.file))
  await expect(loadWorld(folder)).rejects.toThrow(/Cannot read the sheet/)
})

test('a record must be consistent in itself', () => {
  const sprites = world.file.sprites.map((s) => ({ ...s }))
  const bad = [
    { ...world.file, meals: [{ eater: 'cat', food: 'moon' }] },
    { ...world.file, sprites: [...sprites, { ...sprites[0]!, plural: 'others', fact: 'is new' }] },
    { ...world.file, sprites: sprites.map((s) => ({ ...s, fact: 'is red' })) },
    { ...world.file, roles: { day: 'moon', night: 'night', snow: 'snow' } },
  ]
  for (const file of bad) expect(worldSchema.safeParse(file).success).toBe(false)
})

test.each([
  ['', 'nothing'],
  ['the cat is at b3', 'no full stop'],
  ['the cat is at e3 .', 'no such cell'],
  ['the cats is at b3 .', 'no such sprite'],
  ['a egg becomes a chick .', 'wrong article'],
  ['the cat is at b3 . .', 'an empty sentence'],
  ['the cat is at b3 . and more .', 'words that do not belong'],
])('"%s" does not parse: %s', (text) => {
  expect(parseReasoning(world, text)).toBeNull()
})

test('a trace parses into its sentences, with facts of several words', () => {
  const parts = [
    sentence('fact', { category: 'animal', fact: 'gives milk', sprite: 'cow' }),
    sentence('at', { sprite: 'cow', cell: 'a1' }),
    sentence('becomes', { sprite: 'egg', other: 'chick' }),
    sentence('nowEmpty', { cell: 'a1' }),
  ]
  const text = parts.map((s) => s.text).join(' ')
  expect(text).toBe(
    'the animal that gives milk is the cow . the cow is at a1 . an egg becomes a chick . now a1 is empty .',
  )
  expect(parseReasoning(world, text)?.map((s) => ({ ...s, slots: { ...s.slots } }))).toEqual(parts)
})
