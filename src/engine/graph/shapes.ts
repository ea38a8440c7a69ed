/** Shape arithmetic shared by the shape rules: broadcasting, axes, element counts; symbolic sizes are equal by name. */
import { GraphError, type Dim, type Shape, type TypeInfo } from './types.ts'

/** A size so many times: of a size known at run time only, "3*rows". */
export const times = (dim: Dim, n: number): Dim => (typeof dim === 'number' ? dim * n : n === 1 ? dim : `${n}*${dim}`)
/** The sizes of two parts together: "past+rows". */
export const together = (a: Dim, b: Dim): Dim => (typeof a === 'number' && typeof b === 'number' ? a + b : `${a}+${b}`)

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i])
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** NumPy broadcasting; a symbolic size broadcasts against 1 and against itself only. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  const out: Dim[] = []
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1
    const right = b[b.length - rank + i] ?? 1
    if (left !== right && left !== 1 && right !== 1) {
      throw new GraphError(`shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`)
    }
    out.push(left === 1 ? right : left)
  }
  return out
}

/** Turns a possibly negative axis into 0..rank-1. */
export function normaliseAxis(axis: number, rank: number): number {
  const out = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || out < 0 || out >= rank) throw new GraphError(`axis ${axis} is outside rank ${rank}`)
  return out
}

export function fixedDim(dim: Dim | undefined, what: string): number {
  if (typeof dim !== 'number') throw new GraphError(`${what} must be a fixed size, not ${String(dim)}`)
  return dim
}

/** Product of the fixed sizes, and the symbolic names in order: equal for shapes that hold the same elements. */
export function countElements(shape: Shape): { count: number; symbols: string } {
  let count = 1
  const symbols: string[] = []
  for (const dim of shape) {
    const [, factor, symbol] = /^(?:(\d+)\*)?(.+)$/.exec(String(dim))!
    if (typeof dim === 'number') count *= dim
    else {
      count *= Number(factor ?? 1)
      symbols.push(symbol!)
    }
  }
  return { count, symbols: symbols.sort().join(',') }
}

export function expectType(info: TypeInfo | undefined, dtypes: readonly string[], what: string): TypeInfo {
  if (!info) throw new GraphError(`${what} is missing`)
  if (!dtypes.includes(info.dtype)) throw new GraphError(`${what} is ${info.dtype}, expected ${dtypes.join(' or ')}`)
  return info
}
