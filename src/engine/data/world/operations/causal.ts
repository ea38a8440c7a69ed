/** Cause and effect: the instruction names a cause, the picture must show what it does to the one thing it acts on. */
import { directions, relationOf, stepFrom, type Direction } from '../cells.ts'
import { sentence } from '../grammar.ts'
import type { EffectName } from '../schema.ts'
import { edit, inputAround, pickCells, related, seenAt, type Kit, type Operation } from './kit.ts'

/** A sprite of this prefix the effect acts on. */
function affected(kit: Kit, effect: EffectName): string | null {
  const names = kit.world.file.effects.filter((e) => e.effect === effect && kit.sprites.includes(e.sprite))
  return names.length === 0 ? null : kit.random.pick(names).sprite
}

/** The wind and a push move a thing one cell; the bystanders hold nothing else that the same cause would move. */
function push(kit: Kit, effect: 'blow' | 'roll' | 'float', choices: readonly Direction[]) {
  const x = affected(kit, effect)
  if (x === null) return null
  const side = kit.random.pick(choices)
  const [at] = pickCells(kit, 1, (cell) => stepFrom(cell, side) >= 0) as [number]
  const to = stepFrom(at, side)
  const movable = new Set(
    kit.world.file.effects.filter((e) => e.effect !== 'water' && e.effect !== 'melt').map((e) => e.sprite),
  )
  const input = inputAround(kit, { [at]: x }, { empty: [to], without: (name) => movable.has(name) })
  const thinking = [seenAt(x, at), sentence(effect, { sprite: x, side }), related(relationOf[side], at, to)]
  return edit({ slots: { x, side }, input, thinking, change: { cells: { [at]: null, [to]: x } }, focus: [x] })
}

const sides = directions.filter((d) => d === 'left' || d === 'right')

export const causalOperations: readonly Operation[] = [
  {
    name: 'eat',
    family: 'causal',
    holdable: false,
    weight: 2,
    phrasings: ['the {x} is hungry', 'the {x} finds something to eat', 'feed the {x}', 'the {x} eats'],
    make(kit) {
      const meals = kit.world.file.meals.filter((m) => kit.sprites.includes(m.eater) && kit.sprites.includes(m.food))
      if (meals.length === 0) return null
      const { eater, food } = kit.random.pick(meals)
      const [at, plate] = pickCells(kit, 2) as [number, number]
      const input = inputAround(kit, { [at]: eater, [plate]: food })
      const thinking = [sentence('eats', { sprite: eater, other: food }), seenAt(food, plate)]
      return edit({ slots: { x: eater }, input, thinking, change: { cells: { [plate]: null } }, focus: [eater, food] })
    },
  },
  {
    name: 'snow',
    family: 'causal',
    holdable: false,
    weight: 0.7,
    phrasings: ['it starts to snow', 'a snow storm comes', 'let it snow'],
    make(kit) {
      const roles = kit.world.file.roles
      const input = inputAround(kit, {})
      if (!roles || input.background === roles.snow) return null
      const thinking = [sentence('place', { background: input.background }), sentence('snowFalls')]
      return edit({ slots: {}, input, thinking, change: { background: roles.snow } })
    },
  },
  {
    name: 'melt',
    family: 'causal',
    holdable: false,
    weight: 0.7,
    phrasings: ['the sun is very hot', 'it gets too hot for the {x}', 'the hot sun comes out'],
    make(kit) {
      const x = affected(kit, 'melt')
      if (x === null) return null
      const [at] = pickCells(kit, 1) as [number]
      // On snow the snow would melt too, and at night there is no sun.
      const { snow, night } = kit.world.file.roles ?? {}
      const background = kit.random.pick(kit.world.backgrounds.filter((b) => b !== snow && b !== night))
      const input = inputAround(kit, { [at]: x }, { background })
      const thinking = [seenAt(x, at), sentence('melt', { sprite: x })]
      return edit({ slots: { x }, input, thinking, change: { cells: { [at]: null } }, focus: [x] })
    },
  },
  {
    name: 'water',
    family: 'causal',
    holdable: false,
    weight: 0.7,
    phrasings: ['rain waters the {x}', 'it rains on the {x}', 'the {x} gets a lot of rain'],
    make(kit) {
      const x = affected(kit, 'water')
      const next = kit.world.file.lifecycles.find((l) => l.from === x)?.to
      if (x === null || next === undefined || !kit.sprites.includes(next)) return null
      const [at] = pickCells(kit, 1) as [number]
      const input = inputAround(kit, { [at]: x }, { without: (name) => name === next })
      const thinking = [
        seenAt(x, at),
        sentence('water', { sprite: x }),
        sentence('becomes', { sprite: x, other: next }),
      ]
      return edit({ slots: { x }, input, thinking, change: { cells: { [at]: next } }, focus: [x, next] })
    },
  },
  {
    name: 'blow',
    family: 'causal',
    holdable: false,
    weight: 0.7,
    phrasings: ['the wind blows to the {side}', 'a strong wind blows {side}', 'let the wind blow to the {side}'],
    make: (kit) => push(kit, 'blow', sides),
  },
  {
    name: 'roll',
    family: 'causal',
    holdable: false,
    weight: 0.7,
    phrasings: ['kick the {x} to the {side}', 'give the {x} a push to the {side}', 'push the {x} {side}'],
    make: (kit) => push(kit, 'roll', sides),
  },
  {
    name: 'float',
    family: 'causal',
    holdable: false,
    weight: 0.7,
    phrasings: ['let go of the {x}', 'cut the string of the {x}', 'let the {x} fly'],
    make: (kit) => push(kit, 'float', ['up']),
  },
]
