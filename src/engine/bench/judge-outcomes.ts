/**
 * Which pictures are right. Most samples have one right outcome; where several are right, everything the judge measures
 * is measured against the right outcome that is nearest to what was drawn or said, so no one is marked down for a
 * choice the instruction left open.
 */
import { CELLS, neighboursOf } from '../data/world/cells.ts'
import { scenesEqual, type Scene, type World } from '../data/world/world.ts'
import type { Freedom, WorldSample } from '../data/world/types.ts'

/** What stands in each cell of a picture or a description; undefined where nothing can be named. */
export type Contents = readonly (string | null | undefined)[]

/** Whether the scene is a right answer to the sample's instruction. Names unknown to the world are never right. */
export function isValidOutcome(world: World, sample: WorldSample, scene: Scene): boolean {
  if (!world.backgroundIndex.has(scene.background)) return false
  if (scene.cells.some((c) => c !== null && !world.spriteIndex.has(c))) return false
  return scenesEqual(nearestOutcome(sample, scene.cells), scene)
}

/** The right outcome that agrees with `contents` in the most cells; of equals, the one whose cell comes first. */
export function nearestOutcome(sample: WorldSample, contents: Contents): Scene {
  const { freedom, input, output } = sample
  switch (freedom.kind) {
    case 'exact':
      return output
    case 'neighbour':
    case 'anywhere': {
      if (!input) throw new Error(`sample ${sample.id} has no input picture`)
      const open = freedom.kind === 'neighbour' ? neighboursOf(freedom.anchor) : input.cells.map((_, i) => i)
      const cells = input.cells.map((c, i) => (freedom.kind === 'neighbour' && i === freedom.from ? null : c))
      const targets = open.filter((i) => input.cells[i] === null)
      // Outcomes differ in one cell only, so the nearest is the one whose sprite already stands there.
      const best = targets.find((i) => contents[i] === freedom.sprite) ?? farFromEmpty(targets, contents)
      cells[best] = freedom.sprite
      return { background: input.background, cells }
    }
    case 'placed':
      return placedNearest(freedom, contents)
  }
}

/** The first target that would be wrong empty as well, so that naming it costs nothing; else the first. */
function farFromEmpty(targets: readonly number[], contents: Contents): number {
  return targets.find((i) => contents[i] !== null) ?? targets[0]!
}

function placedNearest(freedom: Extract<Freedom, { kind: 'placed' }>, contents: Contents): Scene {
  const cells: (string | null)[] = Array.from({ length: CELLS }, () => null)
  for (const { cell, sprite } of freedom.fixed) cells[cell] = sprite
  const taken = new Set(freedom.fixed.map((f) => f.cell))
  const missing: string[] = []
  const put = (cell: number, sprite: string): void => {
    cells[cell] = sprite
    taken.add(cell)
  }
  for (const sprite of freedom.free) {
    const at = contents.findIndex((c, i) => c === sprite && !taken.has(i))
    if (at >= 0) put(at, sprite)
    else missing.push(sprite)
  }
  for (const sprite of missing) {
    const open = cells.map((_, i) => i).filter((i) => !taken.has(i))
    put(farFromEmpty(open, contents), sprite)
  }
  return { background: freedom.background, cells }
}
