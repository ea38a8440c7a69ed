/**
 * 2-D convolution, NCHW, one group, same stride and padding on both axes. Its input gradient is the transposed
 * convolution; its weight gradient is a convolution of the input with dy, batch and channels exchanged, dilated by the
 * stride.
 */
import { expectType, fixedDim, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'
import { slice, transpose } from './shape.ts'

type ConvAttrs = { stride: number; padding: number; dilation: number }
type ConvTransposeAttrs = { stride: number; padding: number; outputPadding: number }

/** x [B, C, H, W], weight [O, C, k, k] -> [B, O, H', W']. */
export const conv = (x: Value, weight: Value, stride = 1, padding = 0, dilation = 1): Value =>
  x.graph.op('Conv', [x, weight], { stride, padding, dilation })
/** x [B, O, H', W'], weight [O, C, k, k] -> [B, C, H, W]; undoes the shape of `conv`. */
export const convTranspose = (x: Value, weight: Value, stride = 1, padding = 0, outputPadding = 0): Value =>
  x.graph.op('ConvTranspose', [x, weight], { stride, padding, outputPadding })

const EXCHANGE = [1, 0, 2, 3]

export const Conv = defineOp<ConvAttrs>({
  infer([x, w], { stride, padding, dilation }) {
    expectType(x, ['float32'], 'Conv input')
    if (x!.shape.length !== 4 || w?.shape.length !== 4 || x!.shape[1] !== w.shape[1]) {
      throw new GraphError(`cannot convolve ${formatShape(x!.shape)} with ${formatShape(w?.shape ?? [])}`)
    }
    const size = (axis: number): number => {
      const reach = dilation * (fixedDim(w.shape[axis], 'kernel') - 1) + 1
      return Math.floor((fixedDim(x!.shape[axis], 'image size') + 2 * padding - reach) / stride) + 1
    }
    return { dtype: 'float32', shape: [x!.shape[0]!, w.shape[0]!, size(2), size(3)] }
  },
  emit(c, { stride, padding, dilation }) {
    c.node('Conv', c.inputs, c.output, {
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
      dilations: { ints: [dilation, dilation] },
    })
  },
  vjp({ dy, inputs: [x, w], attrs: { stride, padding, dilation }, wants }) {
    if (dilation !== 1) throw new GraphError('the gradient of a dilated convolution is not defined')
    const k = fixedDim(w!.shape[2], 'kernel')
    const height = fixedDim(x!.shape[2], 'image size')
    const reached = (fixedDim(dy.shape[2], 'image size') - 1) * stride - 2 * padding + k
    const dx = (): Value => convTranspose(dy, w!, stride, padding, height - reached)
    const dw = (): Value => {
      const full = conv(transpose(x!, EXCHANGE), transpose(dy, EXCHANGE), 1, padding, stride)
      return transpose(slice(slice(full, 2, 0, k), 3, 0, k), EXCHANGE)
    }
    return [wants[0] ? dx() : null, wants[1] ? dw() : null]
  },
})

export const ConvTranspose = defineOp<ConvTransposeAttrs>({
  infer([x, w], { stride, padding, outputPadding }) {
    if (x!.shape.length !== 4 || w?.shape.length !== 4 || x!.shape[1] !== w.shape[0]) {
      throw new GraphError(`cannot convolve ${formatShape(x!.shape)} with ${formatShape(w?.shape ?? [])} (transposed)`)
    }
    const size = (axis: number): number =>
      (fixedDim(x!.shape[axis], 'image size') - 1) * stride - 2 * padding + fixedDim(w.shape[axis], 'kernel') + outputPadding
    return { dtype: 'float32', shape: [x!.shape[0]!, w.shape[1]!, size(2), size(3)] }
  },
  emit(c, { stride, padding, outputPadding }) {
    c.node('ConvTranspose', c.inputs, c.output, {
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
      output_padding: { ints: [outputPadding, outputPadding] },
    })
  },
  vjp({ dy, inputs: [x, w], attrs: { stride, padding }, wants }) {
    const k = fixedDim(w!.shape[2], 'kernel')
    const dw = (): Value => {
      const full = conv(transpose(dy, EXCHANGE), transpose(x!, EXCHANGE), 1, padding, stride)
      return transpose(slice(slice(full, 2, 0, k), 3, 0, k), EXCHANGE)
    }
    return [wants[0] ? conv(dy, w!, stride, padding) : null, wants[1] ? dw() : null]
  },
})
