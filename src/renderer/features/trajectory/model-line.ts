/** What can be done here with a run whose model may be elsewhere, in words. Pure. */
import type { Run } from '../../../shared/studio.ts'
import type { TrajectoryHeader } from '../../../shared/trajectory.ts'
import type { Lexicon, ModelMatch } from '../../state/trajectories-vocabulary.ts'

/** Of a run that was drawn while a model trained, its rollouts included: whose weights were not kept. */
export function trainingLine({ preview }: Pick<Run, 'preview'>): string | null {
  if (!preview) return null
  const when = preview.step === 0 ? 'before its first step' : `after ${preview.step} steps`
  return `Drawn while “${preview.title}” trained, ${when}. Its weights of then were not kept: it can be watched, not continued.`
}

/** Why a run cannot go on here, or null. */
export function branchRefusal(header: TrajectoryHeader, match: ModelMatch): string | null {
  if (match.kind === 'here') return null
  const made = `${header.model.name} ${header.model.hash.slice(0, 8)}`
  return `This run was made by ${made}, which is not among the models here: it can be watched, not changed.`
}

/** The line, or null where there is nothing to say. */
export function modelLine(
  header: TrajectoryHeader,
  match: ModelMatch,
  source: Lexicon['source'],
  imported: boolean,
): string | null {
  const made = `${header.model.name} (${header.model.hash.slice(0, 8)})`
  const words =
    source === 'file'
      ? 'Its words come from the file.'
      : source === 'model'
        ? 'Its words are read with that model’s vocabulary and may be off.'
        : 'The file does not bring its words, so tokens are shown by number.'
  switch (match.kind) {
    case 'here':
      return imported ? `Made elsewhere by ${made}, which is here: it can be scrubbed, decoded and continued.` : null
    case 'other-version':
      return `Made by ${made}; the ${match.model.name} here has other weights (${match.model.hash.slice(0, 8)}). Words, confidence and steps can be scrubbed; pictures cannot be decoded faithfully and the run cannot be continued. ${words}`
    case 'absent':
      return `Made by ${made}, which is not here. Words, confidence and steps can be scrubbed; pictures cannot be decoded and the run cannot be continued. ${words}`
  }
}
