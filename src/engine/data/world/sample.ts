/**
 * The sample generator: (split, seed, index) in, one quadruplet with its ground truth out; pure, so a data set is a
 * seed and a count. Drafts that belong to another split by their meaning are drawn again.
 */
import { TandemError } from '../../../shared/errors.ts'
import { seededRandom } from '../random.ts'
import { fillPattern } from './grammar.ts'
import { findOperations } from './extra-operations/index.ts'
import { operationsByFamily } from './operations/index.ts'
import { resultClaims, type Kit, type Operation } from './operations/kit.ts'
import { isHeldOut, splitOf } from './splits.ts'
import { familyNames, type Family, type Split, type WorldSample } from './types.ts'
import type { World } from './world.ts'

export interface SampleOptions {
  split: Split
  seed: number
  index: number
  /** Only these families. */
  families?: readonly Family[]
  /** Only these operations, of the world or extra ones, which are drawn in no other way. */
  operations?: readonly string[]
  /** Relative shares of the families; 1 each when absent. */
  weights?: Partial<Record<Family, number>>
  /** Only the first N sprites of the world (the curriculum); at least 8. */
  spriteLimit?: number
  /** Only held-out combinations; in the test split only. */
  heldOutOnly?: boolean
}

const MAX_DRAFTS = 5000

/** The sample at this place of this split's stream. Throws where the options leave nothing to draw. */
export function makeSample(world: World, options: SampleOptions): WorldSample {
  const { split, seed, index } = options
  if (options.heldOutOnly && split !== 'test') {
    throw new TandemError('Held-out combinations exist in the test split only.', 'Ask for split "test".')
  }
  const random = seededRandom('storybook', split, seed, index)
  const pool = options.operations ? findOperations(options.operations) : operationsByFamily
  const family = chooseFamily(options, pool, random.next())
  const operations = pool[family].filter((o) => !options.heldOutOnly || o.holdable)
  const total = operations.reduce((sum, o) => sum + o.weight, 0)
  for (let attempt = 0; attempt < MAX_DRAFTS; attempt++) {
    const operation = chooseWeighted(operations, total, random.next())
    const kit: Kit = { world, random, ...spritesFor(world, operation, split, options.spriteLimit) }
    const draft = operation.make(kit)
    if (!draft) continue
    const heldOut = operation.holdable && draft.focus.some((s) => isHeldOut(s, operation.name))
    if (options.heldOutOnly && !heldOut) continue
    const meaning = { operation: operation.name, input: draft.input, output: draft.output, freedom: draft.freedom }
    if (!options.heldOutOnly && splitOf(meaning) !== split) continue
    const claims = resultClaims(draft.input, draft.output)
    return {
      id: `${split}-${seed}-${index}${options.heldOutOnly ? '-held-out' : ''}`,
      split,
      family,
      operation: operation.name,
      heldOut,
      instruction: fillPattern(random.pick(operation.phrasings), draft.slots),
      reasoning: [...draft.thinking, ...claims].map((s) => s.text).join(' '),
      input: draft.input,
      output: draft.output,
      freedom: draft.freedom,
    }
  }
  throw new TandemError(`This world has no ${family} sample for these options.`, 'Allow more sprites or families.')
}

function chooseFamily(options: SampleOptions, pool: Record<Family, readonly Operation[]>, at: number): Family {
  const allowed = familyNames
    .filter((f) => !options.families || options.families.includes(f))
    .filter((f) => pool[f].some((o) => !options.heldOutOnly || o.holdable))
    .map((family) => ({ family, weight: options.weights?.[family] ?? 1 }))
  const total = allowed.reduce((sum, f) => sum + f.weight, 0)
  if (!(total > 0))
    throw new TandemError('No family of samples is left to draw from.', 'Give at least one a share above 0.')
  return chooseWeighted(allowed, total, at).family
}

function chooseWeighted<T extends { weight: number }>(items: readonly T[], total: number, at: number): T {
  let rest = at * total
  for (const item of items) {
    rest -= item.weight
    if (rest < 0) return item
  }
  return items.at(-1)!
}

type Pools = Pick<Kit, 'sprites' | 'allowed'>
const poolCache = new WeakMap<World, Map<string, Pools>>()

/** The prefix in use, and which of it this operation may focus on in this split. */
function spritesFor(world: World, operation: Operation, split: Split, limit?: number): Pools {
  const n = Math.min(limit ?? world.sprites.length, world.sprites.length)
  if (n < 8) throw new TandemError(`A sprite limit of ${n} is too small.`, 'Use 8 or more.')
  const pools = poolCache.get(world) ?? new Map<string, Pools>()
  poolCache.set(world, pools)
  const key = `${operation.name}/${split === 'test'}/${n}`
  let found = pools.get(key)
  if (!found) {
    const sprites = world.sprites.slice(0, n).map((s) => s.name)
    const open = split === 'test' || !operation.holdable
    found = { sprites, allowed: open ? sprites : sprites.filter((s) => !isHeldOut(s, operation.name)) }
    pools.set(key, found)
  }
  return found
}
