/** Training in words and numbers. Pure. */
import type { StudioJobState } from '../../../shared/studio-jobs.ts'
import type { SftStudioSpec } from '../../../shared/studio-training.ts'
import type { PreflightReport } from '../../../shared/training.ts'
import { duration } from '../../state/runs-words.ts'

export const stateWords: Readonly<Record<StudioJobState, string>> = {
  queued: 'Waiting',
  running: 'Training',
  pausing: 'Pausing',
  paused: 'Paused',
  stopping: 'Stopping',
  cancelled: 'Stopped',
  failed: 'Failed',
  done: 'Done',
}

/** "812 MB", "3.4 GB". */
export function bytes(value: number): string {
  if (value < 1e3) return `${value} B`
  const units = ['kB', 'MB', 'GB', 'TB'] as const
  let unit = 0
  let scaled = value / 1e3
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1e3
    unit++
  }
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)} ${units[unit]!}`
}

/** Three figures that matter; small and large ones with an exponent. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return Number(value.toPrecision(3)).toExponential()
  return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)))
}

export const count = (value: number): string => value.toLocaleString('en-GB')

/** "1.2 M" of parameters. */
export function many(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} B`
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`
  if (value >= 1e3) return `${Math.round(value / 1e3)} k`
  return String(value)
}

export const plural = (n: number, one: string, more = `${one}s`): string => `${count(n)} ${n === 1 ? one : more}`

export function methodWords({ settings }: Pick<SftStudioSpec, 'settings'>): string {
  return settings.method === 'lora' ? `adapter of rank ${settings.rank}` : 'whole model'
}

/** What a run will cost, line by line. */
export function costLines(report: PreflightReport): { readonly label: string; readonly value: string }[] {
  const { memory, disk, parameters, rows } = report
  const seconds = report.secondsPerStep
  return [
    { label: 'Time', value: `about ${duration(report.totalSeconds * 1000)}` },
    {
      label: 'A step',
      value: `${seconds < 10 ? seconds.toFixed(2) : Math.round(seconds)} s, ${count(report.samples)} samples in all`,
    },
    { label: 'Memory', value: `${bytes(memory.peak)} at its peak; ${bytes(memory.free)} more could be had` },
    { label: 'Disk', value: `${bytes(disk.needed)} of ${bytes(disk.free)} free` },
    { label: 'Trains', value: `${many(parameters.trained)} of ${many(parameters.model)} parameters` },
    {
      label: 'Data',
      value: rows
        ? `${plural(rows.train, 'row')} to train, ${plural(rows.validation, 'row')} to validate; ${duration(report.secondsPreparing * 1000)} to check and encode them at each start`
        : 'scenes drawn without end',
    },
  ]
}
