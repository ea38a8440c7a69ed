import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { applyCommand, emptyDocument, type Document } from '../../shared/document.ts'
import type { Tray } from '../../shared/studio.ts'
import { layOut, picturesOf, samples } from './samples.ts'

interface WorldFile {
  readonly sprites: readonly { readonly name: string; readonly category: string }[]
  readonly backgrounds: readonly string[]
}
const world = JSON.parse(
  readFileSync(new URL('../../../resources/world/world.json', import.meta.url), 'utf8'),
) as WorldFile
const picture = { blob: 'a'.repeat(64), width: 32, height: 32 }
const tray: Tray = {
  cell: 32,
  cells: 4,
  sprites: world.sprites.map(({ name, category }) => ({ name, category, picture })),
  backgrounds: world.backgrounds.map((name) => ({ name, picture })),
  attribution: '',
}
const settings = {
  task: 'generate',
  instruction: '',
  mode: 'parallel',
  steps: 16,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 0, image: 0 },
  seed: null,
  model: 'storybook',
} as const

describe('a sample scene', () => {
  it.each(samples)('$id is made of what the world has', (sample) => {
    expect(picturesOf(sample, tray)).not.toBeNull()
  })
  it.each(samples)('$id lies on the grid, ready to run', (sample) => {
    const start: Document = emptyDocument(300, settings)
    let id = 0
    const commands = layOut(start, sample, picturesOf(sample, tray)!, { cells: 4, size: 128 }, () => `layer-${id++}`)
    const document = commands.reduce(applyCommand, start)
    expect(document).toMatchObject({ width: 128, height: 128, box: { x: 0, y: 0, width: 128, height: 128 } })
    expect(document.settings).toMatchObject({ task: 'edit', instruction: sample.instruction })
    expect(document.layers[0]!.name).toBe(sample.background)
    expect(document.layers).toHaveLength(1 + Object.keys(sample.cells).length)
    for (const { marks } of document.layers.slice(1)) {
      const mark = marks[0]!
      if (mark.kind !== 'picture') throw new Error('a sprite is a picture')
      expect([mark.x % 32, mark.y % 32, mark.width, mark.height]).toEqual([0, 0, 32, 32])
    }
  })
  it('is not offered where the tray lacks a part of it', () => {
    expect(picturesOf(samples[0]!, { ...tray, sprites: [] })).toBeNull()
  })
})
