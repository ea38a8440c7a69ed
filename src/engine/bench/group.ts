/** Rows of a report: the scores of many answers as means with intervals over prompts and seeds. */
import { dimensionNames, type BenchGroup, type DimensionScores, type Estimate } from '../../shared/bench.ts'
import { clusterBootstrap, wilsonInterval, type Interval } from './intervals.ts'

/** An answer that was judged. */
export interface Judged {
  readonly id: string
  readonly seed: number
  readonly category: string
  readonly heldOut: boolean
  readonly scores: DimensionScores
  readonly right?: { readonly image: boolean; readonly reasoning: boolean } | undefined
}

const round = (x: number, digits: number): number => Number(x.toFixed(digits))

/** Null where there was nothing to measure. */
export function toEstimate({ estimate, low, high }: Interval, digits = 2): Estimate | null {
  if (Number.isNaN(estimate)) return null
  return { value: round(estimate, digits), low: round(low, digits), high: round(high, digits) }
}

/** Answers by prompt, in order of first appearance. */
export function byPrompt<T extends { readonly id: string }>(rows: readonly T[]): T[][] {
  return [...Map.groupBy(rows, (row) => row.id).values()]
}

/**
 * A share with Wilson's interval. Its n is the number of prompts: the seeds of one prompt say little more than one of
 * them does, and counting them as trials of their own would narrow the interval for nothing.
 */
export function shareOf<T extends { readonly id: string }>(rows: readonly T[], is: (row: T) => boolean): Estimate {
  const prompts = new Set(rows.map((row) => row.id)).size
  const share = rows.length === 0 ? 0 : rows.filter(is).length / rows.length
  return toEstimate(wilsonInterval(share * prompts, prompts), 4) ?? { value: 0, low: 0, high: 1 }
}

export function summarise(rows: readonly Judged[]): BenchGroup {
  const prompts = byPrompt(rows)
  const { columns, mean } = clusterBootstrap(
    prompts.map((own) => own.map((row) => dimensionNames.map((name) => row.scores[name]))),
    dimensionNames.length,
  )
  const means = Object.fromEntries(dimensionNames.map((name, i) => [name, toEstimate(columns[i]!)])) as Record<
    (typeof dimensionNames)[number],
    Estimate | null
  >
  const verdicts = rows.filter((row) => row.right !== undefined)
  const thinks = means.text_quality !== null
  return {
    prompts: prompts.length,
    answers: rows.length,
    right_image: verdicts.length > 0 ? shareOf(verdicts, (row) => row.right!.image) : null,
    right_reasoning: verdicts.length > 0 && thinks ? shareOf(verdicts, (row) => row.right!.reasoning) : null,
    ...means,
    overall: thinks ? toEstimate(mean) : null,
  }
}

/** A group for each category that has rows, in the suite's order. */
export function summariseCategories(
  rows: readonly Judged[],
  categories: readonly string[],
): Record<string, BenchGroup> {
  return Object.fromEntries(
    categories.flatMap((category) => {
      const own = rows.filter((row) => row.category === category)
      return own.length > 0 ? [[category, summarise(own)]] : []
    }),
  )
}
