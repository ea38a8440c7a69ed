/**
 * Rehearsal: samples of a second data set among those of the first, so that a model learns something new and keeps what
 * it could. Validation is on the first one's rows, and previews are, but for kinds of rows that only the second has.
 */
import type { SampleSource } from './sft.ts'

/** Rows a set trains on. */
export interface RowCounts {
  readonly edits: number
  readonly generations: number
}

export interface MixedPart {
  readonly source: SampleSource
  readonly rows: RowCounts
}

/**
 * `share` of the samples come from `replay`, spread evenly; edits (or generations) that only one of the two has come from
 * that one. A sample stays a function of its index, so a position is all a resume needs.
 */
export function mixSources(own: MixedPart, replay: MixedPart, share: number): SampleSource {
  const has = (part: MixedPart, edit: boolean): boolean => (edit ? part.rows.edits : part.rows.generations) > 0
  return {
    ...own.source,
    identity: JSON.stringify({ own: own.source.identity, mix: replay.source.identity, share }),
    train(index, edit, progress) {
      const before = Math.floor(index * share)
      const replayed = Math.floor((index + 1) * share) > before
      if ((replayed && has(replay, edit)) || !has(own, edit)) return replay.source.train(before, edit, progress)
      return own.source.train(index - before, edit, progress)
    },
    validation: (index, edit) => (has(own, edit) ? own : replay).source.validation(index, edit),
  }
}

/** Share of generations in what the two together hold. */
export const generateShareOf = (own: RowCounts, replay: RowCounts, share: number): number => {
  const of = ({ edits, generations }: RowCounts): number => generations / Math.max(1, edits + generations)
  return (1 - share) * of(own) + share * of(replay)
}
