/** One plain line about a run whose model is not the one at hand: what can be done with it here, and what cannot. */
import type { ReactElement } from 'react'
import type { Run } from '../../../shared/studio.ts'
import type { TrajectoryHeader } from '../../../shared/trajectory.ts'
import type { Lexicon, ModelMatch } from '../../state/trajectories-vocabulary.ts'
import { Notice } from '../../ui/feedback.tsx'
import { modelLine, trainingLine } from './model-line.ts'

export function ModelLine(props: {
  readonly header: TrajectoryHeader
  readonly match: ModelMatch
  readonly source: Lexicon['source']
  readonly run: Pick<Run, 'imported' | 'preview'>
}): ReactElement | null {
  const training = trainingLine(props.run)
  if (training !== null) return <Notice>{training}</Notice>
  const line = modelLine(props.header, props.match, props.source, props.run.imported)
  if (line === null) return null
  return <Notice tone={props.match.kind === 'here' ? 'info' : 'warning'}>{line}</Notice>
}
