/**
 * The timeline's drawing as paths: columns 0..planned, one a step, in a box one unit high and one unit wide a column.
 * Pure, so that what a track shows can be tested; the screen only stretches it.
 */
import type { Track, Tracks } from '../../state/trajectories-log.ts'

/** Share of a column's width a bar takes. */
const BAR = 0.72
/** A step that decided anything shows, however little. */
const LEAST = 0.08

/**
 * Bars of a track as far as step `through`, from the floor up; as high as the step decided much, by square root so that
 * small steps are seen.
 */
export function barsPath(track: Track, through = Infinity): string {
  return track.commits
    .slice(0, through)
    .map((count, i) => {
      if (count === 0) return ''
      const height = Math.max(LEAST, Math.sqrt(count / track.most))
      const x = round(i + 1 + (1 - BAR) / 2)
      return `M${x} 1V${round(1 - height)}H${round(x + BAR)}V1Z`
    })
    .join('')
}

/** Notches at the floor of steps that masked something again. */
export function remaskPath(track: Track): string {
  return track.remasked
    .map((count, i) => (count === 0 ? '' : `M${round(i + 1 + (1 - BAR) / 2)} 1v-0.14h${BAR}v0.14Z`))
    .join('')
}

const round = (value: number): number => Math.round(value * 1000) / 1000

export const columnsOf = ({ planned }: Pick<Tracks, 'planned'>): number => planned + 1

/** The middle of a step's column, as a percentage of the width. */
export const middleOf = (step: number, columns: number): number => ((step + 0.5) / columns) * 100

/** The left edge of a step's column: what happened before the step stands there. */
export const edgeOf = (step: number, columns: number): number => (step / columns) * 100

/** The step under a share of the width, among those recorded. */
export const stepAt = (share: number, columns: number, recorded: number): number =>
  Math.max(0, Math.min(recorded, Math.floor(share * columns)))

/** "step 7: 3 words, 4 cells decided, 1 masked again". */
export function describeStep(tracks: Tracks, step: number): string {
  if (step === 0) return 'before the first step'
  const part = (track: Track | null, one: string, many: string): string | null => {
    const count = track?.commits[step - 1] ?? 0
    return count === 0 ? null : `${count} ${count === 1 ? one : many}`
  }
  const decided = [part(tracks.text, 'word', 'words'), part(tracks.image, 'cell', 'cells')].filter(Boolean)
  const again = (tracks.text?.remasked[step - 1] ?? 0) + (tracks.image?.remasked[step - 1] ?? 0)
  const parts = [decided.length > 0 ? `${decided.join(', ')} decided` : 'nothing decided']
  if (again > 0) parts.push(`${again} masked again`)
  if (tracks.edited.includes(step)) parts.push('changed by you before it')
  if (tracks.branchedAt === step) parts.push('last step shared with the run it branched from')
  return `step ${step}: ${parts.join(', ')}`
}
