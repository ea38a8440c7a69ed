/**
 * The six background tiles, drawn in code so that they carry no licence but ours. Each is one 32 x 32 tile repeated in
 * every grid cell, so a cell looks the same wherever it stands; motifs wrap around the edges so no seam shows.
 */
import { seededRandom } from '../src/engine/data/random.ts'

type Rgb = readonly [number, number, number]
type Shape = (dx: number, dy: number) => number
interface Tile {
  name: string
  rgb: Uint8Array
}

/** Antialiased coverage of a disc, an ellipse or a line, as a function of the offset from its centre in pixels. */
const disc =
  (r: number, squash = 1): Shape =>
  (dx, dy) =>
    Math.max(0, Math.min(1, r + 0.5 - Math.hypot(dx, dy / squash)))
const blade: Shape = (dx, dy) =>
  dy > 2.5 || dy < -3 ? 0 : Math.max(0, Math.min(1, 1.1 - Math.abs(Math.abs(dx) - (2.5 - dy) * 0.45)))
const spark: Shape = (dx, dy) => {
  const x = Math.abs(dx)
  const y = Math.abs(dy)
  return Math.max(0, Math.min(1, 1.7 - (x + y) * 0.55 - Math.min(x, y) * 1.6))
}

class Painter {
  readonly rgb: Uint8Array
  readonly #size: number

  constructor(size: number, base: (x: number, y: number) => Rgb) {
    this.#size = size
    this.rgb = new Uint8Array(size * size * 3)
    for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) this.rgb.set(base(x, y), (y * size + x) * 3)
  }

  /** Blends a wrapped shape over the tile. */
  stamp(cx: number, cy: number, colour: Rgb, opacity: number, shape: Shape): this {
    const n = this.#size
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) {
        const dx = ((x - cx + n * 1.5) % n) - n / 2
        const dy = ((y - cy + n * 1.5) % n) - n / 2
        const a = shape(dx, dy) * opacity
        if (a <= 0) continue
        const at = (y * n + x) * 3
        for (let c = 0; c < 3; c++) this.rgb[at + c] = Math.round(this.rgb[at + c]! * (1 - a) + colour[c]! * a)
      }
    }
    return this
  }
}

/** A base colour with a soft periodic wave of the given depth. */
const wavy =
  (size: number, colour: Rgb, depth: number, fx: number, fy: number, bend = 0) =>
  (x: number, y: number): Rgb => {
    const turn = (2 * Math.PI) / size
    const wave = Math.sin(turn * (fx * x + fy * y) + bend * Math.sin(turn * x))
    return [colour[0] + depth * wave, colour[1] + depth * wave, colour[2] + depth * wave].map(
      Math.round,
    ) as unknown as Rgb
  }

export function backgroundTiles(size: number): Tile[] {
  const meadow = new Painter(size, wavy(size, [142, 205, 104], 3, 1, 1))
  for (const [x, y] of [
    [5, 8],
    [20, 5],
    [12, 22],
    [27, 18],
    [4, 29],
  ] as const)
    meadow.stamp(x, y, [104, 176, 78], 0.8, blade)
  meadow.stamp(27, 28, [255, 247, 214], 0.95, disc(1.4)).stamp(13, 12, [255, 240, 170], 0.9, disc(1.2))

  const desert = new Painter(size, wavy(size, [241, 203, 128], 8, 0, 2, 1.4))
  for (const [x, y] of [
    [7, 6],
    [24, 12],
    [14, 25],
  ] as const)
    desert.stamp(x, y, [214, 166, 92], 0.7, disc(1.3, 0.7))

  const snow = new Painter(size, wavy(size, [233, 242, 250], 4, 1, -1))
  for (const [x, y] of [
    [6, 7],
    [23, 4],
    [16, 18],
    [28, 24],
    [5, 26],
  ] as const)
    snow.stamp(x, y, [176, 205, 232], 0.85, spark)

  const night = new Painter(size, wavy(size, [43, 50, 98], 4, 1, 1))
  for (const [x, y, r] of [
    [6, 5, 1],
    [25, 9, 0],
    [13, 19, 0],
    [28, 27, 1],
    [4, 28, 0],
    [19, 2, 0],
  ] as const) {
    night.stamp(x, y, [255, 238, 176], 0.9, r ? spark : disc(0.5))
  }

  const sea = new Painter(size, wavy(size, [108, 196, 226], 7, 0, 1))
  const crest =
    (y0: number) =>
    (dx: number, dy: number): number => {
      const along = Math.sin(((dx + y0) * 2 * Math.PI) / (size / 2)) * 1.6
      return Math.max(0, Math.min(1, 1.2 - Math.abs(dy - along)))
    }
  sea.stamp(16, 6, [224, 247, 252], 0.5, crest(0)).stamp(16, 17, [78, 170, 208], 0.5, crest(5))
  sea.stamp(16, 27, [224, 247, 252], 0.4, crest(11))

  const room = new Painter(size, (x, y) => {
    const plank = Math.floor(y / 16)
    const grain = 3 * Math.sin((2 * Math.PI * (x + 3 * Math.sin((2 * Math.PI * y) / 16))) / size + 2 * plank)
    const seam = y % 16 === 15 || (x === (plank ? 23 : 7) && y % 16 < 15)
    const tone = grain + (plank ? 4 : -3) - (seam ? 22 : 0)
    return [Math.round(203 + tone), Math.round(147 + tone), Math.round(116 + tone)]
  })

  const grain = seededRandom('grain')
  const tiles = { meadow, desert, snow, night, sea, room }
  return Object.entries(tiles).map(([name, painter]) => {
    // One grey level of grain keeps flat areas from looking like vector fills.
    const rgb = painter.rgb.map((v) => Math.max(0, Math.min(255, v + grain.int(3) - 1)))
    return { name, rgb }
  })
}
