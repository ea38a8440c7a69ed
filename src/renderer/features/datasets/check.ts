/** Checks of sets: by which model, started, and how the last one stands. */
import type { Dataset } from '../../../shared/dataset-records.ts'
import { startJob } from '../../state/jobs.ts'
import { studio } from '../../state/store.ts'
import { toastError } from '../../state/toasts.ts'
import { recall, remember } from '../../ui/remembered.ts'

/** The model whose words and lengths count, by the person's last choice; null where there is none. */
export function checkModel(): string | null {
  const { models } = studio.get()
  const wanted = recall('data.model', '')
  return models.find(({ id }) => id === wanted)?.id ?? models[0]?.id ?? null
}

export const setCheckModel = (model: string): void => remember('data.model', model)

export async function startCheck(dataset: string): Promise<void> {
  try {
    await startJob({ kind: 'dataset-check', dataset, model: checkModel() })
  } catch (error) {
    toastError(error)
  }
}

export interface Standing {
  readonly tone: 'good' | 'warn' | 'danger' | 'none'
  readonly icon: 'check' | 'warning' | 'refresh'
  readonly short: string
  readonly long: string
}

const many = (n: number, word: string): string => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`

/** The state of a set's check in words. */
export function standing(set: Dataset): Standing {
  const { check, open, changed } = set
  if (changed)
    return {
      tone: 'warn',
      icon: 'refresh',
      short: 'changed',
      long: 'Its files were written to since the studio read them.',
    }
  if (set.rows + set.broken === 0) return { tone: 'none', icon: 'refresh', short: 'empty', long: 'It has no rows yet.' }
  if (!check) return { tone: 'none', icon: 'refresh', short: 'unchecked', long: 'It was not checked yet.' }
  const stale = check.stand !== set.stand
  if (open.errors > 0) {
    const long = `${many(open.errors, 'error')}: training cannot start.`
    return { tone: 'danger', icon: 'warning', short: String(open.errors), long }
  }
  if (stale)
    return {
      tone: 'warn',
      icon: 'refresh',
      short: 'changed',
      long: 'It was changed since its last check: check it again.',
    }
  if (open.warnings > 0) {
    const long = `${many(open.warnings, 'warning')}; training can start.`
    return { tone: 'warn', icon: 'warning', short: String(open.warnings), long }
  }
  return { tone: 'good', icon: 'check', short: 'clean', long: 'Its check found nothing.' }
}
