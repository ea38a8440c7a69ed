/** What a run learns from, as the engine takes it. A data set has to have passed its check as it now is. */
import { whyNotTrain } from '../../../shared/dataset-records.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { TrainingData } from '../../../shared/studio-training.ts'
import type { KindDeps } from '../jobs/kind.ts'

export interface EngineData {
  /** A folder or archive in any format that can be read; null for the world. */
  readonly path: string | null
  /** Parts of the engine's config that differ from a set's. */
  readonly config: Record<string, unknown> | null
}

/** Throws a TandemError that says why a set cannot be trained on now. What was edited is written out first. */
export async function dataOf(data: TrainingData, { datasets }: KindDeps): Promise<EngineData> {
  if (data.from === 'world') return { path: null, config: { data: { kind: 'world', seed: data.seed } } }
  const set = await datasets.describe(data.dataset)
  const why = whyNotTrain(set)
  if (why !== null) throw new TandemError(`"${set.name}" cannot be trained on. ${why}`, 'Open it in the data screen.')
  const { path, columns } = await datasets.open(data.dataset)
  if (columns)
    throw new TandemError(
      `"${set.name}" has columns that were named by hand.`,
      'Copy it into the studio, and train on the copy.',
    )
  return { path, config: null }
}
