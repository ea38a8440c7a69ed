/**
 * Products with quantised weights, as ONNX Runtime's own operators compute them. Quantised models are run, not trained
 * (an adapter stands beside its base), so neither product has a gradient.
 */
import { expectType, fixedDim, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'

type NBitsAttrs = { bits: number; block: number }

/**
 * x [n, k] times a weight of `bits` bits [m, k] in blocks along k: data [m, k / block, block * bits / 8], low bits first, and
 * scales [m * k / block]; a weight is (q - 2^(bits-1)) * scale.
 */
export const productNBits = (x: Value, data: Value, scales: Value, bits: number, block: number): Value =>
  x.graph.op('ProductNBits', [x, data, scales], { bits, block })
/**
 * x [n, k] times an int8 weight, stored [k, m], with a scale [m] for each output. x is quantised to 8 bits at run time,
 * with one scale and zero point for all of it.
 */
export const productInt8 = (x: Value, data: Value, scales: Value): Value =>
  x.graph.op('ProductInt8', [x, data, scales], {})

export const ProductNBits = defineOp<NBitsAttrs>({
  infer([x, data, scales], { bits, block }) {
    expectType(x, ['float32'], 'ProductNBits input')
    expectType(data, ['uint8'], 'ProductNBits weight')
    const [n, k] = x!.shape
    const [m, blocks, bytes] = data!.shape
    const fits = typeof k === 'number' && Number(blocks) * block === k && bytes === (block * bits) / 8
    if (x!.shape.length !== 2 || !fits || scales?.shape[0] !== Number(m) * Number(blocks))
      throw new GraphError(`blocks ${formatShape(data!.shape)} do not fit ${formatShape(x!.shape)}`)
    return { dtype: 'float32', shape: [n!, m!] }
  },
  emit(c, { bits, block }) {
    const k = fixedDim(c.inputTypes[0]!.shape[1], 'inputs')
    const m = fixedDim(c.inputTypes[1]!.shape[0], 'outputs')
    const attrs = { K: { i: k }, N: { i: m }, bits: { i: bits }, block_size: { i: block } }
    c.node('MatMulNBits', c.inputs, c.output, attrs, 'com.microsoft')
  },
  vjp: null,
})

export const ProductInt8 = defineOp({
  infer([x, data, scales]) {
    expectType(x, ['float32'], 'ProductInt8 input')
    expectType(data, ['int8'], 'ProductInt8 weight')
    const [n, k] = x!.shape
    const [k2, m] = data!.shape
    if (x!.shape.length !== 2 || k !== k2 || scales?.shape.length !== 1 || scales.shape[0] !== m)
      throw new GraphError(`an int8 weight ${formatShape(data!.shape)} does not fit ${formatShape(x!.shape)}`)
    return { dtype: 'float32', shape: [n!, m!] }
  },
  emit: (c) => c.node('DynamicQuantizeMatMul', c.inputs, c.output, {}, 'com.microsoft'),
  vjp: null,
})
