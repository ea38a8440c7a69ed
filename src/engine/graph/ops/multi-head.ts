/**
 * Attention as the runtime's own kernel: scores are made block by block and never stored as [L, L]. For inference, where
 * sequences are long; training goes through Attend, whose gradient is known.
 */
import { expectType, fixedDim, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'

type MultiHeadAttrs = { heads: number }

/**
 * softmax(q k^T) v by head, full attention: q [B, Lq, heads * d], k and v [B, Lk, heads * d] -> [B, Lq, heads * d]. Whatever
 * scales the scores is part of q.
 */
export const multiHead = (q: Value, k: Value, v: Value, heads: number): Value =>
  q.graph.op('MultiHead', [q, k, v], { heads })

export const MultiHead = defineOp<MultiHeadAttrs>({
  infer([q, k, v], { heads }) {
    expectType(q, ['float32'], 'MultiHead queries')
    const [batch, , width] = q!.shape
    const same = k?.shape.length === 3 && k.shape.join() === v?.shape.join()
    if (q!.shape.length !== 3 || !same || k.shape[0] !== batch || k.shape[2] !== width)
      throw new GraphError(`queries ${formatShape(q!.shape)} do not fit keys ${formatShape(k?.shape ?? [])}`)
    if (fixedDim(width, 'width') % heads !== 0) throw new GraphError(`${width} does not fall into ${heads} heads`)
    return { dtype: 'float32', shape: q!.shape }
  },
  emit: (c, { heads }) =>
    c.node('MultiHeadAttention', c.inputs, c.output, { num_heads: { i: heads }, scale: { f: 1 } }, 'com.microsoft'),
  vjp: null,
})
