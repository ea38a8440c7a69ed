/** What the pointer or the focus is on, and what was decided at the same step; of a height of its own, so nothing moves. */
import type { ReactElement } from 'react'
import type { Frame } from '../../../shared/trajectory-frame.ts'
import type { TrajectoryHeader } from '../../../shared/trajectory.ts'
import { useMoment } from '../../state/playback-view.ts'
import { describeCell, describeWord, keptCell, type Word } from './words.ts'

const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

export function PointedLine({
  header,
  frame,
  words,
}: {
  readonly header: TrajectoryHeader
  readonly frame: Frame | null
  readonly words: readonly Word[]
}): ReactElement {
  const pointed = useMoment((s) => s.pointed)
  const together = useMoment((s) => s.together)
  const word = pointed?.field === 'outputText' ? words[pointed.index] : undefined
  const what = word
    ? describeWord(word)
    : pointed?.field === 'outputImage' && frame
      ? describeCell(header, frame, pointed.index)
      : null
  const given = word ? word.state === 'given' || word.state === 'pinned' : what?.endsWith(keptCell) === true
  if (what === null)
    return (
      <p className="tj-pointed">
        <span className="tj-hint">Point at a word or an image cell to see its step and confidence.</span>
      </p>
    )
  return (
    <p className="tj-pointed">
      <span className="tj-pointed-what">{what}</span>
      <span className="tj-hint">
        {together
          ? `Step ${together.step} decided ${counted(together.words.length, 'word', 'words')} and ${counted(together.cells.length, 'cell', 'cells')} together: the same moment, no proof that one caused the other.`
          : given
            ? 'It was given: no step decided it.'
            : 'No step has decided it yet.'}
      </span>
    </p>
  )
}
