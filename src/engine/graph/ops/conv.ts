/**
 * 2-D convolution, NCHW, one group, same stride and padding on both axes. Its input gradient is the transposed
 * convolution; its weight gradient is a convolution of the input with dy, batch and channels exchanged, dilated by the
 * stride.
 */
import { expectType, fixedDim, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type TypeInfo, type Value } from '../types.ts'
import { slice, transpose } from './shape.ts'

type ConvAttrs = { stride: number; padding: number; dilation: number }
type ConvTransposeAttrs = { stride: number; padding: number; outputPadding: readonly number[] }

/** x [B, C, H, W], weight [O, C, kh, kw] -> [B, O, H', W']. */
export const conv = (x: Value, weight: Value, stride = 1, padding = 0, dilation = 1): Value =>
  x.graph.op('Conv', [x, weight], { stride, padding, dilation })
/**
 * x [B, O, H', W'], weight [O, C, kh, kw] -> [B, C, H, W]; undoes the shape of `conv`. `outputPadding` holds the rows and
 * columns that the convolution's stride left over: they differ where height and width do.
 */
export const convTranspose = (
  x: Value,
  weight: Value,
  stride = 1,
  padding = 0,
  outputPadding: readonly [number, number] = [0, 0],
): Value => x.graph.op('ConvTranspose', [x, weight], { stride, padding, outputPadding })

const EXCHANGE = [1, 0, 2, 3]

const sizeAt = (x: TypeInfo, axis: number): number => fixedDim(x.shape[axis], axis < 2 ? 'channels' : 'image size')

/** A weight gradient as convolution makes it, [C, O, >= kh, >= kw] -> shaped like the weight [O, C, kh, kw]. */
const cutKernel = (full: Value, w: Value): Value =>
  transpose(slice(slice(full, 2, 0, sizeAt(w, 2)), 3, 0, sizeAt(w, 3)), EXCHANGE)

export const Conv = defineOp<ConvAttrs>({
  infer([x, w], { stride, padding, dilation }) {
    expectType(x, ['float32'], 'Conv input')
    if (x!.shape.length !== 4 || w?.shape.length !== 4 || x!.shape[1] !== w.shape[1]) {
      throw new GraphError(`cannot convolve ${formatShape(x!.shape)} with ${formatShape(w?.shape ?? [])}`)
    }
    const size = (axis: number): number => {
      const reach = dilation * (sizeAt(w, axis) - 1) + 1
      return Math.floor((sizeAt(x!, axis) + 2 * padding - reach) / stride) + 1
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
    const left = (axis: number): number =>
      sizeAt(x!, axis) - ((sizeAt(dy, axis) - 1) * stride - 2 * padding + sizeAt(w!, axis))
    const dx = (): Value => convTranspose(dy, w!, stride, padding, [left(2), left(3)])
    const dw = (): Value => cutKernel(conv(transpose(x!, EXCHANGE), transpose(dy, EXCHANGE), 1, padding, stride), w!)
    return [wants[0] ? dx() : null, wants[1] ? dw() : null]
  },
})

export const ConvTranspose = defineOp<ConvTransposeAttrs>({
  infer([x, w], { stride, padding, outputPadding }) {
    if (x!.shape.length !== 4 || w?.shape.length !== 4 || x!.shape[1] !== w.shape[0]) {
      throw new GraphError(`cannot convolve ${formatShape(x!.shape)} with ${formatShape(w?.shape ?? [])} (transposed)`)
    }
    const size = (axis: number): number =>
      (sizeAt(x!, axis) - 1) * stride - 2 * padding + sizeAt(w, axis) + (outputPadding[axis - 2] ?? 0)
    return { dtype: 'float32', shape: [x!.shape[0]!, w.shape[1]!, size(2), size(3)] }
  },
  emit(c, { stride, padding, outputPadding }) {
    c.node('ConvTranspose', c.inputs, c.output, {
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
      output_padding: { ints: outputPadding },
    })
  },
  vjp({ dy, inputs: [x, w], attrs: { stride, padding }, wants }) {
    const dw = (): Value => cutKernel(conv(transpose(dy, EXCHANGE), transpose(x!, EXCHANGE), 1, padding, stride), w!)
    return [wants[0] ? conv(dy, w!, stride, padding) : null, wants[1] ? dw() : null]
  },
})
