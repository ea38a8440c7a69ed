/** The part of the contract about calls that take a while: how far one is, and stopping it. */
import { z } from 'zod'
import { idSchema } from './studio.ts'

/** Made by whoever calls: its progress is told under this name, and it can be stopped by it. */
export const taskSchema = z.strictObject({ task: idSchema.optional() })

export const taskMethods = {
  /** Stops a call that goes on, as soon as it can; it fails as cancelled. One that is over is left as it is. */
  'tasks.cancel': { args: z.strictObject({ task: idSchema }), result: z.strictObject({}) },
} as const

export const taskEvents = {
  /** How far a call is, 0 to 1; null while that is not known. */
  'task.progress': z.strictObject({ task: idSchema, share: z.number().min(0).max(1).nullable() }),
} as const
