/**
 * Root-mean-square norm (Zhang and Sennrich 2019) as one op: one pass over memory, and a gradient whose two sums, over a
 * row and over all rows, are matrix-vector products.
 */
import { expectType, fixedDim, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type OnnxAttr, type Value } from '../types.ts'
import { mul, scale, sub } from './elementwise.ts'
import { gemm } from './matmul.ts'
import { reshape } from './shape.ts'

type NormAttrs = { epsilon: number }

/** x [n, d] over its root mean square in each row, times weight [d]. */
export const rmsNorm = (x: Value, weight: Value, epsilon: number): Value =>
  x.graph.op('RmsNorm', [x, weight], { epsilon })

/** 1 / rms of each row, [n, d] -> [n, 1]. The weight does not change it: it says of which norm it is a second output. */
export const rmsInverse = (x: Value, weight: Value, epsilon: number): Value =>
  x.graph.op('RmsInverse', [x, weight], { epsilon })

const NORM = 'SimplifiedLayerNormalization'
const normAttrs = ({ epsilon }: NormAttrs): Record<string, OnnxAttr> => ({
  axis: { i: -1 },
  epsilon: { f: epsilon },
  stash_type: { i: 1 },
})

export const RmsNorm = defineOp<NormAttrs>({
  infer([x, weight]) {
    const { shape } = expectType(x, ['float32'], 'RmsNorm input')
    const { shape: scales } = expectType(weight, ['float32'], 'RmsNorm weight')
    if (shape.length !== 2 || scales.length !== 1 || scales[0] !== shape[1])
      throw new GraphError(`weight ${formatShape(scales)} does not fit ${formatShape(shape)}`)
    return { dtype: 'float32', shape }
  },
  emit: (c, attrs) => c.node(NORM, c.inputs, c.output, normAttrs(attrs)),
  // With r = 1 / rms(x) and t = dy * x: dw = sum over rows of t r, dx = r w dy - x (r^3 / d) (t . w).
  vjp({ dy, inputs: [x, weight], attrs: { epsilon }, wants }) {
    const width = fixedDim(x!.shape[1], 'width')
    const inverse = rmsInverse(x!, weight!, epsilon)
    const t = mul(dy, x!)
    const dx = (): Value => {
      const along = gemm(t, reshape(weight!, [width, 1]))
      const back = scale(mul(along, mul(inverse, mul(inverse, inverse))), 1 / width)
      return sub(mul(mul(dy, weight!), inverse), mul(x!, back))
    }
    return [wants[0] ? dx() : null, wants[1] ? reshape(gemm(t, inverse, true), [width]) : null]
  },
})

/** The norm of these inputs works it out anyway, and gives it along. */
export const RmsInverse = defineOp<NormAttrs>({
  infer: (inputs, attrs) => ({ dtype: 'float32', shape: [RmsNorm.infer(inputs, attrs).shape[0]!, 1] }),
  emit: (c, attrs) => c.second(NORM, c.inputs, c.output, normAttrs(attrs)),
  vjp: null,
})
