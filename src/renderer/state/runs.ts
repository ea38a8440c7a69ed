/** Runs: started from the document, followed by events, staged when they end, and everything done to one afterwards. */
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import type { QueueItem, Run, RunSettings } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { renderBox, renderMaskBox } from '../canvas/compose.ts'
import { canvas } from '../canvas/editor-store.ts'
import { dispatch, dispatchQuietly, takeSettings } from './documents.ts'
import { download } from './download.ts'
import { viewRun } from './playback.ts'
import { onBranch } from './playback-edits.ts'
import { runCommand, useCommands } from './commands.ts'
import { reportText } from './problems.ts'
import { pacedBy, stepTime, timeLeft, type Pace } from './runs-pace.ts'
import { canContinue } from './runs-words.ts'
import { baseOf, settingsHere } from './settings-here.ts'
import { studio, useStudio, withEntry } from './store.ts'
import { toast, toastError } from './toasts.ts'
import { waitFor, type Waiting } from './waits.ts'
import { recall, remember, whenRestored } from '../ui/remembered.ts'

/** Composing and uploading the picture, before there is a run: the button says so. */
export const useStarting = create<{ readonly starting: boolean }>(() => ({ starting: false }))

/** Runs of the open document whose end is awaited, kept for the next window so that a result is not missed. */
const AWAITED = 'runs.awaited'
const awaited = new Set<string>()
whenRestored(() => {
  for (const id of recall(AWAITED, '').split(' ')) if (id !== '') awaited.add(id)
})

const keepAwaited = (): void => remember(AWAITED, [...awaited].slice(-200).join(' '))

/** The pace of runs that go on, by run. */
const usePaces = create<{ readonly paces: ReadonlyMap<string, Pace> }>(() => ({ paces: new Map() }))

export interface Progress {
  readonly step: number
  /** Milliseconds a step takes and milliseconds until the end; null before there is a pace. */
  readonly stepMs: number | null
  readonly etaMs: number | null
}

/** How far a queued run is, as its steps come in, what a step takes and how long the rest does. */
export function useProgress(item: QueueItem | undefined): Progress {
  const pace = usePaces((s) => (item ? s.paces.get(item.run) : undefined))
  const recorded = useStudio((s) => (item ? s.runs.get(item.run)?.step : undefined)) ?? 0
  const step = Math.max(item?.step ?? 0, recorded, pace?.last.step ?? 0)
  const etaMs = (item && timeLeft(pace, item.steps)) ?? item?.etaMs ?? null
  // A window that has seen no steps yet knows the pace from the service's own estimate.
  const told = item?.etaMs && item.steps > item.step ? item.etaMs / (item.steps - item.step) : null
  return { step, stepMs: stepTime(pace) ?? told, etaMs }
}

/** How many runs the button and its chord start, and in which lane. */
export const useBatch = create<{ readonly count: number; readonly background: boolean }>(() => ({
  count: 1,
  background: false,
}))

export function startBatch(): Promise<void> {
  const { count, background } = useBatch.getState()
  return startRuns({ count, lane: background ? 'background' : 'interactive' })
}

export const isGoing = (run: Pick<Run, 'state'>): boolean => run.state === 'queued' || run.state === 'running'

/** Takes runs in that a screen asked for. */
export function putRuns(list: readonly Run[]): void {
  if (list.length === 0) return
  const runs = new Map(studio.get().runs)
  for (const run of list) runs.set(run.id, run)
  studio.set({ runs })
  for (const run of list) followEnd(run)
}

function followEnd(run: Run): void {
  if (isGoing(run)) {
    if (run.document !== studio.get().documentId || awaited.has(run.id)) return
    awaited.add(run.id)
    keepAwaited()
  } else if (awaited.has(run.id)) settleRun(run)
}

/** A run ended: its picture goes to the staging strip of the document it was made for. */
function settleRun(run: Run): void {
  if (run.document !== studio.get().documentId) return
  awaited.delete(run.id)
  keepAwaited()
  if (run.state === 'failed') {
    const { message, remedy, details } = run.error ?? { message: 'The run failed.', remedy: 'Try again.' }
    const diagnostics = reportText({ message, remedy, details, run: run.id, where: 'run' })
    toast({ tone: 'danger', message, remedy, diagnostics, action: continueAction(run) })
    return
  }
  if (run.state === 'cancelled' && run.step > 0)
    toast({
      tone: 'info',
      message: run.stoppedAtOnce
        ? `The run was stopped at once; its ${run.step} ${run.step === 1 ? 'step is' : 'steps are'} kept.`
        : `The run stopped at step ${run.step}.`,
      action: continueAction(run),
    })
  if (run.picture && run.box) {
    dispatchQuietly({ type: 'stage', candidate: { run: run.id, box: run.box } })
    // The run that was watched ends where it was watched: on the canvas, to be taken or turned down.
    if (studio.get().viewedRun === run.id && studio.get().viewedStep === null) canvas.showCandidate(run.id)
  }
}

const continueAction = (run: Run): { label: string; run: () => void } =>
  canContinue(run)
    ? { label: 'Continue it', run: () => void continueRun(run.id) }
    : { label: 'Run again with changes', run: () => changeAndRunAgain(run) }

/** Follows the service's events. */
export function followRuns(): void {
  api.on('run.changed', ({ run }) => {
    studio.set({ runs: withEntry(studio.get().runs, run.id, run) })
    if (!isGoing(run)) forgetGoing(run.id)
    followEnd(run)
  })
  api.on('run.step', ({ run, record }) => {
    const { paces } = usePaces.getState()
    usePaces.setState({ paces: withEntry(paces, run, pacedBy(paces.get(run), record.step, performance.now())) })
  })
  api.on('run.removed', ({ runs: removed }) => {
    const runs = new Map(studio.get().runs)
    for (const id of removed) runs.delete(id)
    studio.set({ runs })
    const { viewedRun } = studio.get()
    if (viewedRun !== null && removed.includes(viewedRun)) viewRun(null)
    for (const { run } of studio.get().document?.staging ?? [])
      if (removed.includes(run)) dispatchQuietly({ type: 'unstage', run })
  })
  onBranch((from, to, step) => dispatch({ type: 'branch', from, to: to.id, step }))
}

/** What is known only of runs that go on. */
function forgetGoing(id: string): void {
  cancelling.delete(id)
  const paces = new Map(usePaces.getState().paces)
  if (paces.delete(id)) usePaces.setState({ paces })
}

/** The runs that wait or go on, those that ended while no screen looked or heard, and those that are staged. */
export async function loadQueuedRuns(): Promise<void> {
  const { queue, document, runs } = studio.get()
  const wanted = new Set([
    ...queue.map(({ run }) => run),
    ...[...runs.values()].filter(isGoing).map(({ id }) => id),
    ...awaited,
    ...(document?.staging.map(({ run }) => run) ?? []),
  ])
  const answers = await Promise.allSettled([...wanted].map((run) => api.call('runs.get', { run })))
  putRuns(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])))
}

export interface StartOptions {
  readonly count: number
  readonly lane: 'interactive' | 'background'
}

/** Why a run cannot be started now; null where it can. */
export function whyNotRun(settings: RunSettings, layers: number): string | null {
  if (settings.instruction.trim() === '') return 'Write an instruction first.'
  if (settings.task === 'edit' && layers === 0) return 'Put a picture on the canvas, or choose "Generate".'
  return null
}

/** Composes the box, uploads it and queues the runs; the first of them is viewed. */
export async function startRuns({ count, lane }: StartOptions): Promise<void> {
  const { document, documentId, project } = studio.get()
  if (!document || !project || useStarting.getState().starting) return
  const { settings, box } = document
  const why = whyNotRun(settings, document.layers.length)
  if (why !== null) return void toast({ tone: 'warning', message: why })
  useStarting.setState({ starting: true })
  try {
    const edit = settings.task === 'edit'
    const [input, mask] = edit
      ? await Promise.all([renderBox(document, box), renderMaskBox(document, box)])
      : [null, null]
    const uploaded = input && (await api.upload(input))
    const uploadedMask = mask && (await api.upload(mask))
    const { runs } = await api.call('runs.start', {
      project: project.id,
      document: documentId,
      settings,
      input: uploaded,
      mask: uploadedMask,
      box,
      pins: [],
      count,
      lane,
    })
    putRuns(runs)
    const first = runs[0]
    if (first) viewRun(first.id)
  } catch (error) {
    toastError(error)
  } finally {
    useStarting.setState({ starting: false })
  }
}

const cancelling = new Set<string>()

/** Stops a run: after its step, or at once where it was asked before or `now` says so. */
export async function cancelRun(id: string, now = false): Promise<void> {
  const again = cancelling.has(id)
  cancelling.add(id)
  try {
    await api.call('runs.cancel', { run: id, now: now || again })
  } catch (error) {
    cancelling.delete(id)
    toastError(error)
  }
}

export async function continueRun(id: string): Promise<void> {
  try {
    putRuns([await api.call('runs.continue', { run: id })])
    viewRun(id)
  } catch (error) {
    toastError(error)
  }
}

export async function updateRun(
  id: string,
  change: { readonly favourite?: boolean; readonly rejected?: boolean; readonly rating?: number },
): Promise<void> {
  const before = studio.get().runs.get(id)
  // Shown at once; the answer, or what it was, follows.
  if (before) studio.set({ runs: withEntry(studio.get().runs, id, { ...before, ...change }) })
  try {
    const run = await api.call('runs.update', { run: id, ...change })
    studio.set({ runs: withEntry(studio.get().runs, id, run) })
  } catch (error) {
    if (before) studio.set({ runs: withEntry(studio.get().runs, id, before) })
    toastError(error)
  }
}

export const deleteRuns = (ids: readonly string[]): Promise<unknown> => api.call('runs.delete', { runs: [...ids] })

const exportNames = {
  png: 'picture',
  gif: 'animation (GIF)',
  webp: 'animation (WebP)',
  frames: 'frames (ZIP)',
  trajectory: 'trajectory',
} as const

export async function exportRun(id: string, kind: keyof typeof exportNames): Promise<void> {
  const metadata = studio.get().preferences.exportMetadata
  try {
    const words = `Making the ${exportNames[kind]}`
    download(await waitFor(words, ({ task }) => api.call('runs.export', { run: id, kind, metadata, task })))
  } catch (error) {
    toastError(error)
  }
}

export async function reorderRun(id: string, before: string | null): Promise<void> {
  try {
    await api.call('runs.reorder', { run: id, before })
  } catch (error) {
    toastError(error)
  }
}

/** The settings of a run become those of the document; its seed comes along, locked. */
export function reuseSettings(run: Run): void {
  const made = { name: run.modelName || run.settings.model, hash: run.modelHash }
  const { settings, lack } = settingsHere(run.settings, made, studio.get().models, baseOf(run))
  takeSettings({ ...settings, seed: run.seed })
  toast({
    tone: lack === null ? 'good' : 'warning',
    message: 'The settings of this run are set.',
    remedy: lack ?? undefined,
  })
}

/** A run that failed at what it was given: its settings are set again, where they can be changed. */
export function changeAndRunAgain(run: Run): void {
  reuseSettings(run)
  const focus = useCommands.getState().commands.find(({ id }) => id === 'run.instruction')
  if (focus) runCommand(focus)
}

/** Puts the result of any run into the staging strip of the open document. */
export function stageRun(run: Run): void {
  const { document } = studio.get()
  if (!document || !run.picture) return
  dispatch({ type: 'stage', candidate: { run: run.id, box: run.box ?? document.box } })
}

/** Opens a trajectory made elsewhere as a run of the project. */
export async function openTrajectoryFile(file: File, waiting: Waiting): Promise<void> {
  const { project } = studio.get()
  if (!project) throw new TandemError('No project is open.', 'Open a project first.')
  const blob = await api.upload(file, waiting.signal)
  waiting.commit()
  const run = await api.call('trajectories.open', { blob, name: file.name.slice(-300), project: project.id })
  putRuns([run])
  viewRun(run.id)
  for (const message of run.warnings) toast({ tone: 'warning', message })
}
