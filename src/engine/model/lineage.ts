/** Where a model came from, written beside it: what it was made of, with which data and settings. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson } from './folder.ts'

export const lineageFile = 'lineage.json'

export const lineageSchema = z.object({
  format: z.literal('tandem-lineage'),
  version: z.literal(1),
  how: z.enum(['sft', 'lora', 'merge', 'pararl']),
  /** The base first, then adapters; paths as they were on the machine that made it. */
  from: z.array(z.object({ name: z.string(), hash: z.string(), path: z.string(), weight: z.number() })).min(1),
  data: z.object({ path: z.string(), hash: z.string(), rows: z.int() }).optional(),
  /** The settings of the run. */
  recipe: z.unknown().optional(),
  steps: z.int().optional(),
  samples: z.int().optional(),
  seconds: z.number().optional(),
})
export type Lineage = z.infer<typeof lineageSchema>

/** Null for a model without a record. Throws a TandemError for one that is damaged. */
export async function readLineage(directory: string): Promise<Lineage | null> {
  const path = join(directory, lineageFile)
  if (!(await stat(path).catch(() => null))) return null
  return readJson(path, lineageSchema, 'where the model came from')
}
