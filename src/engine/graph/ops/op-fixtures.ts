/**
 * What every op computes, as a plain function of indices, with inputs to try it on. The table is total: an op without a
 * case does not compile. Gradients are checked against differences of the same plain functions.
 */
import type { OpCase } from './case-fixtures.ts'
import { elementwiseCases } from './elementwise-fixtures.ts'
import { pictureCases } from './picture-fixtures.ts'
import { productCases } from './product-fixtures.ts'
import { quantisedCases } from './quantised-fixtures.ts'
import type { OpName } from './registry.ts'
import { tensorCases } from './tensor-fixtures.ts'

export const opCases: Readonly<Record<OpName, readonly OpCase[]>> = {
  ...elementwiseCases,
  ...tensorCases,
  ...productCases,
  ...pictureCases,
  ...quantisedCases,
}
