/** Errors of the picture beside a right reasoning. */
import { CELLS } from '../data/world/cells.ts'
import { renderScene } from '../data/world/world.ts'
import {
  absentSprite,
  filledChanging,
  idleCells,
  otherThan,
  patchCell,
  pickOr,
  pictureFalls,
  pictureWrong,
  withCell,
  type PlantedKind,
} from './planted-kit-fixtures.ts'

export const pictureKinds: readonly PlantedKind[] = [
  {
    name: 'object in a wrong cell',
    right: pictureWrong,
    falls: [['image_alignment'], ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_quality'],
    plant(ground) {
      const from = pickOr(ground.random, filledChanging(ground))
      const to = pickOr(ground.random, idleCells(ground))
      if (from === undefined || to === undefined) return null
      const { output } = ground.sample
      return { scene: withCell(withCell(output, from, null), to, output.cells[from]!) }
    },
  },
  {
    name: 'nothing changed',
    right: pictureWrong,
    falls: [['image_alignment'], ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_consistency', 'image_quality'],
    plant: ({ sample }) => (sample.input ? { scene: sample.input } : null),
  },
  {
    name: 'extra object',
    right: pictureWrong,
    falls: [pictureFalls, ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_quality'],
    plant(ground) {
      const at = pickOr(ground.random, idleCells(ground))
      return at === undefined ? null : { scene: withCell(ground.sample.output, at, absentSprite(ground)) }
    },
  },
  {
    name: 'wrong count: one copy too many',
    right: pictureWrong,
    falls: [pictureFalls, ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_quality'],
    plant(ground) {
      const at = pickOr(ground.random, idleCells(ground))
      const twin = pickOr(
        ground.random,
        ground.sample.output.cells.filter((c) => c !== null),
      )
      return at === undefined || twin === undefined ? null : { scene: withCell(ground.sample.output, at, twin) }
    },
  },
  {
    name: 'bystander lost',
    right: pictureWrong,
    falls: [['image_consistency'], ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_alignment', 'image_quality'],
    plant({ sample, random, changing }) {
      if (!sample.input) return null
      const at = pickOr(
        random,
        sample.output.cells.flatMap((c, i) => (c !== null && !changing.includes(i) ? [i] : [])),
      )
      return at === undefined ? null : { scene: withCell(sample.output, at, null) }
    },
  },
  {
    name: 'another object than asked',
    right: pictureWrong,
    falls: [['image_alignment'], ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_consistency', 'image_quality'],
    plant(ground) {
      const at = pickOr(ground.random, filledChanging(ground))
      return at === undefined ? null : { scene: withCell(ground.sample.output, at, absentSprite(ground)) }
    },
  },
  {
    name: 'wrong background',
    right: pictureWrong,
    falls: [['image_alignment'], ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_quality'],
    plant: ({ world, sample, random }) => ({
      scene: { ...sample.output, background: otherThan(random, world.backgrounds, sample.output.background) },
    }),
  },
  {
    name: 'one cell on another background',
    right: pictureWrong,
    falls: [pictureFalls],
    stays: ['text_quality', 'text_alignment', 'output_alignment', 'image_quality'],
    plant({ world, sample, random }) {
      const cell = random.int(CELLS)
      const background = otherThan(random, world.backgrounds, sample.output.background)
      const other = renderScene(world, { ...sample.output, background })
      return { rgb: patchCell(world, renderScene(world, sample.output), cell, (i) => other[i]!) }
    },
  },
  {
    name: 'one cell of noise',
    right: pictureWrong,
    falls: [pictureFalls, ['image_quality'], ['output_alignment']],
    stays: ['text_quality', 'text_alignment'],
    plant: ({ world, sample, random }) => ({
      rgb: patchCell(world, renderScene(world, sample.output), random.int(CELLS), () => random.int(256)),
    }),
  },
  {
    name: 'two objects swapped',
    right: pictureWrong,
    falls: [pictureFalls, ['output_alignment']],
    stays: ['text_quality', 'text_alignment', 'image_quality'],
    plant({ sample, random }) {
      const { cells } = sample.output
      const filled = random.shuffle(cells.flatMap((c, i) => (c === null ? [] : [i])))
      const a = filled[0]
      const b = filled.find((i) => cells[i] !== cells[a!])
      if (a === undefined || b === undefined) return null
      return { scene: withCell(withCell(sample.output, a, cells[b]!), b, cells[a]!) }
    },
  },
  {
    name: 'grain all over a right picture',
    right: { image: true, reasoning: true },
    falls: [['image_quality']],
    stays: ['text_quality', 'text_alignment', 'image_consistency', 'image_alignment', 'output_alignment'],
    plant: ({ world, sample, random }) => ({
      rgb: renderScene(world, sample.output).map((v) =>
        Math.max(0, Math.min(255, Math.round(v + 12 * random.normal()))),
      ),
    }),
  },
]
