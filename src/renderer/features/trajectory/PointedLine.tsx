/** What the pointer or the focus is on, and what was decided at the same step; of a height of its own, so nothing moves. */
import type { ReactElement } from 'react'
import type { TrajectoryHeader } from '../../../shared/trajectory.ts'
import { useMoment } from '../../state/playback-view.ts'
import { describeWord, type Word } from './words.ts'

const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

export function PointedLine({
  header,
  words,
}: {
  readonly header: TrajectoryHeader
  readonly words: readonly Word[]
}): ReactElement {
  const together = useMoment((s) => s.together)
  if (!together)
    return (
      <p className="tj-pointed">
        <span className="tj-hint">Point at a word or an image cell to see its step and confidence.</span>
      </p>
    )
  const word = together.from === 'outputText' ? words[together.index] : undefined
  const { grid } = header.image
  const what = word
    ? describeWord(word)
    : `image cell, row ${Math.floor(together.index / grid) + 1}, column ${(together.index % grid) + 1}, step ${together.step}`
  return (
    <p className="tj-pointed">
      <span className="tj-pointed-what">{what}</span>
      <span className="tj-hint">
        {`Step ${together.step} decided ${counted(together.words.length, 'word', 'words')} and ${counted(together.cells.length, 'cell', 'cells')} together: the same moment, no proof that one caused the other.`}
      </span>
    </p>
  )
}
