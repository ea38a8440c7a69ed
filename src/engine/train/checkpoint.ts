/**
 * Training checkpoints: one safetensors file holding weights, EMA, optimiser moments and, as metadata, everything else
 * an exact resume needs (step, random state, data position, configuration). One file, renamed into place, is atomic.
 */
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { viewOf } from '../model/parameters.ts'
import { floatTensor, openSafetensors, readFloats, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'

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
})
export type TrainProgress = z.infer<typeof progressSchema>

export interface TrainState {
  readonly weights: Float32Array
  readonly ema: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
  progress: TrainProgress
}

const PARTS = ['weights', 'ema', 'first', 'second'] as const

export async function saveCheckpoint(path: string, table: ParameterTable, state: TrainState): Promise<void> {
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
}

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
  for (const part of PARTS) {
    for (const span of table.spans) {
      const name = `${part}.${span.name}`
      const entry = file.tensors.get(name)
      if (!entry || entry.shape.join() !== span.shape.join()) {
        throw new TandemError(`The checkpoint's ${span.name} does not fit this model.`, remedy)
      }
      state[part].set(await readFloats(file, name), span.offset)
    }
  }
  return { ...state, progress: readProgress(file.metadata['progress'] ?? '') }
}

/** The configuration a run was started with, from its checkpoint, whatever model it is of. */
export async function readCheckpointConfig(path: string): Promise<string> {
  return readProgress((await openSafetensors(path)).metadata['progress'] ?? '').config
}

function readProgress(text: string): TrainProgress {
  const damaged = (cause?: unknown): TandemError =>
    new TandemError(
      "The checkpoint's progress record is damaged.",
      'Restore the file from a copy, or start a new run.',
      'input',
      { cause },
    )
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw damaged(error)
  }
  const progress = progressSchema.safeParse(raw)
  if (!progress.success) throw damaged(progress.error)
  return progress.data
}
