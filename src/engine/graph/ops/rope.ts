/**
 * Rotary position embedding (RoPE, rotate-half) as one op: a single pass over memory instead of a product, two
 * multiplications and a sum. A rotation's gradient is the rotation back, so the op is its own gradient with -sin.
 */
import { expectType, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'
import { neg } from './elementwise.ts'

/** x [B, L, h * dh], cos and sin [L, dh / 2] -> [B, L, h * dh]: pairs (i, i + dh / 2) of each head turned by their angle. */
export const rope = (x: Value, cos: Value, sin: Value): Value => x.graph.op('Rope', [x, cos, sin])

export const Rope = defineOp({
  infer([x, cos, sin]) {
    const { shape } = expectType(x, ['float32'], 'Rope input')
    const [length, half] = expectType(cos, ['float32'], 'Rope cosines').shape
    const width = shape[2]
    const same = cos!.shape.length === 2 && sin?.shape.join() === cos!.shape.join()
    const fits = typeof half === 'number' && typeof width === 'number' && width % (2 * half) === 0
    if (shape.length !== 3 || shape[1] !== length || !same || !fits) {
      throw new GraphError(`tables ${formatShape(cos!.shape)} do not fit ${formatShape(shape)}`)
    }
    return { dtype: 'float32', shape }
  },
  emit(c) {
    const [x, cos, sin] = c.inputs
    // The position of every batch row starts at 0: the tables hold exactly the rows of x.
    c.node('RotaryEmbedding', [x!, c.ints([0]), cos!, sin!], c.output, {}, 'com.microsoft')
  },
  vjp: ({ dy, inputs: [, cos, sin], wants }) => {
    if (wants[1] || wants[2]) throw new GraphError('the tables of a rotary embedding are constants')
    return [rope(dy, cos!, neg(sin!)), null, null]
  },
})
