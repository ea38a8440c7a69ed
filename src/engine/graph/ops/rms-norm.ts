/**
 * Root-mean-square norm (Zhang and Sennrich 2019) as one op: one pass over memory, and a gradient whose two sums, over a
 * row and over all rows, are matrix-vector products.
 */
import { expectType, fixedDim, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'
import { add, div, mul, scalar, scale, sqrt, sub } from './elementwise.ts'
import { gemm } from './matmul.ts'
import { reduceSumSquare } from './reduce.ts'
import { reshape } from './shape.ts'

type NormAttrs = { epsilon: number }

/** x [n, d] over its root mean square in each row, times weight [d]. */
export const rmsNorm = (x: Value, weight: Value, epsilon: number): Value =>
  x.graph.op('RmsNorm', [x, weight], { epsilon })

export const RmsNorm = defineOp<NormAttrs>({
  infer([x, weight]) {
    const { shape } = expectType(x, ['float32'], 'RmsNorm input')
    const { shape: scales } = expectType(weight, ['float32'], 'RmsNorm weight')
    if (shape.length !== 2 || scales.length !== 1 || scales[0] !== shape[1])
      throw new GraphError(`weight ${formatShape(scales)} does not fit ${formatShape(shape)}`)
    return { dtype: 'float32', shape }
  },
  emit: (c, { epsilon }) =>
    c.node('SimplifiedLayerNormalization', c.inputs, c.output, {
      axis: { i: -1 },
      epsilon: { f: epsilon },
      stash_type: { i: 1 },
    }),
  // With r = 1 / rms(x) and t = dy * x: dw = sum over rows of t r, dx = r w dy - x (r^3 / d) (t . w).
  vjp({ dy, inputs: [x, weight], attrs: { epsilon }, wants }) {
    const width = fixedDim(x!.shape[1], 'width')
    const square = add(scale(reduceSumSquare(x!, [-1]), 1 / width), scalar(dy, epsilon))
    const inverse = div(scalar(dy, 1), sqrt(square))
    const t = mul(dy, x!)
    const dx = (): Value => {
      const along = gemm(t, reshape(weight!, [width, 1]))
      const back = scale(mul(along, div(inverse, square)), 1 / width)
      return sub(mul(mul(dy, weight!), inverse), mul(x!, back))
    }
    return [wants[0] ? dx() : null, wants[1] ? reshape(gemm(t, inverse, true), [width]) : null]
  },
})
