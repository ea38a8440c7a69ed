/** Every operation of the world. A new one is one entry in its family's file; nothing else has to know. */
import type { Family } from '../types.ts'
import { causalOperations } from './causal.ts'
import { generalOperations } from './general.ts'
import { generateOperations, listPatterns } from './generate.ts'
import type { Operation } from './kit.ts'
import { spatialOperations } from './spatial.ts'
import { temporalOperations } from './temporal.ts'
import { worldOperations } from './world.ts'

export const operationsByFamily: Record<Family, readonly Operation[]> = {
  spatial: spatialOperations,
  temporal: temporalOperations,
  causal: causalOperations,
  world: worldOperations,
  general: generalOperations,
  generate: generateOperations,
}

export const allOperations: readonly Operation[] = Object.values(operationsByFamily).flat()

/** Every pattern an instruction can be written from. */
export const instructionPatterns: readonly string[] = [...allOperations.flatMap((o) => o.phrasings), ...listPatterns]
