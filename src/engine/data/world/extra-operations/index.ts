/**
 * Operations beside the world's own: nothing is trained on them unless it asks for them by name, so they stand for what a
 * person brings whom the shipped model does not know. They use the world's sentences, so its judge marks them, and words
 * its vocabulary lacks, so that a vocabulary never grows by them.
 */
import { TandemError } from '../../../../shared/errors.ts'
import { allOperations } from '../operations/index.ts'
import type { Operation } from '../operations/kit.ts'
import type { Family } from '../types.ts'
import { acrossOperation } from './across.ts'
import { clearRowOperation } from './clear-row.ts'
import { fallOperation } from './fall.ts'
import { mirrorOperation } from './mirror.ts'

export const extraOperations: readonly Operation[] = [
  mirrorOperation,
  fallOperation,
  acrossOperation,
  clearRowOperation,
]

/** Names of everything that can be asked for. */
export const operationNames: readonly string[] = [...allOperations, ...extraOperations].map((o) => o.name)

/** Operations by name, the world's own and extra ones, by family. */
export function findOperations(names: readonly string[]): Record<Family, readonly Operation[]> {
  const known = [...allOperations, ...extraOperations]
  const found = names.map((name) => {
    const operation = known.find((o) => o.name === name)
    if (operation) return operation
    throw new TandemError(`There is no operation "${name}".`, `Choose from ${operationNames.join(', ')}.`)
  })
  const of = (family: Family): Operation[] => found.filter((o) => o.family === family)
  return {
    spatial: of('spatial'),
    temporal: of('temporal'),
    causal: of('causal'),
    world: of('world'),
    general: of('general'),
    generate: of('generate'),
  }
}
