/** The rows of a ParaRL run, folded into what its screen shows. Pure. */
import type { PhaseRow, RlRow, RlValidationRow, UpdateRow } from '../../shared/rl.ts'
import type { PreviewEntry } from '../../shared/training.ts'

export interface RlRows {
  readonly phases: readonly PhaseRow[]
  readonly updates: readonly UpdateRow[]
  readonly validations: readonly RlValidationRow[]
  readonly previews: readonly PreviewEntry[]
  readonly notes: readonly Extract<RlRow, { kind: 'note' }>[]
}

export const noRlRows: RlRows = { phases: [], updates: [], validations: [], previews: [], notes: [] }

/** A run that was killed may write a row again: the later one counts. */
export function withRlRows(before: RlRows, rows: readonly RlRow[]): RlRows {
  const phases = new Map(before.phases.map((row) => [row.phase, row]))
  const updates = new Map(before.updates.map((row) => [row.step, row]))
  const validations = new Map(before.validations.map((row) => [row.step, row]))
  const previews = [...before.previews]
  const notes = [...before.notes]
  for (const row of rows) {
    if (row.kind === 'phase') phases.set(row.phase, row)
    else if (row.kind === 'update') updates.set(row.step, row)
    else if (row.kind === 'validation') validations.set(row.step, row)
    else if (row.kind === 'preview') previews.push(row)
    else notes.push(row)
  }
  return {
    phases: [...phases.values()],
    updates: [...updates.values()],
    validations: [...validations.values()],
    previews,
    notes,
  }
}

/** How strongly an advantage is coloured, of 2 deviations and more: -1 worst, 0 as its group, 1 best. */
export const tint = (advantage: number): number => Math.min(1, Math.max(-1, advantage / 2))

/** By how much a validation differs from the first one, dimension by dimension; null where either is missing. */
export function judgeChange(validations: readonly RlValidationRow[], dimension: string): number | null {
  const first = validations[0]?.judge?.[dimension]
  const last = validations.at(-1)?.judge?.[dimension]
  if (validations.length < 2 || first === null || first === undefined || last === null || last === undefined)
    return null
  return last - first
}
