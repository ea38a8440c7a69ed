/**
 * Means over seeds with 95 % intervals. What varies from run to run of the same training is what a difference between two
 * trainings has to be compared with, so the seeds are the observations: Student's t with n - 1 degrees of freedom, and
 * Welch's test for differences. Three seeds give wide intervals, and that is the truth about three seeds.
 */
import type { Interval } from '../bench/intervals.ts'
import type { Table } from '../bench/table.ts'
import type { Experiment, ExperimentTable } from './grid.ts'

/** 97.5 % quantiles of Student's t by degrees of freedom, from 1; beyond the last, the normal distribution's is near. */
const T975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
] as const

/** The quantile for a number of degrees of freedom that need not be whole, rounded down as is usual: the wider interval. */
const quantile = (freedom: number): number => T975[Math.max(1, Math.floor(freedom)) - 1] ?? 1.96

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
/** The variance of the mean: sample variance / n. */
function errorSquared(values: readonly number[]): number {
  const mean = meanOf(values)
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1) / values.length
}

/** The mean with its t interval; one value has no interval. */
export function meanInterval(values: readonly number[]): Interval {
  const estimate = values.length === 0 ? NaN : meanOf(values)
  if (values.length < 2) return { estimate, low: NaN, high: NaN }
  const half = quantile(values.length - 1) * Math.sqrt(errorSquared(values))
  return { estimate, low: estimate - half, high: estimate + half }
}

/** The difference of two means, a - b, with Welch's interval (Welch 1947). */
export function differenceInterval(a: readonly number[], b: readonly number[]): Interval {
  const estimate = a.length === 0 || b.length === 0 ? NaN : meanOf(a) - meanOf(b)
  if (a.length < 2 || b.length < 2) return { estimate, low: NaN, high: NaN }
  const [va, vb] = [errorSquared(a), errorSquared(b)]
  if (va + vb === 0) return { estimate, low: estimate, high: estimate }
  const freedom = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1))
  const half = quantile(freedom) * Math.sqrt(va + vb)
  return { estimate, low: estimate - half, high: estimate + half }
}

/** A finished cell's numbers. */
export interface Finished {
  readonly group: string
  readonly seed: number
  readonly metrics: Readonly<Record<string, number>>
}

const figure = ({ estimate, low, high }: Interval): string => {
  if (Number.isNaN(estimate)) return '-'
  const text = estimate.toFixed(1)
  return Number.isNaN(low) ? text : `${text} [${low.toFixed(1)}, ${high.toFixed(1)}]`
}

/** A table of an experiment from the cells there are. */
export function summaryTable(experiment: Experiment, table: ExperimentTable, cells: readonly Finished[]): Table {
  const valuesOf = (group: string, metric: string): number[] =>
    cells.flatMap((cell) => (cell.group === group ? (cell.metrics[metric] ?? []) : []))
  const label = (group: string): string => experiment.groups.find((g) => g.name === group)?.label ?? group
  const seedsOf = (group: string): string => String(cells.filter((cell) => cell.group === group).length)
  const { columns, groups, against, published } = table
  const rows = groups.map((group) => [
    label(group),
    seedsOf(group),
    ...columns.map(({ metric }) => figure(meanInterval(valuesOf(group, metric)))),
  ])
  const differences =
    against === undefined
      ? []
      : groups
          .filter((group) => group !== against)
          .map((group) => [
            `${label(group)} - ${label(against)}`,
            seedsOf(group),
            ...columns.map(({ metric }) =>
              figure(differenceInterval(valuesOf(group, metric), valuesOf(against, metric))),
            ),
          ])
  return {
    title: table.title,
    rows: [
      ['', 'seeds', ...columns.map((column) => column.label)],
      ...rows,
      ...differences,
      ...published.map((row) => [row.label, '', ...row.values.map((v) => (v === null ? '-' : v.toFixed(1)))]),
    ],
    notes: ['Means over seeds, 95 % t intervals over seeds; differences by Welch.', ...table.notes],
  }
}
