/**
 * Reads a drawn picture back into symbols: which sprite on which background each cell shows, and how far its pixels are
 * from that template. Exact nearest-template search made fast by a lower bound: the distance of 4 x 4 block means never
 * exceeds the distance of the pixels, so most templates are refused without looking at them.
 */
import { CELLS, GRID } from '../data/world/cells.ts'
import { templateAt, type Scene, type World } from '../data/world/world.ts'

/**
 * Root mean square over a cell's colour values (0..255) above which a cell shows nothing that can be named. A plain
 * grey picture lies at 45 from the nearest template of the world that ships; two templates at about 75 from each other.
 */
export const ILLEGIBLE_DISTANCE = 44
/** A cell belongs to another background than the picture's only when it fits that one better by this much. */
const BACKGROUND_MARGIN = 6

export interface SceneReading {
  scene: Scene
  /** Per cell: the background it shows; equals scene.background in a coherent picture. */
  cellBackgrounds: string[]
  /** Per cell: RMS colour distance to the nearest template, 0..255. */
  cellDistance: number[]
  /** Per cell: near enough to its template to count as showing it. */
  legible: boolean[]
}

const BLOCK = 4

interface Index {
  blocks: number
  /** Block means of every template [backgrounds, sprites + 1, blocks * blocks * 3]. */
  means: Float32Array
}
const indexCache = new WeakMap<World, Index>()

/** Means of BLOCK x BLOCK pixels of a cell [blocks, blocks, 3]. */
function blockMeans(pixels: Uint8Array, cell: number, out: Float32Array, at: number): void {
  const blocks = cell / BLOCK
  out.fill(0, at, at + blocks * blocks * 3)
  for (let y = 0; y < cell; y++) {
    const row = at + Math.floor(y / BLOCK) * blocks * 3
    for (let x = 0; x < cell; x++) {
      const to = row + Math.floor(x / BLOCK) * 3
      const from = (y * cell + x) * 3
      for (let c = 0; c < 3; c++) out[to + c] = out[to + c]! + pixels[from + c]! / (BLOCK * BLOCK)
    }
  }
}

function indexOf(world: World): Index {
  const cached = indexCache.get(world)
  if (cached) return cached
  const blocks = world.cell / BLOCK
  const width = blocks * blocks * 3
  const perBackground = world.sprites.length + 1
  const means = new Float32Array(world.backgrounds.length * perBackground * width)
  for (let t = 0; t < world.backgrounds.length * perBackground; t++) {
    const template = templateAt(world, Math.floor(t / perBackground), (t % perBackground) - 1)
    blockMeans(template, world.cell, means, t * width)
  }
  const index = { blocks, means }
  indexCache.set(world, index)
  return index
}

/** Sum of squared differences, given up once it passes `limit`. */
function squaredDistance(a: Uint8Array, b: Uint8Array, limit: number): number {
  let sum = 0
  for (let i = 0; i < a.length;) {
    for (const end = i + 384; i < end; i++) {
      const d = a[i]! - b[i]!
      sum += d * d
    }
    if (sum > limit) return Infinity
  }
  return sum
}

interface Match {
  sprite: number
  squared: number
}

/** The nearest sprite (-1: none) on one background. */
function nearestOn(world: World, index: Index, background: number, pixels: Uint8Array, means: Float32Array): Match {
  const count = world.sprites.length + 1
  const width = index.blocks * index.blocks * 3
  const bounds = new Float64Array(count)
  for (let s = 0; s < count; s++) {
    const at = (background * count + s) * width
    let sum = 0
    for (let i = 0; i < width; i++) {
      const d = means[i]! - index.means[at + i]!
      sum += d * d
    }
    // The means are 32-bit floats; the small slack keeps the bound below the true distance.
    bounds[s] = sum * BLOCK * BLOCK * 0.9999 - 1
  }
  let best: Match = { sprite: -1, squared: Infinity }
  for (;;) {
    let next = -1
    for (let s = 0; s < count; s++) if (bounds[s]! < best.squared && (next < 0 || bounds[s]! < bounds[next]!)) next = s
    if (next < 0) return best
    bounds[next] = Infinity
    const squared = squaredDistance(pixels, templateAt(world, background, next - 1), best.squared)
    if (squared < best.squared) best = { sprite: next - 1, squared }
  }
}

/** Reads RGB [128, 128, 3]. The background is decided over the whole picture, then doubted cell by cell. */
export function readScene(world: World, rgb: Uint8Array): SceneReading {
  const { cell, size } = world
  if (rgb.length !== size * size * 3) throw new Error(`expected ${size} x ${size} RGB, got ${rgb.length} bytes`)
  const index = indexOf(world)
  const pixels = new Uint8Array(cell * cell * 3)
  const means = new Float32Array(index.blocks * index.blocks * 3)
  /** [cell][background] */
  const matches: Match[][] = []
  for (let i = 0; i < CELLS; i++) {
    const left = (i % GRID) * cell
    const top = Math.floor(i / GRID) * cell
    for (let y = 0; y < cell; y++) {
      const from = ((top + y) * size + left) * 3
      pixels.set(rgb.subarray(from, from + cell * 3), y * cell * 3)
    }
    blockMeans(pixels, cell, means, 0)
    matches.push(world.backgrounds.map((_, b) => nearestOn(world, index, b, pixels, means)))
  }
  const totals = world.backgrounds.map((_, b) => matches.reduce((sum, row) => sum + row[b]!.squared, 0))
  const joint = totals.indexOf(Math.min(...totals))

  const reading: SceneReading = {
    scene: { background: world.backgrounds[joint]!, cells: [] },
    cellBackgrounds: [],
    cellDistance: [],
    legible: [],
  }
  const rms = (m: Match): number => Math.sqrt(m.squared / pixels.length)
  for (const row of matches) {
    let chosen = joint
    row.forEach((m, b) => {
      if (rms(m) < rms(row[chosen]!) - (chosen === joint ? BACKGROUND_MARGIN : 0)) chosen = b
    })
    const match = row[chosen]!
    const distance = Math.min(...row.map(rms))
    reading.scene.cells.push(match.sprite < 0 ? null : world.sprites[match.sprite]!.name)
    reading.cellBackgrounds.push(world.backgrounds[chosen]!)
    reading.cellDistance.push(distance)
    reading.legible.push(distance <= ILLEGIBLE_DISTANCE)
  }
  return reading
}
