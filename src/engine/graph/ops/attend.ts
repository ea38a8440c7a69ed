/**
 * softmax(scores) . values as one op, for the sake of its gradient: rowsum(dP * P) equals rowsum(dO * O), which is
 * [.., L, 1] from [.., L, d_head] instead of a pass over [.., L, L]. The softmax made again in the gradient is the
 * same node to the runtime, which keeps one of the two.
 */
import { expectType, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'
import { mul, neg, scalar } from './elementwise.ts'
import { matmulRows, matmulTurned } from './matmul.ts'
import { reduceSum, softmax } from './reduce.ts'
import { concat, expand } from './shape.ts'

/** scores [B, h, Lq, Lk], values [B, h, Lk, d] -> [B, h, Lq, d]. */
export const attend = (scores: Value, values: Value): Value => scores.graph.op('Attend', [scores, values])

export const Attend = defineOp({
  infer([scores, values]) {
    expectType(scores, ['float32'], 'Attend scores')
    const [s, v] = [scores!.shape, values!.shape]
    if (s.length !== v.length || s.at(-1) !== v.at(-2) || s.slice(0, -2).some((dim, i) => dim !== v[i])) {
      throw new GraphError(`scores ${formatShape(s)} do not fit values ${formatShape(v)}`)
    }
    return { dtype: 'float32', shape: [...s.slice(0, -1), v.at(-1)!] }
  },
  emit(c) {
    const p = c.temp()
    c.node('Softmax', [c.inputs[0]!], p, { axis: { i: -1 } })
    c.node('MatMul', [p, c.inputs[1]!], c.output)
  },
  vjp({ dy, inputs: [scores, values], output, wants }) {
    const p = softmax(scores!)
    const dScores = (): Value => {
      // dP - rowsum(dO * O) as one product: the sum stands as a column more beside dO, against a column of ones.
      const dot = reduceSum(mul(dy, output), [-1])
      const ones = expand(scalar(dy, 1), [...values!.shape.slice(0, -1), 1])
      const last = dy.shape.length - 1
      return mul(p, matmulRows(concat([dy, neg(dot)], last), concat([values!, ones], last)))
    }
    return [wants[0] ? dScores() : null, wants[1] ? matmulTurned(p, dy) : null]
  },
})
