/** Three scenes of the storybook world with an instruction each: a first edit without having to bring anything. */
import type { Document, DocumentCommand } from '../../shared/document.ts'
import type { PictureRef, Tray } from '../../shared/studio.ts'
import { cellBox } from '../canvas/cells.ts'
import { placeCommand } from '../canvas/sprites.ts'
import { applyCommand } from '../../shared/document.ts'

export interface Sample {
  readonly id: string
  readonly title: string
  readonly instruction: string
  readonly background: string
  /** Sprite by cell, 0 to 15 from the top left. */
  readonly cells: Readonly<Record<number, string>>
}

export const samples: readonly Sample[] = [
  {
    id: 'hungry-cat',
    title: 'Cause and effect',
    instruction: 'the cat is hungry',
    background: 'meadow',
    cells: { 2: 'balloon', 4: 'tree', 9: 'cat', 11: 'fish' },
  },
  {
    id: 'growing',
    title: 'Time passes',
    instruction: 'time passes and the seedling grows',
    background: 'desert',
    cells: { 3: 'kite', 6: 'seedling', 9: 'rabbit', 15: 'cactus' },
  },
  {
    id: 'places',
    title: 'Where things are',
    instruction: 'swap the dog and the rocket',
    background: 'snow',
    cells: { 1: 'rocket', 7: 'tree', 8: 'snowman', 14: 'dog' },
  },
]

export interface SamplePictures {
  readonly background: PictureRef
  readonly sprites: readonly { readonly name: string; readonly cell: number; readonly picture: PictureRef }[]
}

/** The pictures of a sample, or null where this tray lacks one. */
export function picturesOf(sample: Sample, tray: Tray): SamplePictures | null {
  const background = tray.backgrounds.find(({ name }) => name === sample.background)?.picture
  const sprites = Object.entries(sample.cells).map(([cell, name]) => ({
    name,
    cell: Number(cell),
    picture: tray.sprites.find((sprite) => sprite.name === name)?.picture,
  }))
  if (!background || sprites.some(({ picture }) => !picture)) return null
  return { background, sprites: sprites.map((sprite) => ({ ...sprite, picture: sprite.picture! })) }
}

/** The commands that lay a sample out on an empty document of the model's own size and set its instruction. */
export function layOut(
  start: Document,
  sample: Sample,
  { background, sprites }: SamplePictures,
  { cells, size }: { readonly cells: number; readonly size: number },
  newId: () => string,
): DocumentCommand[] {
  const commands: DocumentCommand[] = []
  let document = start
  const add = (command: DocumentCommand): void => {
    commands.push(command)
    document = applyCommand(document, command)
  }
  const box = { x: 0, y: 0, width: size, height: size }
  if (document.width !== size || document.height !== size) add({ type: 'resize', width: size, height: size })
  if (JSON.stringify(document.box) !== JSON.stringify(box)) add({ type: 'setBox', box })
  const scene = { kind: 'background' as const, name: sample.background, picture: background, cells }
  add(placeCommand(document, newId(), scene, box))
  for (const { name, cell, picture } of sprites)
    add(placeCommand(document, newId(), { kind: 'sprite', name, picture, cells }, cellBox(box, cells, cell)))
  add({ type: 'setSettings', settings: { ...document.settings, task: 'edit', instruction: sample.instruction } })
  return commands
}
