/** The storybook world's sprites and empty scenes as PNG files, for composing scenes by hand. */
import { join } from 'node:path'
import sharp from 'sharp'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { CELLS, GRID } from '../data/world/cells.ts'
import { loadWorld, readSpriteSheet, renderScene } from '../data/world/world.ts'
import { makeFolder, writeFileAtomic } from '../files.ts'
import { encodePng } from '../images.ts'

export async function* trayJob(spec: SpecOf<'tray'>): AsyncGenerator<JobUpdate> {
  const world = await loadWorld()
  await makeFolder(spec.out)
  const { cell, size } = world
  const sheet = await readSpriteSheet(world)
  const sprites = []
  for (const [i, { name, category }] of world.sprites.entries()) {
    const pixels = sheet.subarray(i * cell * cell * 4, (i + 1) * cell * cell * 4)
    const png = await sharp(pixels, { raw: { width: cell, height: cell, channels: 4 } })
      .png()
      .toBuffer()
    sprites.push({ name, category, file: `sprite-${name}.png` })
    await writeFileAtomic(join(spec.out, `sprite-${name}.png`), png)
  }
  const backgrounds = []
  for (const name of world.backgrounds) {
    const rgb = renderScene(world, { background: name, cells: Array.from({ length: CELLS }, () => null) })
    backgrounds.push({ name, file: `background-${name}.png` })
    await writeFileAtomic(join(spec.out, `background-${name}.png`), await encodePng(rgb, size, size))
  }
  const { attribution, license } = { attribution: world.file.license.attribution, license: world.file.license.name }
  yield {
    type: 'result',
    result: { cell, cells: GRID, sprites, backgrounds, attribution: `${attribution} (${license})` },
  }
}
