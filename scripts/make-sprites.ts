/**
 * Draws the sheets of the storybook world: Fluent Emoji Flat icons rasterised to 32 px cells, and six background tiles
 * drawn here. A developer's tool; its output is committed under resources/world and nothing at run time needs it.
 * Run: node scripts/make-sprites.ts
 */
import { readFile, writeFile, mkdir } from 'node:fs/promises'
import sharp from 'sharp'
import { worldSchema, type WorldFile } from '../src/engine/data/world/schema.ts'
import { backgroundTiles } from './make-sprites-backgrounds.ts'
import { extraIcons, worldSprites } from './make-sprites-names.ts'

const CELL = 32
const SPRITE = 28
const COLUMNS = 8
const OUT = new URL('../resources/world/', import.meta.url)
const ICONS = new URL('../node_modules/@iconify-json/fluent-emoji-flat/', import.meta.url)

interface IconSet {
  icons: Record<string, { body: string } | undefined>
}

/** The icon trimmed to its ink, fitted into 28 x 28 and centred in a transparent 32 x 32 cell. */
async function rasterise(set: IconSet, name: string): Promise<Buffer> {
  const body = set.icons[name]?.body
  if (!body) throw new Error(`no icon called ${name}`)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="512" height="512">${body}</svg>`
  const trimmed = await sharp(Buffer.from(svg)).trim({ background: '#00000000', threshold: 1 }).png().toBuffer()
  return sharp(trimmed)
    .resize(SPRITE, SPRITE, { fit: 'contain', background: '#00000000', kernel: 'lanczos3' })
    .extend({ top: 2, bottom: 2, left: 2, right: 2, background: '#00000000' })
    .ensureAlpha()
    .raw()
    .toBuffer()
}

/** Lays cells of `channels` bytes a pixel out row by row, COLUMNS a row. */
async function writeSheet(file: string, cells: readonly Uint8Array[], channels: 3 | 4, columns: number): Promise<void> {
  const width = columns * CELL
  const height = Math.ceil(cells.length / columns) * CELL
  const sheet = new Uint8Array(width * height * channels)
  cells.forEach((cell, i) => {
    const left = (i % columns) * CELL
    const top = Math.floor(i / columns) * CELL
    for (let y = 0; y < CELL; y++) {
      const row = cell.subarray(y * CELL * channels, (y + 1) * CELL * channels)
      sheet.set(row, ((top + y) * width + left) * channels)
    }
  })
  const png = await sharp(sheet, { raw: { width, height, channels } }).png({ compressionLevel: 9 }).toBuffer()
  await writeFile(new URL(file, OUT), png)
}

const set = JSON.parse(await readFile(new URL('icons.json', ICONS), 'utf8')) as IconSet
await mkdir(OUT, { recursive: true })
const tiles = backgroundTiles(CELL)
const license = {
  name: 'MIT',
  file: 'LICENSE-fluent-emoji.txt',
  attribution: 'Sprites: Fluent Emoji Flat, Copyright (c) Microsoft Corporation, MIT. Backgrounds: Tandem Studio, MIT.',
  url: 'https://github.com/microsoft/fluentui-emoji',
}
const shared = {
  format: 'tandem-world',
  version: 1,
  cell: CELL,
  grid: 4,
  backgrounds: tiles.map((t) => t.name),
  license,
} as const

const world: WorldFile = worldSchema.parse({
  ...shared,
  name: 'storybook',
  sheets: {
    sprites: { file: 'sprites.png', columns: COLUMNS },
    backgrounds: { file: 'backgrounds.png', columns: tiles.length },
  },
  categories: [
    { name: 'animal', plural: 'animals', spoken: true },
    { name: 'fruit', plural: 'fruits', spoken: true },
    { name: 'plant', plural: 'plants', spoken: true },
    { name: 'vehicle', plural: 'vehicles', spoken: true },
    { name: 'toy', plural: 'toys', spoken: true },
    { name: 'thing', plural: 'things', spoken: false },
  ],
  sprites: worldSprites,
  roles: { day: 'meadow', night: 'night', snow: 'snow' },
  lifecycles: [
    { from: 'egg', to: 'chick' },
    { from: 'seedling', to: 'tree' },
    { from: 'caterpillar', to: 'butterfly' },
    { from: 'blossom', to: 'apple' },
  ],
  meals: [
    { eater: 'cat', food: 'fish' },
    { eater: 'dog', food: 'bone' },
    { eater: 'monkey', food: 'banana' },
    { eater: 'mouse', food: 'cheese' },
    { eater: 'rabbit', food: 'carrot' },
  ],
  effects: [
    { effect: 'roll', sprite: 'ball' },
    { effect: 'water', sprite: 'seedling' },
    { effect: 'blow', sprite: 'boat' },
    { effect: 'blow', sprite: 'kite' },
    { effect: 'float', sprite: 'balloon' },
    { effect: 'melt', sprite: 'snowman' },
  ],
})

const used = new Set(worldSprites.map((s) => s.source))
const extra: WorldFile = worldSchema.parse({
  ...shared,
  name: 'extra',
  sheets: {
    sprites: { file: 'extra-sprites.png', columns: COLUMNS * 2 },
    backgrounds: { file: 'backgrounds.png', columns: tiles.length },
  },
  categories: [{ name: 'thing', plural: 'things', spoken: false }],
  sprites: extraIcons
    .filter((source) => !used.has(source))
    .map((source) => {
      const name = source.split('-').join('')
      return { name, plural: `${name}s`, category: 'thing', source }
    }),
  lifecycles: [],
  meals: [],
  effects: [],
})

await writeSheet(
  'backgrounds.png',
  tiles.map((t) => t.rgb),
  3,
  tiles.length,
)
for (const [record, file] of [
  [world, 'world.json'],
  [extra, 'extra.json'],
] as const) {
  const cells: Buffer[] = []
  for (const sprite of record.sprites) cells.push(await rasterise(set, sprite.source))
  await writeSheet(record.sheets.sprites.file, cells, 4, record.sheets.sprites.columns)
  await writeFile(new URL(file, OUT), JSON.stringify(record, null, 2) + '\n')
  process.stdout.write(`${file}: ${record.sprites.length} sprites\n`)
}
