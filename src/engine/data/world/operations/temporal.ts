/** What time does: living things grow, or are shown as they were; night falls, morning comes, winter ends. */
import { sentence } from '../grammar.ts'
import { edit, inputAround, pickCells, seenAt, type Operation } from './kit.ts'

export const temporalOperations: readonly Operation[] = [
  {
    name: 'grow',
    family: 'temporal',
    holdable: false,
    weight: 1.5,
    phrasings: ['show what the {x} becomes later', 'let the {x} grow up', 'time passes and the {x} grows'],
    make(kit) {
      const pairs = kit.world.file.lifecycles.filter((l) => kit.sprites.includes(l.from) && kit.sprites.includes(l.to))
      if (pairs.length === 0) return null
      const { from, to } = kit.random.pick(pairs)
      const [at] = pickCells(kit, 1) as [number]
      const input = inputAround(kit, { [at]: from }, { without: (name) => name === to })
      const thinking = [seenAt(from, at), sentence('becomes', { sprite: from, other: to })]
      return edit({ slots: { x: from }, input, thinking, change: { cells: { [at]: to } }, focus: [from, to] })
    },
  },
  {
    name: 'before',
    family: 'temporal',
    holdable: false,
    weight: 1.5,
    phrasings: ['show what the {x} was before', 'go back in time for the {x}', 'make the {x} young again'],
    make(kit) {
      const pairs = kit.world.file.lifecycles.filter((l) => kit.sprites.includes(l.from) && kit.sprites.includes(l.to))
      if (pairs.length === 0) return null
      const { from, to } = kit.random.pick(pairs)
      const [at] = pickCells(kit, 1) as [number]
      const input = inputAround(kit, { [at]: to }, { without: (name) => name === from })
      const thinking = [seenAt(to, at), sentence('was', { sprite: to, other: from })]
      return edit({ slots: { x: to }, input, thinking, change: { cells: { [at]: from } }, focus: [from, to] })
    },
  },
  {
    name: 'night',
    family: 'temporal',
    holdable: false,
    weight: 1,
    phrasings: ['show it at night', 'night falls', 'the day ends'],
    make(kit) {
      const roles = kit.world.file.roles
      const input = inputAround(kit, {})
      if (!roles || input.background === roles.night) return null
      const thinking = [sentence('place', { background: input.background }), sentence('nightFalls')]
      return edit({ slots: {}, input, thinking, change: { background: roles.night } })
    },
  },
  {
    name: 'morning',
    family: 'temporal',
    holdable: false,
    weight: 0.5,
    phrasings: ['show the next morning', 'morning comes', 'the night ends'],
    make(kit) {
      const roles = kit.world.file.roles
      if (!roles) return null
      const input = inputAround(kit, {}, { background: roles.night })
      const thinking = [sentence('place', { background: input.background }), sentence('morningComes')]
      return edit({ slots: {}, input, thinking, change: { background: roles.day } })
    },
  },
  {
    name: 'spring',
    family: 'temporal',
    holdable: false,
    weight: 0.5,
    phrasings: ['the winter ends', 'spring comes', 'show it after the winter'],
    make(kit) {
      const roles = kit.world.file.roles
      if (!roles) return null
      const input = inputAround(kit, {}, { background: roles.snow, without: (name) => isMelting(kit.world, name) })
      const thinking = [sentence('place', { background: input.background }), sentence('snowMelts')]
      return edit({ slots: {}, input, thinking, change: { background: roles.day } })
    },
  },
]

/** A thing that would melt with the snow must not stand by: the answer would be in doubt. */
function isMelting(world: { file: { effects: readonly { effect: string; sprite: string }[] } }, name: string): boolean {
  return world.file.effects.some((e) => e.effect === 'melt' && e.sprite === name)
}
