/** The image tokenizer ready to use: RGB pictures to codes in raster order and back, sessions made on first need. */
import type { ImageTokenizerConfig } from '../../shared/model-config.ts'
import { createSession, type Session } from '../runtime/session.ts'
import { buildTokenizerGraphs, patchSize, tokenizerParameters, windowPatches } from './image-tokenizer.ts'
import type { InitializerData } from '../graph/graph.ts'

export interface ImageCodec {
  readonly config: ImageTokenizerConfig
  /** RGB [size, size, 3] -> codes [grid * grid], row by row. */
  encode(rgb: Uint8Array): Promise<Int32Array>
  /** Codes [grid * grid] -> RGB [size, size, 3]. */
  decode(codes: Int32Array): Promise<Uint8Array>
  dispose(): Promise<void>
}

export function createImageCodec(
  config: ImageTokenizerConfig,
  size: number,
  weight: (name: string, shape: readonly number[]) => InitializerData,
): ImageCodec {
  const grid = size / config.factor
  const windows = (grid / config.window) ** 2
  const order = windowOrder(grid, config.window)
  const dims = [windows * windowPatches(config), patchSize(config)]
  let sessions: Promise<{ encoder: Session; decoder: Session }> | null = null
  const open = (): Promise<{ encoder: Session; decoder: Session }> => {
    sessions ??= (async () => {
      const { encoder, decoder } = buildTokenizerGraphs(config, windows, weight)
      return { encoder: await createSession(encoder), decoder: await createSession(decoder) }
    })()
    return sessions
  }
  return {
    config,
    async encode(rgb) {
      const { encoder } = await open()
      const data = picturePatches(rgb, size, config.factor, order)
      const { codes } = await encoder.run({ patches: { data, dims } })
      const out = new Int32Array(order.length)
      order.forEach((cell, i) => (out[cell] = Number(codes!.data[i])))
      return out
    },
    async decode(codes) {
      const { decoder } = await open()
      const data = BigInt64Array.from(order, (cell) => BigInt(codes[cell]!))
      const { patches } = await decoder.run({ codes: { data, dims: [order.length] } })
      return patchesPicture(patches!.data as Float32Array, size, config.factor, order)
    },
    async dispose() {
      if (!sessions) return
      const { encoder, decoder } = await sessions
      await encoder.dispose()
      await decoder.dispose()
    },
  }
}

/** Raster index of each patch, window by window. */
export function windowOrder(grid: number, window: number): number[] {
  const order: number[] = []
  for (let wy = 0; wy < grid; wy += window) {
    for (let wx = 0; wx < grid; wx += window) {
      for (let y = 0; y < window; y++) for (let x = 0; x < window; x++) order.push((wy + y) * grid + wx + x)
    }
  }
  return order
}

/** RGB bytes [size, size, 3] -> patches in [-1, 1], in the order given: [n * factor * factor * 3]. */
export function picturePatches(rgb: Uint8Array, size: number, factor: number, order: readonly number[]): Float32Array {
  const grid = size / factor
  const row = factor * 3
  const out = new Float32Array(order.length * factor * row)
  order.forEach((cell, i) => {
    const top = Math.floor(cell / grid) * factor
    const left = (cell % grid) * factor
    for (let y = 0; y < factor; y++) {
      const from = ((top + y) * size + left) * 3
      const to = (i * factor + y) * row
      for (let j = 0; j < row; j++) out[to + j] = rgb[from + j]! / 127.5 - 1
    }
  })
  return out
}

function patchesPicture(patches: Float32Array, size: number, factor: number, order: readonly number[]): Uint8Array {
  const grid = size / factor
  const row = factor * 3
  const out = new Uint8ClampedArray(size * size * 3)
  order.forEach((cell, i) => {
    const top = Math.floor(cell / grid) * factor
    const left = (cell % grid) * factor
    for (let y = 0; y < factor; y++) {
      const to = ((top + y) * size + left) * 3
      const from = (i * factor + y) * row
      for (let j = 0; j < row; j++) out[to + j] = (patches[from + j]! + 1) * 127.5
    }
  })
  return new Uint8Array(out.buffer)
}

/** Parameter shapes by name: what a checkpoint of this tokenizer must hold. */
export const codecShapes = (config: ImageTokenizerConfig): Map<string, readonly number[]> =>
  new Map(tokenizerParameters(config).map((spec) => [spec.name, spec.shape]))
