/** What a run learns from, as the engine takes it. A data set has to have passed its check as it now is. */
import { TandemError } from '../../../shared/errors.ts'
import type { TrainingData } from '../../../shared/studio-training.ts'
import type { KindDeps } from '../jobs/kind.ts'

export interface EngineData {
  /** A folder or archive in any format that can be read; null for the world. */
  readonly path: string | null
  /** Parts of the engine's config that differ from a set's. */
  readonly config: Record<string, unknown> | null
}

export function dataOf(data: TrainingData, _deps: KindDeps): Promise<EngineData> {
  if (data.from === 'world')
    return Promise.resolve({ path: null, config: { data: { kind: 'world', seed: data.seed } } })
  return Promise.reject(new TandemError('There are no data sets here yet.', 'Train on the storybook world.'))
}
