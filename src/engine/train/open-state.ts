/** Where a run's checkpoints are, and the state a run starts from: its checkpoint, given weights, or fresh ones. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { runFiles } from '../../shared/training.ts'
import { seededRandom } from '../data/random.ts'
import { initialiseParameters, type ParameterTable } from '../model/parameters.ts'
import { loadCheckpoint, type TrainState } from './checkpoint.ts'

export const checkpointPath = (directory: string): string => join(directory, runFiles.checkpoint)
export const bestPath = (directory: string): string => join(directory, runFiles.best)

/** What is trained. */
interface Trained {
  readonly table: ParameterTable
  readonly identity: string
  readonly start?: Float32Array
}

/** Throws a TandemError for a folder that holds a run and is not to be resumed, and for a run with other settings. */
export async function openState(
  { table, identity, start }: Trained,
  { directory, seed, resume }: { readonly directory: string; readonly seed: number; readonly resume: boolean },
  path: string,
): Promise<TrainState> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  if (exists && !resume) {
    throw new TandemError(
      'This folder already holds a training run.',
      'Add --resume to go on with it, or choose another folder.',
    )
  }
  if (exists) {
    const state = await loadCheckpoint(path, table)
    if (state.progress.config !== identity) {
      throw new TandemError(
        'The configuration differs from the one this run was started with.',
        'Resume with the original configuration, or start a new run.',
      )
    }
    await removeHalves(directory)
    return state
  }
  return freshState({ table, identity, ...(start ? { start } : {}) }, seed)
}

/** Before the first step: given weights, or fresh ones. */
export function freshState({ table, identity, start }: Trained, seed: number): TrainState {
  const random = seededRandom('train', seed)
  const weights = start?.slice() ?? initialiseParameters(table, random)
  const progress = { step: 0, samples: 0, position: 0, seconds: 0, random: random.state(), config: identity }
  return {
    weights,
    ema: weights.slice(),
    first: new Float32Array(table.size),
    second: new Float32Array(table.size),
    progress: { ...progress, best: null, stale: 0, early: false },
  }
}

/** What a process that was killed in the middle of a save left beside its checkpoints. */
async function removeHalves(directory: string): Promise<void> {
  const halves = new RegExp(`^(${runFiles.checkpoint}|${runFiles.best})\\.[0-9a-f]{8}\\.tmp$`)
  for (const name of await readdir(directory)) if (halves.test(name)) await rm(join(directory, name), { force: true })
}
