/** Errors of the reasoning beside a right picture, and one of both that agree. */
import { cellNames } from '../data/world/cells.ts'
import { sentence } from '../data/world/grammar.ts'
import { resultClaims } from '../data/world/operations/kit.ts'
import {
  absentSprite,
  filledChanging,
  idleCells,
  indexOfClaim,
  otherThan,
  pickOr,
  reasoningWrong,
  text,
  withCell,
  withSlot,
  type PlantedKind,
} from './planted-kit-fixtures.ts'

export const reasoningKinds: readonly PlantedKind[] = [
  {
    name: 'right picture, claim of another cell',
    right: reasoningWrong,
    falls: [['text_alignment'], ['output_alignment']],
    stays: ['text_quality', 'image_consistency', 'image_alignment', 'image_quality'],
    plant(ground) {
      const at = indexOfClaim(ground, 'nowHas')
      const cell = pickOr(ground.random, idleCells(ground))
      return at < 0 || cell === undefined ? null : withSlot(ground, at, 'cell', cellNames[cell]!)
    },
  },
  {
    name: 'right picture, claim of another object',
    right: reasoningWrong,
    falls: [['text_alignment'], ['output_alignment']],
    stays: ['text_quality', 'image_consistency', 'image_alignment', 'image_quality'],
    plant(ground) {
      const at = indexOfClaim(ground, 'nowHas')
      return at < 0 ? null : withSlot(ground, at, 'sprite', absentSprite(ground))
    },
  },
  {
    name: 'right picture, false observation',
    right: reasoningWrong,
    falls: [['text_alignment']],
    stays: ['text_quality', 'output_alignment', 'image_consistency', 'image_alignment', 'image_quality'],
    plant(ground) {
      const at = indexOfClaim(ground, 'at')
      if (at < 0) return null
      const old = ground.thinking[at]!.slots['cell']!
      return withSlot(ground, at, 'cell', otherThan(ground.random, cellNames, old))
    },
  },
  {
    name: 'right picture, observation left out',
    right: reasoningWrong,
    falls: [['text_alignment']],
    stays: ['text_quality', 'output_alignment', 'image_consistency', 'image_alignment', 'image_quality'],
    plant: ({ thinking, claims }) => (thinking.length === 0 ? null : { sentences: [...thinking.slice(1), ...claims] }),
  },
  {
    name: 'right picture, claim left out',
    right: reasoningWrong,
    falls: [['text_alignment'], ['output_alignment']],
    stays: ['text_quality', 'image_consistency', 'image_alignment', 'image_quality'],
    plant: ({ thinking, claims }) => (claims.length < 2 ? null : { sentences: [...thinking, ...claims.slice(1)] }),
  },
  {
    name: 'right picture, claim of a change that is none',
    right: reasoningWrong,
    falls: [['text_alignment'], ['output_alignment']],
    stays: ['text_quality', 'image_consistency', 'image_alignment', 'image_quality'],
    plant(ground) {
      const cell = pickOr(ground.random, idleCells(ground))
      if (cell === undefined) return null
      const lie = sentence('nowHas', { cell: cellNames[cell]!, sprite: absentSprite(ground) })
      return { sentences: [...ground.thinking, ...ground.claims, lie] }
    },
  },
  {
    name: 'sentence said twice',
    right: reasoningWrong,
    falls: [['text_quality']],
    stays: ['text_alignment', 'output_alignment', 'image_consistency', 'image_alignment', 'image_quality'],
    plant({ thinking, claims, random }) {
      const all = [...thinking, ...claims]
      return { sentences: [...all, random.pick(all)] }
    },
  },
  {
    name: 'words in disorder',
    right: reasoningWrong,
    falls: text.map((d) => [d]),
    stays: ['image_consistency', 'image_alignment', 'image_quality'],
    plant: ({ sample }) => ({ reasoning: sample.reasoning.split(' ').reverse().join(' ') }),
  },
  {
    name: 'reasoning cut off',
    right: reasoningWrong,
    falls: text.map((d) => [d]),
    stays: ['image_consistency', 'image_alignment', 'image_quality'],
    plant: ({ sample }) => ({ reasoning: sample.reasoning.split(' ').slice(0, -2).join(' ') }),
  },
  {
    name: 'no reasoning',
    right: reasoningWrong,
    falls: text.map((d) => [d]),
    stays: ['image_consistency', 'image_alignment', 'image_quality'],
    plant: () => ({ reasoning: '' }),
  },
  {
    name: 'picture and reasoning agree on another object',
    right: { image: false, reasoning: false },
    falls: [['image_alignment'], ['text_alignment']],
    stays: ['text_quality', 'output_alignment', 'image_consistency', 'image_quality'],
    plant(ground) {
      const at = pickOr(ground.random, filledChanging(ground))
      if (at === undefined) return null
      const scene = withCell(ground.sample.output, at, absentSprite(ground))
      return { scene, sentences: [...ground.thinking, ...resultClaims(ground.sample.input, scene)] }
    },
  },
]
