/** The part of the contract about how fast a model runs here: measured when somebody asks, kept while the studio is open. */
import { z } from 'zod'
import { engineProfileSchema } from './engine-profile.ts'

const nothing = z.strictObject({})
const model = z.string().min(1).max(200)
const measuringSchema = z.strictObject({ model, done: z.int().nonnegative(), total: z.int().positive() })

export const engineMethods = {
  /** What was found of a model, and what is being measured now, of whichever model. */
  'engine.profile': {
    args: z.strictObject({ model }),
    result: z.strictObject({ profile: engineProfileSchema.nullable(), measuring: measuringSchema.nullable() }),
  },
  /** Begins to measure; refused while another model is being measured. */
  'engine.measure': { args: z.strictObject({ model }), result: nothing },
  'engine.stop': { args: nothing, result: nothing },
} as const

export const engineEvents = {
  'engine.measuring': measuringSchema,
  /** It is over: measured, stopped (no profile, no error), or failed. */
  'engine.measured': z.strictObject({
    model,
    profile: engineProfileSchema.nullable(),
    error: z.strictObject({ message: z.string(), remedy: z.string() }).nullable(),
  }),
} as const
