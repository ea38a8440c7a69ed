/** What every consumer of the world relies on: samples are pure, short, in vocabulary, and never leak across splits. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { isResultClaim, parseReasoning } from './grammar.ts'
import { allOperations, operationsByFamily } from './operations/index.ts'
import { makeSample, type SampleOptions } from './sample.ts'
import { assertSplitsDisjoint, isHeldOut, meaningKey } from './splits.ts'
import { familyNames, splitNames, worldSampleSchema, type WorldSample } from './types.ts'
import { normaliseInstruction, worldWords } from './words.ts'
import { loadWorld, type World } from './world.ts'

let world: World
let words: Set<string>
beforeAll(async () => {
  world = await loadWorld()
  words = new Set(worldWords(world))
})

const anyOptions: fc.Arbitrary<SampleOptions> = fc.record({
  split: fc.constantFrom(...splitNames),
  seed: fc.nat(1000),
  index: fc.nat(100000),
  spriteLimit: fc.integer({ min: 8, max: 32 }),
})
const property = (check: (sample: WorldSample, options: SampleOptions) => void): void => {
  const run = (options: SampleOptions): void => {
    check(makeSample(world, options), options)
  }
  fc.assert(fc.property(anyOptions, run), { numRuns: 500 })
}

describe('makeSample', () => {
  test('gives the same sample for the same seed, split and index', () => {
    property((sample, options) => expect(makeSample(world, options)).toEqual(sample))
  })

  test('stays within 26 instruction tokens, 36 reasoning tokens and the vocabulary', () => {
    property((sample) => {
      const instruction = sample.instruction.split(' ')
      const reasoning = sample.reasoning.split(' ')
      expect(instruction.length).toBeLessThanOrEqual(26)
      expect(reasoning.length).toBeLessThanOrEqual(36)
      for (const token of [...instruction, ...reasoning]) expect(words).toContain(token)
      expect(normaliseInstruction(sample.instruction)).toBe(sample.instruction)
    })
  })

  test('holds 3 to 6 sprites in an input and 1 to 4 in a drawing', () => {
    property((sample) => {
      const count = (sample.input ?? sample.output).cells.filter((c) => c !== null).length
      expect(count).toBeGreaterThanOrEqual(sample.input ? 3 : 1)
      expect(count).toBeLessThanOrEqual(sample.input ? 6 : 4)
    })
  })

  test('uses only the first sprites when limited', () => {
    property((sample, { spriteLimit }) => {
      const allowed = world.sprites.slice(0, spriteLimit).map((s) => s.name)
      for (const scene of [sample.input, sample.output]) {
        for (const cell of scene?.cells ?? []) if (cell !== null) expect(allowed).toContain(cell)
      }
    })
  })

  test('writes a trace that parses, without repetition, and claims the result last and by cell', () => {
    property((sample) => {
      const sentences = parseReasoning(world, sample.reasoning)!
      expect(sentences).not.toBeNull()
      expect(new Set(sentences.map((s) => s.text)).size).toBe(sentences.length)
      const firstResult = sentences.findIndex(isResultClaim)
      const results = sentences.slice(firstResult)
      expect(results.every(isResultClaim)).toBe(true)
      const order = results.map((s) => s.slots.cell ?? '')
      expect(order).toEqual([...order].sort())
    })
  })

  test('is a valid record', () => {
    property((sample) => expect(worldSampleSchema.parse(sample)).toEqual(sample))
  })

  test('never shows a held-out combination outside test, and shows nothing else when asked', () => {
    property((sample) => {
      if (sample.split !== 'test') expect(sample.heldOut).toBe(false)
    })
    for (let index = 0; index < 200; index++) {
      expect(makeSample(world, { split: 'test', seed: 5, index, heldOutOnly: true }).heldOut).toBe(true)
    }
    expect(() => makeSample(world, { split: 'train', seed: 0, index: 0, heldOutOnly: true })).toThrow(/test split only/)
  })

  test('draws the families in equal shares, or in those asked for', () => {
    const counts = (options: Partial<SampleOptions>): number[] => {
      const drawn = Array.from(
        { length: 1200 },
        (_, index) => makeSample(world, { split: 'train', seed: 1, index, ...options }).family,
      )
      return familyNames.map((f) => drawn.filter((d) => d === f).length)
    }
    for (const n of counts({})) expect(n).toBeGreaterThan(150)
    const [spatial, , , , general, generate] = counts({ families: ['spatial', 'general'], weights: { general: 3 } })
    expect(general! / spatial!).toBeGreaterThan(2.3)
    expect(generate).toBe(0)
  })

  test('makes samples of every family from every prefix of 8 or more sprites', () => {
    for (let spriteLimit = 8; spriteLimit <= world.sprites.length; spriteLimit++) {
      for (const family of familyNames) {
        for (const split of splitNames) {
          expect(makeSample(world, { split, seed: 3, index: 1, families: [family], spriteLimit }).family).toBe(family)
        }
      }
    }
    expect(() => makeSample(world, { split: 'train', seed: 0, index: 0, spriteLimit: 7 })).toThrow(/too small/)
  })
})

describe('the splits', () => {
  test('share no task, whatever the seeds', () => {
    const samples = splitNames.flatMap((split) =>
      Array.from({ length: 3000 }, (_, index) => makeSample(world, { split, seed: 9, index, spriteLimit: 8 })),
    )
    expect(() => assertSplitsDisjoint(samples)).not.toThrow()
  })

  test('are refused when a task turns up in two of them', () => {
    const sample = makeSample(world, { split: 'train', seed: 0, index: 0 })
    const copy: WorldSample = { ...sample, id: 'copy', split: 'val', instruction: 'other words' }
    expect(() => assertSplitsDisjoint([sample, copy])).toThrow(/duplicates across splits/)
    expect(meaningKey(copy)).toBe(meaningKey(sample))
  })

  test('hold out about 6 % of the combinations, and never all ways to learn a fact', () => {
    const holdable = allOperations.filter((o) => o.holdable)
    const held = holdable.flatMap((o) => world.sprites.filter((s) => isHeldOut(s.name, o.name)))
    const fraction = held.length / (holdable.length * world.sprites.length)
    expect(fraction).toBeGreaterThan(0.03)
    expect(fraction).toBeLessThan(0.09)
    const facts = operationsByFamily.world.filter((o) => o.name.startsWith('fact-'))
    for (const s of world.sprites) expect(facts.some((o) => !isHeldOut(s.name, o.name))).toBe(true)
  })
})

describe('the operations', () => {
  test('are at least 12, with unique names and at least 3 phrasings each', () => {
    expect(allOperations.length).toBeGreaterThanOrEqual(12)
    expect(new Set(allOperations.map((o) => o.name)).size).toBe(allOperations.length)
    for (const o of allOperations) expect(new Set(o.phrasings).size).toBeGreaterThanOrEqual(3)
  })

  test('all occur in training', () => {
    const seen = new Set<string>()
    for (let index = 0; index < 3000; index++) seen.add(makeSample(world, { split: 'train', seed: 4, index }).operation)
    expect([...seen].sort()).toEqual(allOperations.map((o) => o.name).sort())
  })

  test('name no thing of which the picture holds two, except to count it', () => {
    for (let index = 0; index < 2000; index++) {
      const { operation, input } = makeSample(world, { split: 'train', seed: 6, index })
      const present = (input?.cells ?? []).filter((c) => c !== null)
      if (!['count-remove', 'most-remove'].includes(operation)) expect(new Set(present).size).toBe(present.length)
    }
  })
})

describe('worldWords', () => {
  test('is sorted, free of duplicates and made of single words and marks', () => {
    const list = worldWords(world)
    expect(list).toEqual([...new Set(list)].sort())
    for (const word of list) expect(word).toMatch(/^([a-z]+|[a-d][1-4]|[.,])$/)
  })
})
