/**
 * Answers with one planted error each, to prove the exact judge: what the error is, what the verdicts must be, which
 * scores must fall and which must not. The expectation follows from the way the error was made, not from the judge.
 * Planted in samples with one right outcome alone, so that nothing planted is right by another reading.
 */
import type { Random } from '../data/random.ts'
import { isResultClaim, parseReasoning } from '../data/world/grammar.ts'
import type { WorldSample } from '../data/world/types.ts'
import { renderScene, type World } from '../data/world/world.ts'
import type { Planted, PlantedKind } from './planted-kit-fixtures.ts'
import { pictureKinds } from './planted-picture-fixtures.ts'
import { reasoningKinds } from './planted-reasoning-fixtures.ts'

export type { PlantedKind } from './planted-kit-fixtures.ts'

export const plantedKinds: readonly PlantedKind[] = [...pictureKinds, ...reasoningKinds]

/** The answer with this error in this sample, or null where it cannot be planted. */
export function plant(world: World, sample: WorldSample, kind: PlantedKind, random: Random): Planted | null {
  const { freedom } = sample
  if (freedom.kind !== 'exact' && !(freedom.kind === 'placed' && freedom.free.length === 0)) return null
  const all = parseReasoning(world, sample.reasoning)!
  const draft = kind.plant({
    world,
    sample,
    random,
    thinking: all.filter((s) => !isResultClaim(s)),
    claims: all.filter(isResultClaim),
    changing: sample.output.cells.flatMap((c, i) => (c === (sample.input?.cells[i] ?? null) ? [] : [i])),
  })
  if (!draft) return null
  return {
    rgb: draft.rgb ?? renderScene(world, draft.scene ?? sample.output),
    reasoning: draft.reasoning ?? draft.sentences?.map((s) => s.text).join(' ') ?? sample.reasoning,
  }
}
