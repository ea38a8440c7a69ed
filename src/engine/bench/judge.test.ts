/** The judge agrees with the truth, punishes each kind of damage in its own dimension, and leaves open what is open. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { neighboursOf } from '../data/world/cells.ts'
import { resultClaims } from '../data/world/operations/kit.ts'
import { makeSample } from '../data/world/sample.ts'
import { splitNames, type WorldSample } from '../data/world/types.ts'
import { worldWords } from '../data/world/words.ts'
import { loadWorld, randomScene, renderScene, type Scene, type World } from '../data/world/world.ts'
import { isValidOutcome, judge, readScene } from './judge.ts'

let world: World
beforeAll(async () => {
  world = await loadWorld()
})

const answer = (sample: WorldSample, scene: Scene = sample.output, reasoning: string = sample.reasoning) =>
  judge(world, sample, { rgb: renderScene(world, scene), reasoning })

/** The first sample of an operation; it need not be the first of the stream. */
function sampleOf(operation: string, keep: (s: WorldSample) => boolean = () => true): WorldSample {
  for (let index = 0; ; index++) {
    const sample = makeSample(world, { split: 'train', seed: 21, index })
    if (sample.operation === operation && keep(sample)) return sample
  }
}

const withCell = (scene: Scene, cell: number, sprite: string | null): Scene => ({
  ...scene,
  cells: scene.cells.map((c, i) => (i === cell ? sprite : c)),
})

test('the ground truth of every sample is right and scores 100 in every dimension', () => {
  const samples = fc.record({ split: fc.constantFrom(...splitNames), seed: fc.nat(99), index: fc.nat(1e6) })
  fc.assert(
    fc.property(samples, (options) => {
      const sample = makeSample(world, options)
      const { rightImage, rightReasoning, scores } = answer(sample)
      expect({ rightImage, rightReasoning }).toEqual({ rightImage: true, rightReasoning: true })
      expect(scores.image_consistency).toBe(sample.input ? 100 : null)
      for (const score of Object.values(scores)) if (score !== null) expect(score).toBe(100)
    }),
    { numRuns: 300 },
  )
})

test('where one answer is right, any other cell or any other sentence makes it wrong', () => {
  const cases = fc.record({
    index: fc.nat(1e6),
    cell: fc.nat(15),
    sprite: fc.nat(32),
    sentence: fc.nat(99),
    word: fc.nat(999),
  })
  const words = worldWords(world)
  fc.assert(
    fc.property(cases, ({ index, cell, sprite, sentence, word }) => {
      const sample = makeSample(world, { split: 'val', seed: 2, index })
      fc.pre(sample.freedom.kind === 'exact')
      const drawn = world.sprites[sprite]?.name ?? null
      const tokens = sample.reasoning.split(' ')
      const at = sentence % tokens.length
      const swapped = tokens.with(at, words[word % words.length]!).join(' ')
      const { rightImage, rightReasoning, scores } = answer(sample, withCell(sample.output, cell, drawn), swapped)
      expect(rightImage).toBe(drawn === sample.output.cells[cell])
      expect(rightReasoning).toBe(swapped === sample.reasoning)
      if (!rightImage) expect(Math.min(scores.image_alignment, scores.image_consistency ?? 100)).toBeLessThan(100)
      if (!rightReasoning) expect(scores.text_alignment).toBeLessThan(100)
    }),
    { numRuns: 300 },
  )
})

describe('readScene', () => {
  test('gives a rendered scene back, also under noise', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 20 }), (seed, sigma) => {
        const random = seededRandom('read', seed)
        const scene = randomScene(world, random)
        const rgb = renderScene(world, scene).map((v) =>
          Math.max(0, Math.min(255, Math.round(v + sigma * random.normal()))),
        )
        const reading = readScene(world, rgb)
        expect(reading.scene).toEqual(scene)
        expect(reading.cellBackgrounds.every((b) => b === scene.background)).toBe(true)
        if (sigma === 0) expect(Math.max(...reading.cellDistance)).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('sees a cell that stands on another background', () => {
    const scene = randomScene(world, seededRandom('patch'))
    const rgb = renderScene(world, { ...scene, background: 'meadow' })
    const other = renderScene(world, { ...scene, background: 'night' })
    for (let y = 0; y < 32; y++) rgb.set(other.subarray(y * 384, y * 384 + 96), y * 384)
    const reading = readScene(world, rgb)
    expect(reading.scene).toEqual({ ...scene, background: 'meadow' })
    expect(reading.cellBackgrounds.map((b) => b === 'meadow')).toEqual(Array.from({ length: 16 }, (_, i) => i > 0))
  })

  test('refuses another size', () => {
    expect(() => readScene(world, new Uint8Array(3))).toThrow(/expected 128 x 128/)
  })
})

describe('a damaged picture', () => {
  test('that is the input again keeps its consistency and loses its alignment', () => {
    const sample = sampleOf('remove')
    const { rightImage, rightReasoning, scores } = answer(sample, sample.input!)
    expect(rightImage).toBe(false)
    expect(rightReasoning).toBe(true)
    expect(scores).toMatchObject({
      image_alignment: 0,
      image_consistency: 100,
      image_quality: 100,
      text_alignment: 100,
      output_alignment: 0,
    })
  })

  test('with a bystander gone loses consistency, one cell of fifteen', () => {
    const sample = sampleOf('remove')
    const bystander = sample.output.cells.findIndex((c) => c !== null)
    const { rightImage, scores } = answer(sample, withCell(sample.output, bystander, null))
    expect(rightImage).toBe(false)
    expect(scores.image_consistency).toBeCloseTo((100 * 14) / 15)
    expect(scores.image_alignment).toBe(100)
  })

  test('on the wrong background is wrong everywhere', () => {
    const sample = sampleOf('remove', (s) => s.output.background !== 'night')
    const { rightImage, scores } = answer(sample, { ...sample.output, background: 'night' })
    expect(rightImage).toBe(false)
    expect(scores).toMatchObject({ image_alignment: 0, image_consistency: 0, image_quality: 100 })
  })

  test('with one cell on another background is not right', () => {
    const sample = sampleOf('remove', (s) => s.output.background === 'meadow')
    const rgb = renderScene(world, sample.output)
    const other = renderScene(world, { ...sample.output, background: 'night' })
    for (let y = 0; y < 32; y++) rgb.set(other.subarray(y * 384, y * 384 + 96), y * 384)
    expect(judge(world, sample, { rgb, reasoning: sample.reasoning }).rightImage).toBe(false)
  })

  test('where the place was to change and did not keeps its sprites and misses its one demand', () => {
    const sample = sampleOf('change-place')
    expect(answer(sample, sample.input!).scores).toMatchObject({ image_alignment: 0, image_consistency: 100 })
  })

  test('of noise or plain grey shows nothing', () => {
    const sample = sampleOf('remove')
    const random = seededRandom('noise')
    for (const value of [() => random.int(256), () => 128]) {
      const rgb = Uint8Array.from({ length: 128 * 128 * 3 }, value)
      const { rightImage, scores } = judge(world, sample, { rgb, reasoning: sample.reasoning })
      expect(rightImage).toBe(false)
      expect(scores).toMatchObject({ image_alignment: 0, image_consistency: 0, image_quality: 0, output_alignment: 0 })
    }
  })

  test('of a drawing loses alignment for what is missing and for what nobody asked for', () => {
    const sample = sampleOf('draw-at', (s) => s.output.cells.filter((c) => c !== null).length === 2)
    const placed = sample.output.cells.findIndex((c) => c !== null)
    const empty = sample.output.cells.findIndex((c) => c === null)
    expect(answer(sample, withCell(sample.output, placed, null)).scores.image_alignment).toBeCloseTo((100 * 2) / 3)
    expect(answer(sample, withCell(sample.output, empty, 'cat')).scores.image_alignment).toBeCloseTo((100 * 3) / 4)
  })
})

describe('a damaged trace', () => {
  test.each(['', 'cat cat cat', 'the cat is at', 'now b3 is empty'])(
    'that does not parse scores 0 three times: "%s"',
    (text) => {
      const { rightReasoning, rightImage, scores } = answer(sampleOf('remove'), undefined, text)
      expect({ rightImage, rightReasoning }).toEqual({ rightImage: true, rightReasoning: false })
      expect(scores).toMatchObject({ text_quality: 0, text_alignment: 0, output_alignment: 0, image_alignment: 100 })
    },
  )

  test('that repeats itself loses quality and is not right', () => {
    const sample = sampleOf('swap')
    const { rightReasoning, scores } = answer(sample, undefined, `${sample.reasoning} ${sample.reasoning}`)
    expect(rightReasoning).toBe(false)
    expect(scores).toMatchObject({ text_quality: 50, text_alignment: 100 })
  })

  test('that leaves an observation out is not right and loses alignment with the truth, not with the picture', () => {
    const sample = sampleOf('remove')
    const { rightReasoning, scores } = answer(sample, undefined, sample.reasoning.split(' . ').slice(1).join(' . '))
    expect(rightReasoning).toBe(false)
    expect(scores.text_alignment).toBeCloseTo((200 * 1) / (1 + 2))
    expect(scores.output_alignment).toBe(100)
  })

  test('that claims what the picture does not show loses output alignment', () => {
    const sample = sampleOf('add-cell')
    const wrong = sample.output.cells.findIndex((c, i) => c !== sample.input!.cells[i])
    const drawn = withCell(sample.output, wrong, null)
    expect(answer(sample, drawn).scores.output_alignment).toBe(0)
    expect(answer(sample, drawn).scores.text_alignment).toBe(100)
  })

  test('in another order is as right', () => {
    const sample = sampleOf('swap')
    const reversed =
      sample.reasoning
        .split(' . ')
        .map((s) => s.replace(/ \.$/, ''))
        .reverse()
        .join(' . ') + ' .'
    expect(answer(sample, undefined, reversed).rightReasoning).toBe(true)
  })
})

describe('where several outcomes are right', () => {
  /** The sample's trace with the claims of another outcome. */
  const traceFor = (sample: WorldSample, scene: Scene): string => {
    const thinking = sample.reasoning
      .split(' . ')
      .map((s) => s.replace(/ \.$/, '') + ' .')
      .filter((s) => !s.startsWith('now '))
    return [...thinking, ...resultClaims(sample.input, scene).map((c) => c.text)].join(' ')
  }

  test('every valid one is right, with its own trace', () => {
    const next = sampleOf('put-next')
    if (next.freedom.kind !== 'neighbour') throw new Error('unexpected')
    const { anchor, from, sprite } = next.freedom
    for (const cell of neighboursOf(anchor).filter((c) => next.input!.cells[c] === null)) {
      const scene = withCell(withCell(next.input!, from, null), cell, sprite)
      const judged = answer(next, scene, traceFor(next, scene))
      expect(judged).toMatchObject({ rightImage: true, rightReasoning: true })
      expect(Object.values(judged.scores)).toEqual([100, 100, 100, 100, 100, 100])
    }
    const free = sampleOf('draw-free', (s) => s.output.cells[0] === null)
    const moved = withCell({ ...free.output, cells: free.output.cells.map(() => null) }, 0, null)
    if (free.freedom.kind !== 'placed') throw new Error('unexpected')
    free.freedom.free.forEach((sprite, i) => (moved.cells[i] = sprite))
    expect(answer(free, moved, traceFor(free, moved))).toMatchObject({ rightImage: true, rightReasoning: true })
  })

  test('a trace that describes another valid outcome than the picture is right but not aligned with it', () => {
    const sample = sampleOf('add-anywhere')
    if (sample.freedom.kind !== 'anywhere') throw new Error('unexpected')
    const taken = sample.output.cells.findIndex((c, i) => c !== sample.input!.cells[i])
    const cell = sample.input!.cells.findIndex((c, i) => c === null && i !== taken)
    const other = withCell(sample.input!, cell, sample.freedom.sprite)
    const judged = answer(sample, other)
    expect(judged).toMatchObject({ rightImage: true, rightReasoning: true })
    expect(judged.scores.output_alignment).toBe(0)
  })

  test('an occupied cell, a missing move or a second copy is not valid', () => {
    const sample = sampleOf('put-next')
    if (sample.freedom.kind !== 'neighbour') throw new Error('unexpected')
    const { from, sprite, anchor } = sample.freedom
    expect(isValidOutcome(world, sample, sample.output)).toBe(true)
    expect(isValidOutcome(world, sample, sample.input!)).toBe(false)
    expect(isValidOutcome(world, sample, withCell(sample.output, from, sprite))).toBe(false)
    expect(isValidOutcome(world, sample, withCell(sample.output, anchor, sprite))).toBe(false)
    expect(isValidOutcome(world, sample, { ...sample.output, background: 'moon' })).toBe(false)
  })
})
