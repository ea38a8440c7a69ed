/** What of a run's settings can be taken where its model may be another one or absent, with what is lacking in words. Pure. */
import type { ModelInfo, Run, RunSettings } from '../../shared/studio.ts'
import { matchModel } from './trajectories-vocabulary.ts'

export interface SettingsHere {
  readonly settings: Partial<RunSettings>
  /** What will not be as it was, a sentence; null where all is at hand. */
  readonly lack: string | null
}

/**
 * The settings as they can be taken here.
 * @param made the model that computed, by name and hash of its weights; null or without a hash where that is not known
 * @param base the model under the adapters of a run that was made here: the hash is then that of all of them together
 */
export function settingsHere(
  taken: Partial<RunSettings>,
  made: { readonly name: string; readonly hash: string } | null,
  models: readonly ModelInfo[],
  base: string | null = null,
): SettingsHere {
  // Adapters say nothing without the model they were laid on.
  const { model, adapters: _, ...rest } = taken
  if (made === null || made.hash === '') {
    if (model === undefined || models.some(({ id }) => id === model)) return { settings: taken, lack: null }
    return {
      settings: rest,
      lack: `It was made by ${model}, which is not here: the model stays the one that is chosen.`,
    }
  }
  const match = matchModel(made, models, base)
  const by = `It was made by ${made.name} (${made.hash.slice(0, 8)})`
  // The hash is of all of them together, which only a run computes.
  if (match.kind !== 'here' && (taken.adapters ?? []).length > 0 && models.some(({ id }) => id === model))
    return { settings: taken, lack: `${by}: whether the model and adapters here are the same, the hash of a run says.` }
  switch (match.kind) {
    case 'here':
      return { settings: { ...taken, model: match.model.id }, lack: null }
    case 'other-version':
      return {
        settings: { ...rest, model: match.model.id },
        lack: `${by}; the ${match.model.name} here has other weights (${match.model.hash.slice(0, 8)}) and may draw something else.`,
      }
    case 'absent':
      return { settings: rest, lack: `${by}, which is not here: the model stays the one that is chosen.` }
  }
}

/** The model under the adapters of a run that was made here. */
export const baseOf = (run: Run | undefined): string | null =>
  run && !run.imported && (run.settings.adapters ?? []).length > 0 ? run.settings.model : null
