/** One plain line about a run whose model is not the one at hand: what can be done with it here, and what cannot. */
import type { ReactElement } from 'react'
import type { TrajectoryHeader } from '../../../shared/trajectory.ts'
import type { Lexicon, ModelMatch } from '../../state/trajectories-vocabulary.ts'
import { Notice } from '../../ui/feedback.tsx'
import { modelLine } from './model-line.ts'

export function ModelLine(props: {
  readonly header: TrajectoryHeader
  readonly match: ModelMatch
  readonly source: Lexicon['source']
  readonly imported: boolean
}): ReactElement | null {
  const line = modelLine(props.header, props.match, props.source, props.imported)
  if (line === null) return null
  return <Notice tone={props.match.kind === 'here' ? 'info' : 'warning'}>{line}</Notice>
}
