/** The image tokenizer against a plain multilayer perceptron: codes, pictures, and the gradient of its training graph. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageTokenizerConfigSchema, type ImageTokenizerConfig } from '../../shared/model-config.ts'
import { seededRandom } from '../data/random.ts'
import { createProgram } from '../train/step.ts'
import { codecShapes, createImageCodec, picturePatches, windowOrder, type ImageCodec } from './image-codec.ts'
import { buildTokenizerTrainGraph, patchSize, tokenizerParameters, windowPatches } from './image-tokenizer.ts'
import { layOutParameters, viewOf } from './parameters.ts'
import { inlineWeights, type Weights } from './testing.ts'

const config = imageTokenizerConfigSchema.parse({
  format: 'tandem-image-tokenizer',
  version: 1,
  factor: 2,
  window: 2,
  bits: 4,
  features: 6,
  hidden: 10,
})
const SIZE = 8 // a grid of 4 x 4 codes in 4 windows
const GRID = 4

function randomWeights(seed: number): Weights {
  const random = seededRandom('codec', seed)
  return new Map(
    tokenizerParameters(config).map(({ name, shape }) => [
      name,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.6 * random.normal()),
    ]),
  )
}

/** The network in doubles: one window of patches [n * patch] to channels [n * bits], and back. */
function plainNetwork(
  weights: Weights,
  { factor, window, features }: ImageTokenizerConfig,
): { encode(patches: number[]): number[]; decode(signs: number[]): number[] } {
  const dense = (name: string, x: number[]): number[] => {
    const w = weights.get(`${name}.weight`)!
    return [...weights.get(`${name}.bias`)!].map((b, o) => x.reduce((sum, v, i) => sum + v * w[o * x.length + i]!, b))
  }
  const relu = (x: number[]): number[] => x.map((v) => Math.max(0, v))
  const size = factor * factor * 3
  const each = (x: number[], width: number, f: (part: number[]) => number[]): number[] =>
    Array.from({ length: window * window }, (_, i) => f(x.slice(i * width, (i + 1) * width))).flat()
  return {
    encode: (patches) =>
      dense(
        'encoder.codes',
        relu(
          dense(
            'encoder.window',
            each(patches, size, (p) => relu(dense('encoder.patch', p))),
          ),
        ),
      ).map(Math.tanh),
    decode: (signs) =>
      each(relu(dense('decoder.window', relu(dense('decoder.codes', signs)))), features, (f) =>
        dense('decoder.patch', f),
      ),
  }
}

const randomPicture = (seed: number): Uint8Array => {
  const random = seededRandom('picture', seed)
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.int(256))
}
/** A pixel's channel of the patch of a code. */
const pixelAt = (cell: number, y: number, x: number, channel: number): number =>
  ((Math.floor(cell / GRID) * 2 + y) * SIZE + (cell % GRID) * 2 + x) * 3 + channel

describe('the order of patches', () => {
  test.each([
    [4, 2],
    [8, 2],
    [8, 4],
    [3, 3],
    [4, 1],
  ])('a grid of %i in windows of %i is visited once each, window by window', (grid, window) => {
    const order = windowOrder(grid, window)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: grid * grid }, (_, i) => i))
    for (let at = 0; at < order.length; at += window * window) {
      const part = order.slice(at, at + window * window)
      const rows = new Set(part.map((cell) => Math.floor(cell / grid)))
      const columns = new Set(part.map((cell) => cell % grid))
      expect([rows.size, columns.size]).toEqual([window, window])
      expect(part).toEqual([...part].sort((a, b) => a - b)) // rows of the window in raster order
    }
  })

  test('a patch holds the pixels of its cell, row by row, 0 as -1 and 255 as 1', () => {
    const picture = randomPicture(1)
    picture[0] = 0
    picture[1] = 255
    const order = windowOrder(GRID, 2)
    const patches = picturePatches(picture, SIZE, 2, order)
    expect([patches[0], patches[1]]).toEqual([-1, 1])
    order.forEach((cell, i) => {
      for (let y = 0; y < 2; y++)
        for (let x = 0; x < 2; x++)
          for (let c = 0; c < 3; c++) {
            expect(patches[i * 12 + (y * 2 + x) * 3 + c]).toBeCloseTo(picture[pixelAt(cell, y, x, c)]! / 127.5 - 1, 6)
          }
    })
  })
})

describe('the codec', () => {
  const weights = randomWeights(1)
  const network = plainNetwork(weights, config)
  let codec: ImageCodec
  beforeAll(() => {
    codec = createImageCodec(config, SIZE, inlineWeights(weights))
  })
  afterAll(() => codec.dispose())

  test('encodes to the signs of the channels, the first channel as the most significant bit', async () => {
    const picture = randomPicture(2)
    const codes = await codec.encode(picture)
    const order = windowOrder(GRID, 2)
    const patches = picturePatches(picture, SIZE, 2, order)
    for (let w = 0; w < 4; w++) {
      const channels = network.encode([...patches.slice(w * 48, (w + 1) * 48)])
      for (let i = 0; i < 4; i++) {
        const bits = channels
          .slice(i * 4, i * 4 + 4)
          .map((z) => (z > 0 ? '1' : '0'))
          .join('')
        expect(codes[order[w * 4 + i]!]).toBe(parseInt(bits, 2))
      }
    }
    expect(new Set(codes).size).toBeGreaterThan(4)
  })

  test('decodes codes to the network’s picture, every pixel in its place', async () => {
    const random = seededRandom('codes')
    const codes = Int32Array.from({ length: 16 }, () => random.int(16))
    const picture = await codec.decode(codes)
    expect(picture).toHaveLength(SIZE * SIZE * 3)
    const order = windowOrder(GRID, 2)
    for (let w = 0; w < 4; w++) {
      const cells = order.slice(w * 4, w * 4 + 4)
      const signs = cells.flatMap((cell) =>
        [...codes[cell]!.toString(2).padStart(4, '0')].map((bit) => (bit === '1' ? 1 : -1)),
      )
      const patches = network.decode(signs)
      cells.forEach((cell, i) => {
        for (let j = 0; j < 12; j++) {
          const expected = Math.min(255, Math.max(0, (patches[i * 12 + j]! + 1) * 127.5))
          expect(
            Math.abs(picture[pixelAt(cell, Math.floor(j / 6), Math.floor(j / 3) % 2, j % 3)]! - expected),
          ).toBeLessThan(0.51)
        }
      })
    }
  })

  test('encode(decode(codes)) and decode(encode(picture)) keep their shapes and ranges', async () => {
    const codes = await codec.encode(await codec.decode(new Int32Array(16).fill(15)))
    expect(codes).toHaveLength(16)
    for (const code of codes) expect(code >= 0 && code < 16).toBe(true)
    expect(await codec.decode(await codec.encode(randomPicture(3)))).toHaveLength(192)
  })

  test('a window has the same codes wherever it stands and whatever stands beside it', async () => {
    const picture = randomPicture(4)
    const moved = randomPicture(5)
    for (let y = 0; y < 4; y++)
      for (let j = 0; j < 12; j++) moved[((y + 4) * SIZE + 4) * 3 + j] = picture[y * SIZE * 3 + j]!
    const [a, b] = [await codec.encode(picture), await codec.encode(moved)]
    expect([a[0], a[1], a[4], a[5]]).toEqual([b[10], b[11], b[14], b[15]])
  })

  test('refuses to work once it is closed, and closes twice without harm', async () => {
    const own = createImageCodec(config, SIZE, inlineWeights(weights))
    await own.dispose()
    await own.encode(randomPicture(1))
    await own.dispose()
    await own.dispose()
    await expect(own.encode(randomPicture(1))).rejects.toThrow('closed')
  })
})

test('the shapes a checkpoint must hold are those of the parameters', () => {
  const shapes = codecShapes(config)
  expect(shapes.size).toBe(12)
  expect(shapes.get('encoder.codes.weight')).toEqual([16, 10])
  expect(shapes.get('decoder.patch.bias')).toEqual([12])
})

describe('the training graph', () => {
  const WINDOWS = 3
  const table = layOutParameters(tokenizerParameters(config))
  const weights = randomWeights(2)
  const width = windowPatches(config) * patchSize(config)
  const random = seededRandom('train')
  const target = Float32Array.from({ length: WINDOWS * width }, () => random.next() * 2 - 1)
  const patches = target.map((v) => v + 0.1 * random.normal())

  /** The loss in doubles. Signs and what stopGradient holds stay as they were at `frozen`: the straight-through estimator. */
  function plainLoss(at: Weights, frozen: Weights): { loss: number; reconstruction: number } {
    const [network, still] = [plainNetwork(at, config), plainNetwork(frozen, config)]
    let [error, commitment] = [0, 0]
    const means = new Array<number>(16).fill(0)
    for (let w = 0; w < WINDOWS; w++) {
      const window = [...patches.slice(w * width, (w + 1) * width)]
      const [channels, before] = [network.encode(window), still.encode(window)]
      const drawn = network.decode(channels.map((c, i) => c + Math.sign(before[i]!) - before[i]!))
      drawn.forEach((v, i) => (error += (v - target[w * width + i]!) ** 2 / (WINDOWS * width)))
      channels.forEach((c, i) => {
        commitment += (c - Math.sign(before[i]!)) ** 2 / (WINDOWS * 16)
        means[i] = means[i]! + c / WINDOWS
      })
    }
    const balance = means.reduce((sum, m) => sum + m * m, 0) / 16
    return { loss: error + 0.02 * (commitment + balance), reconstruction: error }
  }

  test('returns the loss, the reconstruction and the straight-through gradient of every parameter', async () => {
    const flat = new Float32Array(table.size)
    for (const span of table.spans) viewOf(flat, span).set(weights.get(span.name)!)
    const gradient = new Float32Array(table.size)
    const program = await createProgram(buildTokenizerTrainGraph(config, WINDOWS), table, 1)
    const dims = [WINDOWS * windowPatches(config), patchSize(config)]
    const results = await program.step(
      { patches: { data: patches, dims }, target: { data: target, dims } },
      flat,
      gradient,
    )
    await program.dispose()
    const expected = plainLoss(weights, weights)
    expect(Number(results['loss']!.data[0])).toBeCloseTo(expected.loss, 5)
    expect(Number(results['reconstruction']!.data[0])).toBeCloseTo(expected.reconstruction, 5)
    for (const span of table.spans) {
      const direction = Float64Array.from({ length: span.size }, () => random.normal())
      const shifted = (by: number): Weights =>
        new Map(
          [...weights].map(([name, w]) => [
            name,
            name === span.name ? Float32Array.from(w, (v, i) => v + by * direction[i]!) : w,
          ]),
        )
      const difference = (plainLoss(shifted(1e-3), weights).loss - plainLoss(shifted(-1e-3), weights).loss) / 2e-3
      const product = viewOf(gradient, span).reduce((sum, g, i) => sum + g * direction[i]!, 0)
      expect(Math.abs(difference - product) / Math.max(0.1, Math.abs(difference)), span.name).toBeLessThan(2e-3)
    }
  })
})
