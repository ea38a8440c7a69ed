/** Newton-Schulz against plain matrix arithmetic in doubles, and against what it is for. */
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { layOutParameters, type ParameterSpec } from '../model/parameters.ts'
import { createOrthogonaliser, matrixGroups, type MatrixGroup } from './muon.ts'

type Matrix = number[][]
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, v, k) => sum + v * b[k]![j]!, 0)))
const flip = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!))
const combine = (p: number, a: Matrix, q: number, b: Matrix): Matrix =>
  a.map((row, i) => row.map((v, j) => p * v + q * b[i]![j]!))

/** Jordan et al. 2024: X <- a X + (b A + c A^2) X with A = X X^T, five times, on X / |X|, the short side first. */
function plainNewtonSchulz(matrix: Matrix): Matrix {
  const tall = matrix.length > matrix[0]!.length
  let x = tall ? flip(matrix) : matrix
  const norm = Math.sqrt(x.flat().reduce((sum, v) => sum + v * v, 0))
  x = x.map((row) => row.map((v) => v / (norm + 1e-30)))
  for (let i = 0; i < 5; i++) {
    const gram = times(x, flip(x))
    x = combine(3.4445, x, 1, times(combine(-4.775, gram, 2.0315, times(gram, gram)), x))
  }
  return tall ? flip(x) : x
}

const random = seededRandom('muon')
const matrix = (rows: number, cols: number): Matrix =>
  Array.from({ length: rows }, () => Array.from({ length: cols }, () => random.normal()))
const group = (offset: number, rows: number, cols: number, count = 1): MatrixGroup => ({ offset, count, rows, cols })
const asMatrix = (flat: Float32Array, { rows, cols }: MatrixGroup, offset: number): Matrix =>
  Array.from({ length: rows }, (_, i) => [...flat.subarray(offset + i * cols, offset + (i + 1) * cols)])

async function orthogonalised(groups: readonly MatrixGroup[], flat: Float32Array): Promise<Float32Array> {
  const out = flat.slice()
  const orthogonaliser = await createOrthogonaliser(groups, 1)
  await orthogonaliser.apply(out)
  await orthogonaliser.dispose()
  return out
}

test('groups are runs of one shape among the matrices', () => {
  const spec = (name: string, shape: number[], role: 'matrix' | 'other'): ParameterSpec => ({
    name,
    shape,
    role,
    init: { normal: 1 },
  })
  const table = layOutParameters([
    spec('a', [2, 3], 'matrix'),
    spec('b', [4, 2], 'matrix'),
    spec('e', [9, 3], 'other'),
    spec('c', [2, 3], 'matrix'),
    spec('n', [3], 'other'),
  ])
  expect(matrixGroups(table)).toEqual([group(0, 2, 3, 2), group(12, 4, 2)])
  expect(matrixGroups(layOutParameters([spec('n', [3], 'other')]))).toEqual([])
})

describe.each([
  [3, 5],
  [5, 3],
  [4, 4],
  [1, 6],
  [6, 1],
])('a matrix of %i x %i', (rows, cols) => {
  const given = matrix(rows, cols)

  test('becomes what the plain iteration makes of it', async () => {
    const expected = plainNewtonSchulz(given)
    const actual = asMatrix(
      await orthogonalised([group(0, rows, cols)], Float32Array.from(given.flat())),
      group(0, rows, cols),
      0,
    )
    actual.forEach((row, i) => row.forEach((v, j) => expect(v).toBeCloseTo(expected[i]![j]!, 4)))
  })

  test('does not depend on its scale, over ten orders of magnitude', async () => {
    const [small, large] = await Promise.all(
      [1e-4, 1e6].map((s) =>
        orthogonalised(
          [group(0, rows, cols)],
          Float32Array.from(given.flat(), (v) => v * s),
        ),
      ),
    )
    small!.forEach((v, i) => expect(v).toBeCloseTo(large![i]!, 3))
  })

  test('has singular values near one: its short side is nearly orthonormal', async () => {
    const y = asMatrix(
      await orthogonalised([group(0, rows, cols)], Float32Array.from(given.flat())),
      group(0, rows, cols),
      0,
    )
    const short = rows > cols ? flip(y) : y
    times(short, flip(short)).forEach((row, i) =>
      row.forEach((v, j) => expect(Math.abs(v - (i === j ? 1 : 0))).toBeLessThan(0.55)),
    )
  })
})

test('several groups and counts: each matrix on its own, what lies beside them untouched', async () => {
  const [a, b, c] = [matrix(2, 3), matrix(2, 3), matrix(4, 2)]
  const groups = [group(0, 2, 3, 2), group(12, 4, 2)]
  const flat = Float32Array.from([...a.flat(), ...b.flat(), ...c.flat(), 7, 8])
  const out = await orthogonalised(groups, flat)
  const expected = [a, b, c].flatMap((m) => plainNewtonSchulz(m).flat())
  expected.forEach((v, i) => expect(out[i]).toBeCloseTo(v, 4))
  expect([...out.slice(-2)]).toEqual([7, 8])
})

test('a gradient of zeros stays zero', async () => {
  expect([...(await orthogonalised([group(0, 3, 4)], new Float32Array(12)))]).toEqual(new Array(12).fill(0))
})
