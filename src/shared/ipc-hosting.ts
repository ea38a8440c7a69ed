/** The part of the contract about bringing published models in and hosting them. */
import { z } from 'zod'
import { checkpointSourceSchema } from './checkpoint-jobs.ts'
import { checkpointLookSchema } from './checkpoints.ts'
import { hubAddressSchema, hubListingSchema } from './hub.ts'

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
} as const
