/** A run's words at a step and the widths of their slots, as the panel and the comparison show them. */
import { useMemo } from 'react'
import type { Trajectory } from '../../../shared/trajectory.ts'
import { frameOf, remasks, useLexicon, useTrajectory, type Load } from '../../state/trajectories.ts'
import type { Lexicon, ModelMatch } from '../../state/trajectories-vocabulary.ts'
import { SlotWidths } from './slot-widths.ts'
import { wordsAt, type Word } from './words.ts'

export interface WordView {
  readonly trajectory: Trajectory | null
  readonly load: Load | null
  readonly lexicon: Lexicon | null
  readonly match: ModelMatch | null
  readonly words: readonly Word[]
  /** Pixels of each slot, and of any label. */
  readonly widths: readonly number[]
  readonly widthOf: (label: string) => number
}

const noWords: readonly Word[] = []
let pen: CanvasRenderingContext2D | null = null

/** The width of a text in the panel's own font. */
function measure(text: string): number {
  if (!pen) {
    pen = document.createElement('canvas').getContext('2d')
    if (pen) pen.font = `13px ${getComputedStyle(document.body).fontFamily}`
  }
  return pen?.measureText(text).width ?? text.length * 7
}

export function useWords(run: string | null, step: number): WordView {
  const { trajectory, load } = useTrajectory(run)
  const { lexicon, match } = useLexicon(trajectory, run)
  const header = trajectory?.header ?? null
  const slots = useMemo(() => (header && lexicon ? new SlotWidths(header, lexicon, measure) : null), [header, lexicon])
  const words = useMemo(() => {
    const frame = run === null || !trajectory ? null : frameOf(run, step)
    return frame && trajectory && lexicon ? wordsAt(trajectory.header, frame, lexicon, remasks(trajectory)) : noWords
  }, [run, trajectory, lexicon, step])
  const widths = useMemo(() => (slots && trajectory ? slots.extend(trajectory) : []), [slots, trajectory])
  const widthOf = useMemo(
    () =>
      (label: string): number =>
        slots?.ofLabel(label) ?? 24,
    [slots],
  )
  return { trajectory, load, lexicon, match, words, widths, widthOf }
}
