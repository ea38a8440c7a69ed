/** Runs as lines of a list: each file is read once and then only as it grows. */
import type { ResultOf } from '../../../shared/ipc.ts'
import { readMetrics } from './metrics-file.ts'

type Summary = ResultOf<'training.summary'>

interface Known {
  cursor: string | null
  train: number[]
  validation: number[]
  best: Summary['best']
}

const POINTS = 60

export interface Summaries {
  of(job: string, path: string): Promise<Summary>
}

export function createSummaries(): Summaries {
  const known = new Map<string, Known>()
  /** One reader a run: two would count rows twice. */
  const turns = new Map<string, Promise<Summary>>()

  async function read(job: string, path: string): Promise<Summary> {
    const state = known.get(job) ?? { cursor: null, train: [], validation: [], best: null }
    known.set(job, state)
    for (;;) {
      const page = await readMetrics(path, state.cursor)
      if (page.restart) Object.assign(state, { train: [], validation: [], best: null })
      for (const row of page.rows) {
        if (row.kind === 'train') state.train.push(row.loss)
        if (row.kind !== 'validation') continue
        state.validation.push(row.loss)
        if (row.best) state.best = { step: row.step, loss: row.loss }
      }
      state.cursor = page.cursor
      if (!page.more) break
    }
    const of = state.validation.length > 1 ? 'validation' : 'train'
    return { of, points: thinned(state[of]), best: state.best }
  }

  return {
    of(job, path) {
      const before = turns.get(job)?.catch(() => undefined) ?? Promise.resolve()
      const turn = before.then(() => read(job, path))
      turns.set(job, turn)
      return turn
    },
  }
}

/** At most 60 points: means of equal stretches. */
export function thinned(values: readonly number[], points = POINTS): number[] {
  if (values.length <= points) return [...values]
  return Array.from({ length: points }, (_, i) => {
    const from = Math.floor((i * values.length) / points)
    const to = Math.floor(((i + 1) * values.length) / points)
    return values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from)
  })
}
