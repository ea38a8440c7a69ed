/** Two runs side by side, in step, over whatever screen is open: whether it is up, and which run stands beside the first. */
import { create } from 'zustand'
import { viewRun } from './playback.ts'

export type ComparisonLink = 'step' | 'share'

interface Comparison {
  readonly open: boolean
  /** The second run; the first is the one on the timeline. Null: chosen in the window. */
  readonly other: string | null
  readonly link: ComparisonLink
}

export const useComparison = create<Comparison>(() => ({ open: false, other: null, link: 'step' }))

export const comparison = {
  open: (): void => useComparison.setState({ open: true, other: null, link: 'step' }),
  close: (): void => useComparison.setState({ open: false, other: null }),
  toggle: (): void => (useComparison.getState().open ? comparison.close() : comparison.open()),
  /** Shows two runs that are known, as they ended; the first goes onto the timeline. */
  pair(first: string, second: string, link: ComparisonLink = 'step'): void {
    viewRun(first)
    useComparison.setState({ open: true, other: second, link })
  },
}
