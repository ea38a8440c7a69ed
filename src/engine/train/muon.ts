/**
 * Muon's orthogonalisation (Newton-Schulz, Jordan et al. 2024) as a small graph of our own: in JavaScript it would take
 * longer than the training step. Matrices of one shape stand together in the flat gradient, so each group is one
 * batched product.
 */
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { add, div, scale, sqrt } from '../graph/ops/elementwise.ts'
import { matmul } from '../graph/ops/matmul.ts'
import { reduceSumSquare } from '../graph/ops/reduce.ts'
import { transpose } from '../graph/ops/shape.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { createSession, type Session } from '../runtime/session.ts'

/** Coefficients of the quintic iteration, chosen for slope at zero. */
const [A, B, C] = [3.4445, -4.775, 2.0315] as const
const ITERATIONS = 5

export interface MatrixGroup {
  readonly offset: number
  readonly count: number
  readonly rows: number
  readonly cols: number
}

/** Runs of equal shape among the matrices of a table. */
export function matrixGroups(table: ParameterTable): MatrixGroup[] {
  const groups: { offset: number; count: number; rows: number; cols: number }[] = []
  for (const span of table.spans) {
    if (span.role !== 'matrix') continue
    const [rows, cols] = span.shape as [number, number]
    const last = groups.at(-1)
    if (last && last.rows === rows && last.cols === cols) last.count++
    else groups.push({ offset: span.offset, count: 1, rows, cols })
  }
  return groups
}

export interface Orthogonaliser {
  /** Replaces every matrix of the groups in `flat` by its nearest semi-orthogonal one (approximately). */
  apply(flat: Float32Array): Promise<void>
  dispose(): Promise<void>
}

export async function createOrthogonaliser(groups: readonly MatrixGroup[], threads?: number): Promise<Orthogonaliser> {
  const graph = new Graph()
  groups.forEach(({ count, rows, cols }, i) => {
    let x = graph.input(`x${i}`, 'float32', [count, rows, cols])
    const flip = rows > cols
    if (flip) x = transpose(x, [0, 2, 1])
    const tiny = graph.constant(Float32Array.of(1e-14), [])
    x = div(x, sqrt(add(reduceSumSquare(x, [1, 2]), tiny)))
    for (let n = 0; n < ITERATIONS; n++) {
      const gram = matmul(x, transpose(x, [0, 2, 1]))
      x = add(scale(x, A), matmul(add(scale(gram, B), scale(matmul(gram, gram), C)), x))
    }
    graph.output(`y${i}`, flip ? transpose(x, [0, 2, 1]) : x)
  })
  const session: Session = await createSession(encodeModel(graph), threads === undefined ? {} : { threads })
  return {
    async apply(flat) {
      const feeds: Record<string, { data: Float32Array; dims: number[] }> = {}
      const into: Record<string, { data: Float32Array; dims: number[] }> = {}
      groups.forEach(({ offset, count, rows, cols }, i) => {
        const data = flat.subarray(offset, offset + count * rows * cols)
        feeds[`x${i}`] = { data, dims: [count, rows, cols] }
        into[`y${i}`] = { data: new Float32Array(data.length), dims: [count, rows, cols] }
      })
      await session.run(feeds, into)
      groups.forEach(({ offset }, i) => flat.set(into[`y${i}`]!.data, offset))
    },
    dispose: () => session.dispose(),
  }
}
