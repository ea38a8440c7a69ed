/** What a run learns from, as it is called. */
import { useEffect } from 'react'
import type { TrainingData } from '../../../shared/studio-training.ts'
import { followDatasets, useDatasets } from '../../state/datasets.ts'

export const WORLD = 'the storybook world'

export function useDataWords(data: TrainingData): string {
  useEffect(followDatasets, [])
  const name = useDatasets((s) => (data.from === 'dataset' ? s.sets.get(data.dataset)?.name : undefined))
  return data.from === 'world' ? `${WORLD}, seed ${data.seed}` : (name ?? 'a data set that is not here any more')
}
