/**
 * Ops of convolutional image tokenizers: normalisation over groups of channels, enlargement by repetition. Such networks
 * are imported ready-made and only run here, so neither has a gradient.
 */
import { expectType, fixedDim, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'

type GroupNormAttrs = { groups: number; eps: number }

/**
 * x [B, C, H, W]: mean 0 and variance 1 over each group of C / groups neighbouring channels, then weight and bias [C] by
 * channel (Wu and He 2018).
 */
export const groupNorm = (x: Value, weight: Value, bias: Value, groups: number, eps: number): Value =>
  x.graph.op('GroupNorm', [x, weight, bias], { groups, eps })
/** x [B, C, H, W] -> [B, C, H * factor, W * factor]: every pixel becomes a square of itself. */
export const enlarge = (x: Value, factor: number): Value => x.graph.op('Enlarge', [x], { factor })

export const GroupNorm = defineOp<GroupNormAttrs>({
  infer([x, weight, bias], { groups }) {
    const { shape } = expectType(x, ['float32'], 'GroupNorm input')
    const channels = fixedDim(shape[1], 'channels')
    const fits = [weight, bias].every((v) => v?.shape.length === 1 && v.shape[0] === channels)
    if (shape.length !== 4 || !fits || channels % groups !== 0)
      throw new GraphError(`${formatShape(shape)} does not fall into ${groups} groups of weighted channels`)
    return { dtype: 'float32', shape }
  },
  emit(c, { groups, eps }) {
    const [x, weight, bias] = c.inputs as [string, string, string]
    const shape = c.inputTypes[0]!.shape
    const channels = Number(shape[1])
    // InstanceNormalization is the kernel every provider has; a group is one of its instances.
    const ones = c.floats(new Array<number>(groups).fill(1))
    const zeros = c.floats(new Array<number>(groups).fill(0))
    const [grouped, normed, back, scale, shift, scaled] = [0, 1, 2, 3, 4, 5].map(() => c.temp()) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    c.node('Reshape', [x, c.ints([0, groups, -1])], grouped)
    c.node('InstanceNormalization', [grouped, ones, zeros], normed, { epsilon: { f: eps } })
    c.node('Reshape', [normed, c.ints(shape.map(Number))], back)
    c.node('Reshape', [weight, c.ints([1, channels, 1, 1])], scale)
    c.node('Reshape', [bias, c.ints([1, channels, 1, 1])], shift)
    c.node('Mul', [back, scale], scaled)
    c.node('Add', [scaled, shift], c.output)
  },
  vjp: null,
})

export const Enlarge = defineOp<{ factor: number }>({
  infer([x], { factor }) {
    const { shape } = expectType(x, ['float32'], 'Enlarge input')
    if (shape.length !== 4) throw new GraphError(`${formatShape(shape)} is not a batch of pictures`)
    const larger = (axis: number): number => fixedDim(shape[axis], 'image size') * factor
    return { dtype: 'float32', shape: [shape[0]!, shape[1]!, larger(2), larger(3)] }
  },
  emit(c, { factor }) {
    c.node('Resize', [c.inputs[0]!, '', c.floats([1, 1, factor, factor])], c.output, {
      mode: { s: 'nearest' },
      coordinate_transformation_mode: { s: 'asymmetric' },
      nearest_mode: { s: 'floor' },
    })
  },
  vjp: null,
})
