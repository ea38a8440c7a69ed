/** Rounding to few levels: what is kept of any matrix, read back by the layout the operators document; and what it takes. */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantise, quantisingMemory, toInt4, toInt8, type QuantiseOptions } from './quantise.ts'

const matrix = (inputs: number): fc.Arbitrary<Float32Array> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((outputs) =>
      fc.float32Array({ minLength: outputs * inputs, maxLength: outputs * inputs, noNaN: true, min: -8, max: 8 }),
    )

test('four bits: no number is further off than half a level, and the largest of a block is exact', () => {
  const [inputs, block] = [32, 16]
  fc.assert(
    fc.property(matrix(inputs), (w) => {
      const { data, scales } = toInt4(w, inputs, block)
      for (let b = 0; b < scales.length; b++) {
        const scale = scales[b]!
        const span = w.subarray(b * block, (b + 1) * block)
        const extreme = span.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0)
        span.forEach((x, i) => {
          const at = b * block + i
          const level = (data[at >> 1]! >> (4 * (at & 1))) & 15
          const back = (level - 8) * scale
          // Sixteen levels reach from -8 to 7: the far end of the other sign is cut by up to one level.
          const cut = Math.sign(x) !== Math.sign(extreme) && Math.abs(x) > 7 * Math.abs(scale)
          expect(Math.abs(back - x)).toBeLessThanOrEqual(Math.abs(scale) * (cut ? 1 : 0.5) + 1e-6)
          if (x === extreme) expect(back).toBeCloseTo(x, 5)
        })
      }
    }),
  )
})

test('eight bits: no number is further off than half a level of its output, stored input by input', () => {
  const inputs = 8
  fc.assert(
    fc.property(matrix(inputs), (w) => {
      const outputs = w.length / inputs
      const { data, scales } = toInt8(w, inputs, 0, outputs)
      for (let o = 0; o < outputs; o++)
        for (let k = 0; k < inputs; k++) {
          const back = data[k * outputs + o]! * scales[o]!
          expect(Math.abs(back - w[o * inputs + k]!)).toBeLessThanOrEqual(scales[o]! / 2 + 1e-6)
        }
    }),
  )
})

const options = { gridEmbeddings: false, segmentEmbeddings: false, fuse: false, tiedHead: false }
const eight = {
  vocabSize: 134_656,
  dModel: 4096,
  layers: 32,
  heads: 32,
  mlpHidden: 12_288,
  ropeTheta: 1e4,
  normEps: 1e-5,
  options,
}

test('an 8B model takes its head at once, not its blocks together, and is refused where that does not fit', async () => {
  const head = eight.vocabSize * eight.dModel
  expect(quantisingMemory(eight, 'int8') / head).toBeCloseTo(7.01, 2)
  const out = join(tmpdir(), 'tandem-never-made')
  const steps = quantise({
    form: 'int8',
    config: { ...eight, image: {} as QuantiseOptions['config']['image'] },
    source: [],
    floats: () => Promise.reject(new Error('not asked for')),
    out,
    signal: new AbortController().signal,
    memory: 2e9,
  })
  await expect(steps.next()).rejects.toMatchObject({
    message: 'Quantising takes up to 3.9 GB of memory, and 2.0 GB are free.',
    kind: 'environment',
  })
  expect(existsSync(out)).toBe(false)
})
