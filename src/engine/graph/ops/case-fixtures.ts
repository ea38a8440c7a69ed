/** What a case of an op is, and the plain arithmetic that the cases share. */
import { get, make, type Plain } from '../testing.ts'
import type { Value } from '../types.ts'

export interface OpCase {
  readonly what: string
  /** Shapes of the float inputs. */
  readonly floats: readonly (readonly number[])[]
  /** Int64 inputs, which follow the float inputs. */
  readonly integers?: readonly Plain[]
  /** Applied to the float inputs: where an op is defined for some numbers only. */
  readonly domain?: (x: number) => number
  readonly build: (...inputs: Value[]) => Value
  readonly reference: (...inputs: Plain[]) => Plain
  /** Largest error of a gradient, where single precision is not the limit. */
  readonly coarse?: number
  /** Nothing flows back: asking for a gradient is refused. */
  readonly stops?: true
}

export const whole = (shape: number[], ...values: number[]): Plain => ({ shape, data: Float64Array.from(values) })
export const sum = (n: number, term: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => term(i)).reduce((a, b) => a + b, 0)
/** Row by row over the last axis. */
export const rowwise =
  (f: (row: number[], i: number) => number) =>
  (x: Plain): Plain =>
    make(x.shape, (at) =>
      f(
        Array.from({ length: x.shape.at(-1)! }, (_, i) => get(x, [...at.slice(0, -1), i])),
        at.at(-1)!,
      ),
    )
export const softmaxOf = rowwise((row, i) => Math.exp(row[i]!) / sum(row.length, (j) => Math.exp(row[j]!)))
