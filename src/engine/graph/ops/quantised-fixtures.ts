/** Cases of the products with quantised weights: the operators' arithmetic, spelt out. */
import { get, make, type Plain } from '../testing.ts'
import { sum, whole, type OpCase } from './case-fixtures.ts'
import { cast } from './logic.ts'
import { productInt8, productNBits } from './quantised.ts'

/** Repeatable integers in 0 .. limit-1. */
const numbers = (shape: number[], limit: number, step: number): Plain =>
  whole(shape, ...Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => (i * step + 3) % limit))

export function nBitsCase(bits: number, block: number, blocks: number, outputs: number): OpCase {
  const bytes = (block * bits) / 8
  const per = 8 / bits
  return {
    what: `${bits} bits, ${blocks} blocks of ${block}`,
    floats: [[3, blocks * block], [outputs * blocks]],
    integers: [numbers([outputs, blocks, bytes], 256, 37)],
    build: (x, scales, data) => productNBits(x, cast(data, 'uint8'), scales, bits, block),
    reference: (x, scales, data) =>
      make([3, outputs], ([row, o]) =>
        sum(blocks * block, (k) => {
          const b = Math.floor(k / block)
          const byte = get(data, [o!, b, Math.floor((k % block) / per)])
          const q = Math.floor(byte / 2 ** ((k % per) * bits)) % 2 ** bits
          return get(x, [row!, k]) * (q - 2 ** (bits - 1)) * get(scales, [o! * blocks + b])
        }),
      ),
    stops: true,
  }
}

/** ONNX DynamicQuantizeLinear: 8 bits over the range with zero in it. */
function quantised(x: Plain): { scale: number; zero: number; at: (index: number[]) => number } {
  const high = Math.max(0, ...x.data)
  const low = Math.min(0, ...x.data)
  const scale = (high - low) / 255
  const even = (v: number): number => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v))
  const zero = even(Math.min(255, Math.max(0, -low / scale)))
  return { scale, zero, at: (index) => Math.min(255, Math.max(0, even(get(x, index) / scale) + zero)) }
}

export function int8Case(rows: number, inputs: number, outputs: number): OpCase {
  const levels = Array.from({ length: inputs * outputs }, (_, i) => ((i * 29) % 255) - 127)
  return {
    what: `a scale for each of ${outputs} outputs`,
    floats: [[rows, inputs], [outputs]],
    integers: [{ shape: [inputs, outputs], data: Float64Array.from(levels) }],
    build: (x, scales, data) => productInt8(x, cast(data, 'int8'), scales),
    reference: (x, scales, data) => {
      const q = quantised(x)
      return make([rows, outputs], ([row, o]) => {
        const total = sum(inputs, (k) => (q.at([row!, k]) - q.zero) * get(data, [k, o!]))
        return total * q.scale * get(scales, [o!])
      })
    },
    stops: true,
  }
}

export const quantisedCases = {
  ProductNBits: [nBitsCase(4, 16, 2, 3), nBitsCase(4, 32, 1, 5), nBitsCase(8, 16, 2, 4)],
  ProductInt8: [int8Case(4, 8, 5)],
} satisfies Record<string, readonly OpCase[]>
