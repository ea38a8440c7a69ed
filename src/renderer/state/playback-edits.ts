/**
 * Changes prepared for the viewed run, and the branch that carries them out. They are kept by run: looking at another one
 * and coming back loses nothing.
 */
import { create } from 'zustand'
import type { Run, RunError } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { currentStep, viewRun } from './playback.ts'
import { parseEdits, printEdits } from './playback-edits-kept.ts'
import {
  brushable,
  editReducer,
  isEmpty,
  lastBranchStep,
  noEdits,
  noHistory,
  toEditsOfRun,
  type EditAction,
  type EditHistory,
  type PendingEdits,
} from './playback-edits-reducer.ts'
import { recall, remember, whenRestored } from '../ui/remembered.ts'
import { studio, useStudio, withEntry } from './store.ts'
import { asRunError, frameOf } from './trajectories.ts'

interface EditState {
  readonly histories: ReadonlyMap<string, EditHistory>
  /** A branch has been asked for and is not there yet. */
  readonly branching: boolean
  readonly error: RunError | null
}
const KEPT = 'edits.pending'
export const useEdits = create<EditState>(() => ({ histories: readKept(), branching: false, error: null }))
whenRestored(() => useEdits.setState({ histories: readKept() }))

function readKept(): ReadonlyMap<string, EditHistory> {
  return parseEdits(recall(KEPT, ''))
}

function setHistory(run: string, history: EditHistory): void {
  const histories = withEntry(useEdits.getState().histories, run, history)
  useEdits.setState({ histories, error: null })
  remember(KEPT, printEdits(histories))
}

/** Told of every branch that was made: the document's history takes it in, so that undo walks over it. */
export type BranchListener = (from: Run['id'], to: Run, step: number) => void
const branchListeners = new Set<BranchListener>()
export function onBranch(listener: BranchListener): () => void {
  branchListeners.add(listener)
  return () => branchListeners.delete(listener)
}

export function edit(action: EditAction): void {
  const run = studio.get().viewedRun
  if (run === null) return
  const { histories } = useEdits.getState()
  const before = histories.get(run) ?? noHistory
  const after = editReducer(before, action)
  if (after !== before) setHistory(run, after)
}

export const usePendingEdits = (): PendingEdits => {
  const run = useStudio((s) => s.viewedRun)
  return useEdits((s) => (run === null ? noEdits : (s.histories.get(run)?.now ?? noEdits)))
}

/** Cells of the viewed run that are to be masked again: the canvas shows them and sets them. */
export const usePendingCells = (): ReadonlySet<number> => usePendingEdits().cells

export function pendingCells(): ReadonlySet<number> {
  const run = studio.get().viewedRun
  return (run === null ? undefined : useEdits.getState().histories.get(run)?.now.cells) ?? noEdits.cells
}

/** Sets the cells to be masked again; those the run was not free to draw are left out. */
export function setPendingCells(cells: Iterable<number>): void {
  const { viewedRun, trajectories } = studio.get()
  const header = viewedRun === null ? undefined : trajectories.get(viewedRun)?.header
  if (header) edit({ type: 'cells', cells: brushable(header, cells) })
}

/** The step "Continue from here" would go on from: the one on screen, or the last that leaves something to decide. */
export function branchStep(): number | null {
  const { viewedRun, trajectories } = studio.get()
  const trajectory = viewedRun === null ? undefined : trajectories.get(viewedRun)
  return trajectory ? Math.min(currentStep(), lastBranchStep(trajectory.header, trajectory.steps.length)) : null
}

/** Makes the branch with the prepared changes and shows it. A failure is told in `useEdits` and loses nothing. */
export async function continueFromHere(): Promise<void> {
  const { viewedRun: run, trajectories } = studio.get()
  const step = branchStep()
  const trajectory = run === null ? undefined : trajectories.get(run)
  if (run === null || step === null || !trajectory || useEdits.getState().branching) return
  const pending = useEdits.getState().histories.get(run)?.now ?? noEdits
  const frame = frameOf(run, step)
  if (!frame) return
  const { replace, remask } = toEditsOfRun(trajectory.header, frame, pending)
  useEdits.setState({ branching: true, error: null })
  try {
    const branch = await api.call('runs.branch', { run, step, edits: { replace: [...replace], remask: [...remask] } })
    studio.set({ runs: withEntry(studio.get().runs, branch.id, studio.get().runs.get(branch.id) ?? branch) })
    if (!isEmpty(pending)) setHistory(run, noHistory)
    if (studio.get().viewedRun === run) viewRun(branch.id)
    for (const listener of branchListeners) listener(run, branch, step)
  } catch (error) {
    useEdits.setState({ error: asRunError(error) })
  } finally {
    useEdits.setState({ branching: false })
  }
}
