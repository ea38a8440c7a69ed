import { expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { initialiseParameters, layOutParameters, viewOf, type ParameterSpec } from './parameters.ts'

const spec = (
  name: string,
  shape: number[],
  role: ParameterSpec['role'],
  init: ParameterSpec['init'] = { normal: 0.02 },
): ParameterSpec => ({ name, shape, role, init })
const specs = [
  spec('norm', [3], 'other', { constant: 1 }),
  spec('a', [2, 3], 'matrix'),
  spec('b', [3, 3], 'matrix'),
  spec('embedding', [50, 3], 'other', { normal: 0.5 }),
  spec('c', [2, 3], 'matrix'),
  spec('fuse', [3, 3], 'other', 'identity'),
]
const table = layOutParameters(specs)

test('matrices of one shape stand together, then the rest, without gaps', () => {
  expect(table.spans.map((span) => span.name)).toEqual(['a', 'c', 'b', 'norm', 'embedding', 'fuse'])
  let end = 0
  for (const span of table.spans) {
    expect(span.offset).toBe(end)
    end += span.size
  }
  expect(table.size).toBe(end)
})

test('two parameters of one name are refused', () => {
  expect(() => layOutParameters([spec('x', [1], 'other'), spec('x', [2], 'other')])).toThrow('share a name')
})

test('fresh weights: constants, the identity, and normals of the asked spread', () => {
  const flat = initialiseParameters(table, seededRandom('init'))
  const named = (name: string): number[] => [
    ...viewOf(
      flat,
      table.spans.find((span) => span.name === name)!,
    ),
  ]
  expect(named('norm')).toEqual([1, 1, 1])
  expect(named('fuse')).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
  const embedding = named('embedding')
  const deviation = Math.sqrt(embedding.reduce((sum, v) => sum + v * v, 0) / embedding.length)
  expect(deviation).toBeGreaterThan(0.4)
  expect(deviation).toBeLessThan(0.6)
})

test('the same seed gives the same weights, another seed others', () => {
  const make = (seed: number): Float32Array => initialiseParameters(table, seededRandom('init', seed))
  expect(make(1)).toEqual(make(1))
  expect(make(1)).not.toEqual(make(2))
})

test('a view writes through', () => {
  const flat = new Float32Array(table.size)
  viewOf(flat, table.spans[1]!).fill(7)
  expect(flat.filter((v) => v === 7)).toHaveLength(6)
  expect(flat[table.spans[1]!.offset]).toBe(7)
})
