/** Operations beside the world's own: samples as good as any other, and no part of what the world draws unasked. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseReasoning } from '../grammar.ts'
import { allOperations } from '../operations/index.ts'
import { makeSample } from '../sample.ts'
import { assertSplitsDisjoint } from '../splits.ts'
import { splitNames, type WorldSample } from '../types.ts'
import { normaliseInstruction, worldWords } from '../words.ts'
import { loadWorld, type Scene, type World } from '../world.ts'
import { extraOperations, operationNames } from './index.ts'

let world: World
beforeAll(async () => {
  world = await loadWorld()
})

const extraNames = extraOperations.map((o) => o.name)

/** Holds `check` against 200 samples of the operations. */
function property(operations: readonly string[], check: (sample: WorldSample) => void): void {
  const any = fc.record({ split: fc.constantFrom(...splitNames), seed: fc.nat(1000), index: fc.nat(100_000) })
  fc.assert(
    fc.property(any, (options) => {
      check(makeSample(world, { ...options, operations }))
    }),
    { numRuns: 200 },
  )
}

/** The columns of a scene from left to right, each from top to bottom. */
const columnsOf = ({ cells }: Scene): (string | null)[][] =>
  [0, 1, 2, 3].map((column) => cells.filter((_, cell) => cell % 4 === column))

describe('an extra operation', () => {
  test('is drawn by name alone: the world without it is what it was', () => {
    expect(allOperations.filter((o) => extraNames.includes(o.name))).toEqual([])
    expect(new Set(operationNames).size).toBe(operationNames.length)
    for (let index = 0; index < 500; index++)
      expect(extraNames).not.toContain(makeSample(world, { split: 'train', seed: 8, index }).operation)
  })

  test('adds no word to the vocabulary that models are made with', () => {
    const words = worldWords(world)
    for (const word of ['mirror', 'flip', 'gravity', 'across', 'sweep']) expect(words).not.toContain(word)
    expect(words).toHaveLength(259)
  })

  test('has a trace the judge can read and a model can hold, and one right picture that differs from the input', () => {
    property(extraNames, (sample) => {
      expect(extraNames).toContain(sample.operation)
      expect(parseReasoning(world, sample.reasoning)).not.toBeNull()
      expect(sample.reasoning.split(' ').length).toBeLessThanOrEqual(35)
      expect(normaliseInstruction(sample.instruction)).toBe(sample.instruction)
      expect(sample.freedom).toEqual({ kind: 'exact' })
      expect(sample.output.cells).not.toEqual(sample.input!.cells)
      expect(sample.output.background).toBe(sample.input!.background)
      expect(sample.heldOut).toBe(false)
    })
  })

  test('keeps its splits apart', () => {
    const samples = splitNames.flatMap((split) =>
      Array.from({ length: 500 }, (_, index) => makeSample(world, { split, seed: 3, index, operations: extraNames })),
    )
    expect(() => assertSplitsDisjoint(samples)).not.toThrow()
  })

  test('is refused by another name, with those there are', () => {
    const asked = { split: 'train', seed: 0, index: 0, operations: ['mirrors'] } as const
    expect(() => makeSample(world, asked)).toThrow(/no operation "mirrors"/)
  })
})

describe('the operations', () => {
  test('mirror: the columns in opposite order', () => {
    property(['mirror'], ({ input, output }) => expect(columnsOf(output)).toEqual(columnsOf(input!).reverse()))
  })

  test('fall: every column keeps its sprites and their order, with nothing below them empty', () => {
    property(['fall'], ({ input, output }) => {
      const dropped = columnsOf(input!).map((column) => {
        const sprites = column.filter((cell) => cell !== null)
        return [...Array.from({ length: 4 - sprites.length }, () => null), ...sprites]
      })
      expect(columnsOf(output)).toEqual(dropped)
    })
  })

  test('across: one sprite stands at the opposite column of its row, the others stay', () => {
    property(['across'], ({ input, output }) => {
      const [from, to] = [
        input!.cells.findIndex((cell, i) => cell !== null && output.cells[i] === null),
        output.cells.findIndex((cell, i) => cell !== null && input!.cells[i] === null),
      ]
      expect(Math.floor(to / 4)).toBe(Math.floor(from / 4))
      expect((to % 4) + (from % 4)).toBe(3)
      expect(output.cells[to]).toBe(input!.cells[from])
      expect(output.cells.filter((cell, i) => cell !== input!.cells[i])).toHaveLength(2)
    })
  })

  test('clear-row: the row of the named sprite is empty, all other cells are as they were', () => {
    property(['clear-row'], ({ instruction, input, output }) => {
      const at = input!.cells.findIndex((cell) => cell !== null && instruction.split(' ').includes(cell))
      const wanted = input!.cells.map((cell, i) => (Math.floor(i / 4) === Math.floor(at / 4) ? null : cell))
      expect(output.cells).toEqual(wanted)
    })
  })

  test('of the world can be asked for by name as well', () => {
    const operations = ['swap', 'eat']
    const drawn = Array.from({ length: 60 }, (_, index) =>
      makeSample(world, { split: 'val', seed: 2, index, operations }),
    )
    expect(new Set(drawn.map((sample) => sample.operation))).toEqual(new Set(operations))
  })
})
