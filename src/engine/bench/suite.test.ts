/** Suites: those that ship are sound and disjoint from training; a line with a fault is told by name and costs itself alone. */
import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isHeldOut, meaningKey, splitOf } from '../data/world/splits.ts'
import { loadWorld, renderScene, type World } from '../data/world/world.ts'
import { judge } from './judge.ts'
import { faultWords, limitPrompts, readSuite, suitesFolder } from './suite.ts'
import { compactScene, expandScene } from './suite-scene.ts'

let world: World
let folder: string
beforeAll(async () => {
  world = await loadWorld()
  folder = await mkdtemp(join(tmpdir(), 'tandem-suite-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const row = (change: object = {}): object => ({
  id: 'one',
  task: 'edit',
  category: 'General',
  instruction: 'remove the dog',
  input_scene: { background: 'meadow', cells: { b3: 'dog' } },
  ...change,
})
async function suiteOf(rows: readonly object[], file: object = {}): Promise<string> {
  const path = await mkdtemp(join(folder, 's-'))
  const suite = {
    format: 'tandem-suite',
    version: 1,
    name: 'mine',
    title: 'Mine',
    categories: ['General', 'Draw'],
    ...file,
  }
  await writeFile(join(path, 'suite.json'), JSON.stringify(suite))
  await writeFile(join(path, 'prompts.jsonl'), rows.map((r) => JSON.stringify(r)).join('\n'))
  return path
}

describe('the suites that ship', () => {
  test.each([
    ['storybook', { Spatial: 40, Temporal: 40, Causal: 40, 'World Knowledge': 40, General: 40, Generation: 100 }],
    [
      'storybook-hard',
      { Spatial: 40, 'World Knowledge': 40, General: 40, Generation: 40, 'Two Operations': 40, 'Three Operations': 40 },
    ],
  ])('%s has its prompts, each with a truth that scores 100', async (name, counts) => {
    const { prompts, ref } = await readSuite(name, world)
    expect(ref).toBe(name)
    expect(
      Object.fromEntries(
        Map.groupBy(prompts, (p) => p.category)
          .entries()
          .map(([k, v]) => [k, v.length]),
      ),
    ).toEqual(counts)
    for (const { sample } of prompts) {
      const judged = judge(world, sample!, { rgb: renderScene(world, sample!.output), reasoning: sample!.reasoning })
      expect(judged).toMatchObject({ rightImage: true, rightReasoning: true })
      expect(Object.values(judged.scores).filter((s) => s !== null && s < 100)).toEqual([])
    }
  })

  test('ask nothing that training has: test split, or combinations kept out of it', async () => {
    const { prompts } = await readSuite('storybook', world)
    for (const { sample } of prompts) expect(splitOf(sample!) === 'test' || sample!.heldOut).toBe(true)
    const hard = await readSuite('storybook-hard', world)
    for (const { sample, category } of hard.prompts) {
      expect(sample!.heldOut).toBe(true)
      if (category.endsWith('Operations')) continue
      const names = [...sample!.output.cells, ...(sample!.input?.cells ?? [])].filter((c) => c !== null)
      expect(names.some((sprite) => isHeldOut(sprite, sample!.operation))).toBe(true)
    }
    const keys = [...prompts, ...hard.prompts].map((p) => meaningKey(p.sample!))
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('are what their script writes', async () => {
    const script = fileURLToPath(new URL('../../../scripts/make-suites.ts', import.meta.url))
    const out = join(folder, 'made')
    await promisify(execFile)(process.execPath, [script, out])
    for (const name of ['storybook', 'storybook-hard'])
      for (const file of ['suite.json', 'prompts.jsonl'])
        expect(await readFile(join(out, name, file), 'utf8')).toBe(
          await readFile(join(suitesFolder, name, file), 'utf8'),
        )
  })
})

test('scenes go through their compact form unchanged', async () => {
  const { prompts } = await readSuite('storybook', world)
  for (const { sample } of prompts) expect(expandScene(world, compactScene(sample!.output))).toEqual(sample!.output)
})

test('a folder with picture files and no truth is a suite as well', async () => {
  const path = await suiteOf([
    row({ input_scene: undefined, input_image: 'in.png', reference_reasoning: 'free words' }),
    row({ id: 'two', task: 'generation', category: 'Draw', input_scene: undefined }),
  ])
  await sharp({ create: { width: 40, height: 40, channels: 3, background: '#f00' } })
    .png()
    .toFile(join(path, 'in.png'))
  const suite = await readSuite(path, world)
  expect((await suite.prompts[0]!.input(8))!.slice(0, 3)).toEqual(Uint8Array.of(255, 0, 0))
  expect(await suite.prompts[1]!.input(8)).toBeNull()
  expect(suite.prompts.map((p) => p.sample)).toEqual([null, null])
  await sharp({ create: { width: 40, height: 40, channels: 3, background: '#0f0' } })
    .png()
    .toFile(join(path, 'in.png'))
  expect((await readSuite(path, world)).hash).not.toBe(suite.hash)
})

test('a limit takes from every category in turn', async () => {
  const suite = await readSuite('storybook', world)
  const chosen = limitPrompts(suite, 8)
  expect(chosen.map((p) => p.id)).toEqual([
    'spatial-001',
    'spatial-002',
    'temporal-001',
    'temporal-002',
    'causal-001',
    'world-knowledge-001',
    'general-001',
    'generation-001',
  ])
  expect(limitPrompts(suite, 1000)).toHaveLength(300)
})

const truth = {
  family: 'general',
  operation: 'remove',
  held_out: false,
  reasoning: 'now b3 is empty .',
  output: { background: 'meadow', cells: {} },
  freedom: { kind: 'exact' },
}
const sound = row({ id: 'sound', category: 'Draw' })
describe('one line is not asked for', () => {
  test.each<[string, object[], RegExp]>([
    ['an id twice', [row({ id: 'SOUND' })], /line 2: the id SOUND is that of line 1/],
    ['an unknown category', [row({ category: 'Magic' })], /line 2: its category "Magic" is none of General, Draw/],
    [
      'a missing picture',
      [row({ input_scene: undefined, input_image: 'gone.png' })],
      /line 2: There is no picture gone/,
    ],
    ['a missing reference', [row({ reference_image: 'gone.png' })], /line 2: There is no picture gone\.png/],
    ['a picture outside', [row({ input_scene: undefined, input_image: '../../etc/x.png' })], /outside the folder/],
    ['an edit without input', [row({ input_scene: undefined })], /line 2: an edit needs one input/],
    ['two inputs', [row({ input_image: 'a.png' })], /an edit needs one input/],
    ['a generation with input', [row({ task: 'generation' })], /a generation has no input/],
    ['an unknown sprite', [row({ input_scene: { background: 'meadow', cells: { b3: 'yeti' } } })], /no sprite "yeti"/],
    ['an unknown cell', [row({ input_scene: { background: 'meadow', cells: { z9: 'dog' } } })], /no cell "z9"/],
    ['an unknown place', [row({ input_scene: { background: 'mars', cells: {} } })], /no background "mars"/],
    ['an id with a slash', [row({ id: '../x' })], /line 2: id/],
    ['an unknown key', [row({ extra: 1 })], /line 2: .*extra/],
    ['an empty instruction', [row({ instruction: '' })], /line 2: instruction/],
    [
      'truth in free words',
      [row({ truth: { ...truth, reasoning: 'it is gone' } })],
      /true reasoning is not in the lang/,
    ],
    [
      'truth off the world',
      [row({ truth: { ...truth, output: { background: 'x', cells: {} } } })],
      /in its truth, there is no b/,
    ],
  ])('%s', async (_, rows, said) => {
    const suite = await readSuite(await suiteOf([sound, ...rows]), world)
    expect(suite.prompts.map(({ id }) => id)).toEqual(['sound'])
    expect(suite.faulty).toHaveLength(1)
    expect(suite.faulty[0]!.reason).toMatch(said)
    expect(faultWords(suite)).toContain('1 prompt of 2 cannot be asked and will be unjudged: prompts.jsonl, line 2: ')
  })

  test('broken JSON, which has no id to be called by, and a picture that is none', async () => {
    const path = await suiteOf([sound, row({ input_scene: undefined, input_image: 'in.png' })])
    await writeFile(join(path, 'in.png'), 'no picture')
    await appendFile(join(path, 'prompts.jsonl'), '\n{"task":\n')
    const { faulty } = await readSuite(path, world)
    expect(faulty.map(({ id, line }) => [id, line])).toEqual([
      ['one (line 2)', 2],
      ['line 3', 3],
    ])
    expect(faulty[0]!.reason).toMatch(/in\.png/)
    expect(faulty[1]!.reason).toMatch(/line 3: This is not JSON/)
  })

  test('a picture that is put there makes it another suite, with nothing wrong', async () => {
    const path = await suiteOf([sound, row({ input_scene: undefined, input_image: 'in.png' })])
    const before = await readSuite(path, world)
    await sharp({ create: { width: 40, height: 40, channels: 3, background: '#f00' } })
      .png()
      .toFile(join(path, 'in.png'))
    const after = await readSuite(path, world)
    expect([before.faulty.length, after.faulty.length, after.hash === before.hash]).toEqual([1, 0, false])
  })
})

describe('a suite is refused', () => {
  test('where nothing of it can be asked', async () => {
    await expect(readSuite(await suiteOf([]), world)).rejects.toThrow(/holds no prompt/)
    await expect(readSuite(await suiteOf([row({ category: 'Magic' })]), world)).rejects.toThrow(
      /No prompt of this suite can be asked\. prompts\.jsonl, line 1: its category "Magic" is none of General, Draw/,
    )
  })

  test('for a missing file, and a name nobody knows', async () => {
    const path = await suiteOf([row()])
    await rm(join(path, 'prompts.jsonl'))
    await expect(readSuite(path, world)).rejects.toThrow(/prompts\.jsonl is missing/)
    await expect(readSuite('no-such-suite', world)).rejects.toMatchObject({
      message: 'There is no suite "no-such-suite".',
      remedy: expect.stringContaining('storybook') as string,
    })
    await expect(readSuite(await suiteOf([row()], { version: 2 }), world)).rejects.toThrow(/suite\.json: version/)
  })
})
