/** Ops that move elements without changing them: reshape, transpose, expand, slice, concat, pad rows. */
import { countElements, fixedDim, formatShape, normaliseAxis, together } from '../shapes.ts'
import { defineOp, GraphError, type Dim, type Shape, type Value } from '../types.ts'

export const reshape = (x: Value, shape: Shape): Value => x.graph.op('Reshape', [x], { shape })
/** Output axis i is input axis perm[i]. */
export const transpose = (x: Value, perm: readonly number[]): Value => x.graph.op('Transpose', [x], { perm })
export const expand = (x: Value, shape: Shape): Value => x.graph.op('Expand', [x], { shape })
/** Elements start..end-1 of one axis. */
export const slice = (x: Value, axis: number, start: number, end: number): Value =>
  x.graph.op('Slice', [x], { axis: normaliseAxis(axis, x.shape.length), start, end })
export const concat = (xs: readonly Value[], axis: number): Value => xs[0]!.graph.op('Concat', xs, { axis })
/** Zeros before and after along one axis. */
export const pad = (x: Value, axis: number, before: number, after: number): Value =>
  x.graph.op('Pad', [x], { axis: normaliseAxis(axis, x.shape.length), before, after })

export const Reshape = defineOp<{ shape: Shape }>({
  infer([x], { shape }) {
    const from = countElements(x!.shape)
    const to = countElements(shape)
    if (from.count !== to.count || from.symbols !== to.symbols) {
      throw new GraphError(`cannot reshape ${formatShape(x!.shape)} to ${formatShape(shape)}`)
    }
    return { dtype: x!.dtype, shape }
  },
  emit(c, { shape }) {
    if (shape.filter((dim) => typeof dim === 'string').length > 1) {
      throw new GraphError(`reshape to ${formatShape(shape)} has more than one run-time size`)
    }
    const target = c.ints(shape.map((dim) => (typeof dim === 'number' ? dim : -1)))
    c.node('Reshape', [c.inputs[0]!, target], c.output)
  },
  vjp: ({ dy, inputs: [x] }) => [reshape(dy, x!.shape)],
})

export const Transpose = defineOp<{ perm: readonly number[] }>({
  infer([x], { perm }) {
    const rank = x!.shape.length
    if (perm.length !== rank || new Set(perm).size !== rank || perm.some((p) => p < 0 || p >= rank)) {
      throw new GraphError(`${formatShape(perm)} is not a permutation of rank ${rank}`)
    }
    return { dtype: x!.dtype, shape: perm.map((p) => x!.shape[p]!) }
  },
  emit: (c, { perm }) => c.node('Transpose', c.inputs, c.output, { perm: { ints: perm } }),
  vjp({ dy, attrs: { perm } }) {
    const inverse = new Array<number>(perm.length)
    perm.forEach((p, i) => (inverse[p] = i))
    return [transpose(dy, inverse)]
  },
})

export const Expand = defineOp<{ shape: Shape }>({
  infer([x], { shape }) {
    const offset = shape.length - x!.shape.length
    const fits = offset >= 0 && x!.shape.every((dim, i) => dim === 1 || dim === shape[offset + i])
    if (!fits) throw new GraphError(`cannot expand ${formatShape(x!.shape)} to ${formatShape(shape)}`)
    return { dtype: x!.dtype, shape }
  },
  emit(c, { shape }) {
    c.node('Expand', [c.inputs[0]!, c.ints(shape.map((dim) => fixedDim(dim, 'expand size')))], c.output)
  },
  vjp: ({ dy }) => [dy],
})

export const Slice = defineOp<{ axis: number; start: number; end: number }>({
  infer([x], { axis, start, end }) {
    const size = fixedDim(x!.shape[axis], 'sliced axis')
    if (start < 0 || end > size || start >= end) throw new GraphError(`slice ${start}:${end} of an axis of ${size}`)
    return { dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? end - start : dim)) }
  },
  emit: (c, { axis, start, end }) =>
    c.node('Slice', [c.inputs[0]!, c.ints([start]), c.ints([end]), c.ints([axis])], c.output),
  vjp({ dy, inputs: [x], attrs: { axis, start, end } }) {
    return [pad(dy, axis, start, fixedDim(x!.shape[axis], 'sliced axis') - end)]
  },
})

export const Pad = defineOp<{ axis: number; before: number; after: number }>({
  infer([x], { axis, before, after }) {
    const size = fixedDim(x!.shape[axis], 'padded axis') + before + after
    return { dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? size : dim)) }
  },
  emit(c, { axis, before, after }) {
    const rank = c.inputTypes[0]!.shape.length
    const pads = new Array<number>(rank * 2).fill(0)
    pads[axis] = before
    pads[rank + axis] = after
    c.node('Pad', [c.inputs[0]!, c.ints(pads), c.float(0)], c.output)
  },
  vjp({ dy, inputs: [x], attrs: { axis, before } }) {
    return [slice(dy, axis, before, before + fixedDim(x!.shape[axis], 'padded axis'))]
  },
})

export const Concat = defineOp<{ axis: number }>({
  infer(inputs, { axis }) {
    const first = inputs[0]!
    const at = normaliseAxis(axis, first.shape.length)
    let size: Dim = 0
    for (const input of inputs) {
      const same = input.shape.length === first.shape.length && input.dtype === first.dtype
      if (!same || input.shape.some((dim, i) => i !== at && dim !== first.shape[i])) {
        throw new GraphError(`cannot concatenate ${inputs.map((x) => formatShape(x.shape)).join(' ')} on axis ${axis}`)
      }
      size = size === 0 ? input.shape[at]! : together(size, input.shape[at]!)
    }
    return { dtype: first.dtype, shape: first.shape.map((dim, i) => (i === at ? size : dim)) }
  },
  emit: (c, { axis }) => c.node('Concat', c.inputs, c.output, { axis: { i: axis } }),
  vjp({ dy, inputs, attrs: { axis }, wants }) {
    let start = 0
    return inputs.map((input, i) => {
      const end = start + fixedDim(input.shape[normaliseAxis(axis, input.shape.length)], 'concatenated axis')
      const gradient = wants[i] ? slice(dy, axis, start, end) : null
      start = end
      return gradient
    })
  },
})
