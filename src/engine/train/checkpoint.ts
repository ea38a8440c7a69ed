/**
 * Training checkpoints: one safetensors file holding weights, EMA, optimiser moments and, as metadata, everything else
 * an exact resume needs (step, random state, data position, configuration). One file, renamed into place, is atomic.
 */
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { viewOf } from '../model/parameters.ts'
import {
  floatTensor,
  openSafetensors,
  readFloats,
  writeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from '../model/safetensors.ts'

export const progressSchema = z.object({
  step: z.int().nonnegative(),
  samples: z.int().nonnegative(),
  /** The next sample index of the data source. */
  position: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  /** What `Random.state` returned: four words, then the spare normal. */
  random: z.string().regex(/^\d+,\d+,\d+,\d+\|[-\d.e]*$/),
  /** The configuration the run was started with: a resume with another is refused. */
  config: z.string(),
  /** Step of the last validation and of the last previews: what a stop cut short is done again. */
  validated: z.int().nonnegative().optional(),
  previewed: z.int().nonnegative().optional(),
  /** The best validation so far, and how many have passed since without a better one. */
  best: z.object({ step: z.int().nonnegative(), loss: z.number() }).nullable().default(null),
  stale: z.int().nonnegative().default(0),
  /** The run ended before its last step, because validation no longer improved. */
  early: z.boolean().default(false),
})
export type TrainProgress = z.infer<typeof progressSchema>
/** Best validation so far. */
export type BestSoFar = NonNullable<TrainProgress['best']>

export interface TrainState {
  readonly weights: Float32Array
  readonly ema: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
  progress: TrainProgress
}

const PARTS = ['weights', 'ema', 'first', 'second'] as const

/** Bytes of a checkpoint of so many parameters, but for its header. */
export const checkpointBytes = (parameters: number): number => parameters * 4 * PARTS.length

/** Returns the bytes written. */
export async function saveCheckpoint(path: string, table: ParameterTable, state: TrainState): Promise<number> {
  const tensors = new Map<string, StoredTensor>()
  for (const part of PARTS) {
    for (const span of table.spans) {
      tensors.set(`${part}.${span.name}`, floatTensor(viewOf(state[part], span), span.shape))
    }
  }
  await writeSafetensors(path, tensors, {
    format: 'tandem-checkpoint',
    version: '1',
    progress: JSON.stringify(state.progress),
  })
  return sizeOfTensors(tensors)
}

/** The averaged weights of the best validation, to export: a quarter of a checkpoint. Returns the bytes written. */
export async function saveBest(
  path: string,
  table: ParameterTable,
  ema: Float32Array,
  best: BestSoFar,
  at: Pick<TrainProgress, 'samples' | 'seconds'>,
): Promise<number> {
  const tensors = new Map<string, StoredTensor>()
  for (const span of table.spans) tensors.set(`ema.${span.name}`, floatTensor(viewOf(ema, span), span.shape))
  await writeSafetensors(path, tensors, {
    format: 'tandem-best',
    version: '1',
    best: JSON.stringify({ ...best, ...at }),
  })
  return sizeOfTensors(tensors)
}

const bestSchema = z.object({
  step: z.int().nonnegative(),
  loss: z.number(),
  samples: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
})
export type BestRecord = z.infer<typeof bestSchema>

/** Throws a TandemError when the file is not one of this model. */
export async function loadBest(
  path: string,
  table: ParameterTable,
): Promise<{ ema: Float32Array; record: BestRecord }> {
  const file = await openSafetensors(path)
  const remedy = 'Restore the file from a copy, or export the last weights instead.'
  if (file.metadata['format'] !== 'tandem-best') throw new TandemError('This file holds no best weights.', remedy)
  const ema = new Float32Array(table.size)
  await readPart(file, 'ema', table, ema, remedy)
  return { ema, record: parseRecord(file.metadata['best'] ?? '', bestSchema, 'The record of the best weights') }
}

const sizeOfTensors = (tensors: ReadonlyMap<string, StoredTensor>): number =>
  [...tensors.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)

/** Throws a TandemError when the file is not a checkpoint, or not one of this model. */
export async function loadCheckpoint(path: string, table: ParameterTable): Promise<TrainState> {
  const file = await openSafetensors(path)
  const remedy = 'Resume with the configuration the run was started with, or start a new run.'
  if (file.metadata['format'] !== 'tandem-checkpoint')
    throw new TandemError('This file is not a training checkpoint.', remedy)
  if (file.metadata['version'] !== '1')
    throw new TandemError(
      'This checkpoint was written by another version of Tandem.',
      'Resume with that version, or start a new run.',
    )
  const state = {
    weights: new Float32Array(table.size),
    ema: new Float32Array(table.size),
    first: new Float32Array(table.size),
    second: new Float32Array(table.size),
  }
  for (const part of PARTS) await readPart(file, part, table, state[part], remedy)
  return { ...state, progress: readProgress(file.metadata['progress'] ?? '') }
}

/** How far a run has come and with which configuration, from its checkpoint, whatever model it is of. */
export async function readCheckpointProgress(path: string): Promise<TrainProgress> {
  return readProgress((await openSafetensors(path)).metadata['progress'] ?? '')
}

async function readPart(
  file: SafetensorsFile,
  part: (typeof PARTS)[number],
  table: ParameterTable,
  into: Float32Array,
  remedy: string,
): Promise<void> {
  for (const span of table.spans) {
    const name = `${part}.${span.name}`
    const entry = file.tensors.get(name)
    if (entry?.shape.join() !== span.shape.join())
      throw new TandemError(`The checkpoint's ${span.name} does not fit this model.`, remedy)
    into.set(await readFloats(file, name), span.offset)
  }
}

const readProgress = (text: string): TrainProgress =>
  parseRecord(text, progressSchema, "The checkpoint's progress record")

function parseRecord<T>(text: string, schema: z.ZodType<T>, what: string): T {
  const damaged = (cause?: unknown): TandemError =>
    new TandemError(`${what} is damaged.`, 'Restore the file from a copy, or start a new run.', 'input', { cause })
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw damaged(error)
  }
  const parsed = schema.safeParse(raw)
  if (!parsed.success) throw damaged(parsed.error)
  return parsed.data
}
