/**
 * What the screens remember of how they were left: which drawer is open, how wide the panes are, where the canvas looks,
 * which run and step is viewed. The service keeps it, so that a window that is killed opens as it was; it says nothing to
 * other windows, which have a layout of their own until they close.
 */
import { z } from 'zod'

const nothing = z.strictObject({})
const keySchema = z.string().regex(/^[\w.-]{1,120}$/)
const valueSchema = z.union([z.string().max(200_000), z.number(), z.boolean()])

export type LayoutValue = z.infer<typeof valueSchema>
export const layoutEntriesSchema = z.record(keySchema, valueSchema)
export type LayoutEntries = z.infer<typeof layoutEntriesSchema>

export const layoutContract = {
  'layout.get': { args: nothing, result: z.strictObject({ entries: layoutEntriesSchema }) },
  /** Sets what changed and leaves the rest; null forgets. On disk when it is answered. */
  'layout.set': {
    args: z.strictObject({ entries: z.record(keySchema, valueSchema.nullable()) }),
    result: nothing,
  },
} as const
