/**
 * What a sample of the world is. A sample carries its ground truth and, where several pictures are right, the rule that
 * says which: the judge needs nothing but the sample and the world.
 */
import { z } from 'zod'
import { sceneSchema, type Scene } from './world.ts'

export const familyNames = ['spatial', 'temporal', 'causal', 'world', 'general', 'generate'] as const
export type Family = (typeof familyNames)[number]

export const splitNames = ['train', 'val', 'test'] as const
export type Split = (typeof splitNames)[number]

const cellNumber = z.int().min(0).max(15)

/** Which outcomes are right. `exact`: the sample's output alone. */
export const freedomSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exact') }),
  /** The sprite leaves `from` for any empty cell that shares an edge with `anchor`. */
  z.strictObject({ kind: z.literal('neighbour'), sprite: z.string(), from: cellNumber, anchor: cellNumber }),
  /** The sprite is added in any empty cell. */
  z.strictObject({ kind: z.literal('anywhere'), sprite: z.string() }),
  /** Generation: some sprites have their cell, the others may stand in any cell that is left. */
  z.strictObject({
    kind: z.literal('placed'),
    background: z.string(),
    fixed: z.array(z.strictObject({ cell: cellNumber, sprite: z.string() })),
    free: z.array(z.string()),
  }),
])
export type Freedom = z.infer<typeof freedomSchema>

export const worldSampleSchema = z.strictObject({
  id: z.string(),
  split: z.enum(splitNames),
  family: z.enum(familyNames),
  operation: z.string(),
  /** The (sprite, operation) combination is kept out of train and val. */
  heldOut: z.boolean(),
  instruction: z.string(),
  reasoning: z.string(),
  /** Null for generation. */
  input: sceneSchema.nullable(),
  output: sceneSchema,
  freedom: freedomSchema,
})
export interface WorldSample extends z.infer<typeof worldSampleSchema> {
  input: Scene | null
  output: Scene
}
