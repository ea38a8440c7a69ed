/** The part of the contract about bringing published models in and hosting them. */
import { z } from 'zod'
import { checkpointSourceSchema } from './checkpoint-jobs.ts'
import { checkpointLookSchema } from './checkpoints.ts'
import { idSchema } from './studio.ts'
import { providersFoundSchema } from './providers.ts'
import { hubAddressSchema, hubListingSchema } from './hub.ts'

const nothing = z.strictObject({})

/** Memory of the machine, or of the container it stands for, bytes. */
export const machineMemorySchema = z.strictObject({ free: z.number(), total: z.number() })

export const hostingMethods = {
  /** What a folder holds, and what stands in the way of importing it. Writes nothing. */
  'checkpoints.look': {
    args: checkpointSourceSchema,
    result: z.strictObject({ look: checkpointLookSchema, memory: machineMemorySchema }),
  },
  /** What a repository holds, before anything of it is downloaded. Asks the host that is named. */
  'hub.list': {
    args: hubAddressSchema,
    result: z.strictObject({ listing: hubListingSchema, freeDisk: z.number(), memory: machineMemorySchema }),
  },
  /** What this machine computes with, as it was last found; null before it was measured. */
  'providers.get': { args: nothing, result: z.strictObject({ found: providersFoundSchema.nullable() }) },
  /** Probes and measures anew: a second for each provider that works. */
  'providers.measure': { args: nothing, result: z.strictObject({ found: providersFoundSchema }) },
} as const

export const hostingEvents = {
  /** A large model is being loaded for a run: what happens now. */
  'run.loading': z.strictObject({ run: idSchema, what: z.string(), part: z.int(), parts: z.int() }),
  /** Models were unloaded for want of work; bytes that were given back, where that is known. */
  'engine.unloaded': z.strictObject({ bytes: z.number().nullable() }),
} as const
