/** Runs in words and numbers: modes, time left, how a box becomes the model's picture. Pure. */
import type { Box, Run, RunState } from '../../shared/studio.ts'
import type { DecodingMode } from '../../shared/trajectory.ts'

export interface ModeWords {
  readonly mode: DecodingMode
  readonly name: string
  readonly short: string
  /** One line that says when to choose it. */
  readonly line: string
}

export const modes: readonly ModeWords[] = [
  {
    mode: 'parallel',
    name: 'Together',
    short: 'Together',
    line: 'Reasoning and picture are decided step by step side by side, each seeing the other.',
  },
  {
    mode: 'sequential',
    name: 'Think, then draw',
    short: 'In turn',
    line: 'All of the reasoning first, then the picture: thinking before drawing.',
  },
  {
    mode: 'semi-parallel',
    name: 'Reasoning in blocks',
    short: 'Blocks',
    line: 'The reasoning is written from left to right in blocks while the picture is drawn.',
  },
  {
    mode: 'image-only',
    name: 'Picture only',
    short: 'No text',
    line: 'No reasoning at all: quickest, and the other half of a comparison.',
  },
]

export const modeName = (mode: DecodingMode): string => modes.find((entry) => entry.mode === mode)?.name ?? mode

export const stateName: Readonly<Record<RunState, string>> = {
  queued: 'Waiting',
  running: 'Running',
  done: 'Done',
  cancelled: 'Stopped',
  failed: 'Failed',
}

/** How a run stands, in a few words: "Stopped at step 5 of 16". */
export function standing({
  state,
  step,
  settings,
  stoppedAtOnce,
}: Pick<Run, 'state' | 'step' | 'settings' | 'stoppedAtOnce'>): string {
  if (state === 'done' || state === 'queued') return stateName[state]
  const at = step === 0 ? 'before its first step' : `at step ${step} of ${settings.steps}`
  return `${state === 'cancelled' && stoppedAtOnce ? 'Stopped at once' : stateName[state]} ${at}`
}

/**
 * Whether going on helps a run that ended early: it has steps to go on from, or a person stopped it. One that failed before
 * its first step failed at what it was given, and would again.
 */
export const canContinue = ({ state, step, imported }: Pick<Run, 'state' | 'step' | 'imported'>): boolean =>
  !imported && (state === 'cancelled' || (state === 'failed' && step > 0))

/** "0.4 s", "12 s", "3 min 20 s", "1 h 5 min". */
export function duration(ms: number): string {
  if (ms < 950) return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** "210 ms/step", "1.2 s/step": short times to two figures, so that the words rest while the pace does. */
export function stepWords(ms: number): string {
  if (ms >= 950) return `${duration(ms)}/step`
  return `${ms < 10 ? ms.toFixed(1) : Number(ms.toPrecision(2))} ms/step`
}

/** What follows "Step 3 of 16": the time of a step and how long the rest takes, where there is a pace. */
export function paceWords({
  stepMs,
  etaMs,
}: {
  readonly stepMs: number | null
  readonly etaMs: number | null
}): string {
  return (stepMs === null ? '' : `, ${stepWords(stepMs)}`) + (etaMs === null ? '' : `, ${duration(etaMs)} left`)
}

/** "Box 512 × 512 → 128 × 128 model px, 4× smaller". */
export function scaleWords(box: Pick<Box, 'width' | 'height'>, size: number): string {
  const width = Math.max(1, Math.round(box.width))
  const height = Math.max(1, Math.round(box.height))
  const ratio = width / size
  const times = (value: number): string => `${Number(value.toFixed(value < 9.95 ? 1 : 0))}×`
  const how =
    width === size && height === size ? '1:1' : ratio >= 1 ? `${times(ratio)} smaller` : `${times(1 / ratio)} larger`
  const stretched = width === height ? '' : ', stretched'
  return `Box ${width} × ${height} → ${size} × ${size} model px, ${how}${stretched}`
}

/** "just now", "5 min ago", "14:05", "3 Mar 14:05": short where it is near. */
export function when(time: number, now: number): string {
  const minutes = Math.floor((now - time) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  const then = new Date(time)
  const clock = `${String(then.getHours()).padStart(2, '0')}:${String(then.getMinutes()).padStart(2, '0')}`
  if (new Date(now).toDateString() === then.toDateString()) return clock
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  const year = then.getFullYear() === new Date(now).getFullYear() ? '' : ` ${then.getFullYear()}`
  return `${then.getDate()} ${months[then.getMonth()]}${year} ${clock}`
}

/** What a run is called: its instruction, or what it is without one. */
export const runTitle = (run: Pick<Run, 'settings' | 'imported'>): string =>
  run.settings.instruction.trim() || (run.imported ? 'Opened trajectory' : 'Without an instruction')
