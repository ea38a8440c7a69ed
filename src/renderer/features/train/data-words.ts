/** What a run learns from, as it is called. */
import type { TrainingData } from '../../../shared/studio-training.ts'

export const WORLD = 'the storybook world'

export function useDataWords(data: TrainingData): string {
  return data.from === 'world' ? `${WORLD}, seed ${data.seed}` : data.dataset
}
