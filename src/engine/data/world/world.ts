/**
 * A loaded world: its record, its pixels, and the lookups generator and judge share. Every (background, sprite) cell is
 * composed once on loading, so rendering a scene is sixteen block copies and the judge's templates are the same bytes.
 */
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { z } from 'zod'
import { TandemError } from '../../../shared/errors.ts'
import type { Random } from '../random.ts'
import { CELLS, GRID } from './cells.ts'
import { worldSchema, type Sprite, type WorldFile } from './schema.ts'

/** A picture as symbols: one background, and per cell (row major, a1 first) a sprite's name or nothing. */
export interface Scene {
  background: string
  cells: (string | null)[]
}

export const sceneSchema = z.strictObject({
  background: z.string(),
  cells: z.array(z.string().nullable()).length(CELLS),
})

export interface World {
  readonly file: WorldFile
  /** The record's path, so that a world can be copied with its sheets. */
  readonly path: string
  readonly sprites: readonly Sprite[]
  readonly backgrounds: readonly string[]
  /** Pixels along one side of a cell and of a scene. */
  readonly cell: number
  readonly size: number
  readonly spriteIndex: ReadonlyMap<string, number>
  readonly backgroundIndex: ReadonlyMap<string, number>
  /** RGB cells [background][sprite + 1], 0 = no sprite: see `templateAt`. */
  readonly templates: Uint8Array
}

/** Where the worlds that ship lie: four folders up, from src/ and from dist/ alike. */
export const resourcesUrl = new URL('../../../../resources/world/', import.meta.url)
export const defaultWorldPath = fileURLToPath(new URL('world.json', resourcesUrl))

/** Reads a world from its JSON file, or from the world.json in a folder. */
export async function loadWorld(path: string = defaultWorldPath): Promise<World> {
  const jsonPath = extname(path) === '.json' ? path : join(path, 'world.json')
  const file = parseWorldFile(await readText(jsonPath), jsonPath)
  const folder = dirname(jsonPath)
  const sprites = await readSheet(join(folder, file.sheets.sprites.file), file.sprites.length, file, 'sprites')
  const backgrounds = await readSheet(
    join(folder, file.sheets.backgrounds.file),
    file.backgrounds.length,
    file,
    'backgrounds',
  )
  return {
    file,
    path: jsonPath,
    sprites: file.sprites,
    backgrounds: file.backgrounds,
    cell: file.cell,
    size: file.cell * GRID,
    spriteIndex: new Map(file.sprites.map((s, i) => [s.name, i])),
    backgroundIndex: new Map(file.backgrounds.map((b, i) => [b, i])),
    templates: composeTemplates(file.cell, sprites, backgrounds),
  }
}

/** The sprites alone, RGBA [count, cell, cell, 4], transparent around them. */
export function readSpriteSheet({ file, path }: World): Promise<Uint8Array> {
  return readSheet(join(dirname(path), file.sheets.sprites.file), file.sprites.length, file, 'sprites')
}

/** The RGB bytes [cell, cell, 3] of one background with one sprite (-1 for none) on it. */
export function templateAt(world: World, background: number, sprite: number): Uint8Array {
  const bytes = world.cell * world.cell * 3
  const at = (background * (world.sprites.length + 1) + sprite + 1) * bytes
  return world.templates.subarray(at, at + bytes)
}

/** Paints a scene as RGB [128, 128, 3]. Unknown names throw: a scene is checked where it enters. */
export function renderScene(world: World, scene: Scene): Uint8Array {
  const { cell, size } = world
  const rgb = new Uint8Array(size * size * 3)
  const background = world.backgroundIndex.get(scene.background)
  if (background === undefined) throw new Error(`unknown background ${scene.background}`)
  for (let i = 0; i < CELLS; i++) {
    const name = scene.cells[i] ?? null
    const sprite = name === null ? -1 : world.spriteIndex.get(name)
    if (sprite === undefined) throw new Error(`unknown sprite ${String(name)}`)
    const source = templateAt(world, background, sprite)
    const left = (i % GRID) * cell
    const top = Math.floor(i / GRID) * cell
    for (let y = 0; y < cell; y++) {
      rgb.set(source.subarray(y * cell * 3, (y + 1) * cell * 3), ((top + y) * size + left) * 3)
    }
  }
  return rgb
}

/** A scene with `count` sprites anywhere, copies allowed: food for the image tokenizer, with no task behind it. */
export function randomScene(world: World, random: Random, count: number = 3 + random.int(6)): Scene {
  const cells: (string | null)[] = Array.from({ length: CELLS }, () => null)
  const places = random.shuffle(cells.map((_, i) => i)).slice(0, count)
  for (const place of places) cells[place] = random.pick(world.sprites).name
  return { background: random.pick(world.backgrounds), cells }
}

/** True when both show the same. */
export function scenesEqual(a: Scene, b: Scene): boolean {
  return a.background === b.background && a.cells.every((c, i) => c === b.cells[i])
}

function parseWorldFile(text: string, path: string): WorldFile {
  const remedy = 'Use a world.json written by this version of Tandem, or draw the sheets again.'
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new TandemError(`${path} is not JSON.`, remedy, 'input', { cause: error })
  }
  const parsed = worldSchema.safeParse(raw)
  if (!parsed.success) throw new TandemError(`${path} is not a world: ${z.prettifyError(parsed.error)}`, remedy)
  return parsed.data
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new TandemError(`Cannot read the world at ${path}.`, 'Give a folder that holds a world.json.', 'input', {
      cause: error,
    })
  }
}

/** The sheet's cells as RGBA [count, cell, cell, 4]. */
async function readSheet(
  path: string,
  count: number,
  file: WorldFile,
  sheet: 'sprites' | 'backgrounds',
): Promise<Uint8Array> {
  const { cell } = file
  const { columns } = file.sheets[sheet]
  const remedy = `Put ${basename(path)} beside world.json, as drawn together with it.`
  const { data, info } = await sharp(path)
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new TandemError(`Cannot read the sheet ${path}.`, remedy, 'input', { cause: error })
    })
  if (info.width !== columns * cell || info.height < Math.ceil(count / columns) * cell) {
    throw new TandemError(`${path} is ${info.width} x ${info.height} px, too small for ${count} cells.`, remedy)
  }
  const cells = new Uint8Array(count * cell * cell * 4)
  for (let i = 0; i < count; i++) {
    const left = (i % columns) * cell
    const top = Math.floor(i / columns) * cell
    for (let y = 0; y < cell; y++) {
      const from = ((top + y) * info.width + left) * 4
      cells.set(data.subarray(from, from + cell * 4), (i * cell + y) * cell * 4)
    }
  }
  return cells
}

/** Straight-alpha "over" of every sprite on every background, and each background alone. */
function composeTemplates(cell: number, sprites: Uint8Array, backgrounds: Uint8Array): Uint8Array {
  const pixels = cell * cell
  const spriteCount = sprites.length / (pixels * 4)
  const backgroundCount = backgrounds.length / (pixels * 4)
  const out = new Uint8Array(backgroundCount * (spriteCount + 1) * pixels * 3)
  let at = 0
  for (let b = 0; b < backgroundCount; b++) {
    for (let s = -1; s < spriteCount; s++) {
      for (let p = 0; p < pixels; p++) {
        const under = (b * pixels + p) * 4
        const over = (s * pixels + p) * 4
        const alpha = s < 0 ? 0 : sprites[over + 3]! / 255
        for (let c = 0; c < 3; c++) {
          const top = s < 0 ? 0 : sprites[over + c]!
          out[at++] = Math.round(backgrounds[under + c]! * (1 - alpha) + top * alpha)
        }
      }
    }
  }
  return out
}
