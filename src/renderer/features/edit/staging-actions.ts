/** Results that wait in the staging strip: taken as layers, turned down, or looked at on the canvas. */
import type { Candidate } from '../../../shared/document.ts'
import type { Run } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { resultCanvas, resultLayer, type ResultOptions } from '../../canvas/compose.ts'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { canvasHost } from '../../canvas/host.ts'
import { newId } from '../../ids.ts'
import type { BoxPicture } from '../../canvas/shown.ts'
import { wholeBox } from '../../canvas/cells.ts'
import { dispatch } from '../../state/documents.ts'
import { viewRun } from '../../state/playback.ts'
import { studio, withEntry } from '../../state/store.ts'

/** A run by its id, asked for where no screen did yet. */
async function runOf(id: string): Promise<Run> {
  const known = studio.get().runs.get(id)
  if (known) return known
  const run = await api.call('runs.get', { run: id })
  studio.set({ runs: withEntry(studio.get().runs, id, run) })
  return run
}

function optionsFor(run: Run, { box }: Candidate, feather: number): ResultOptions {
  const model = studio.get().models.find(({ id }) => id === run.settings.model)
  const { resultEdge: edge } = useEditor.getState()
  return { box, feather, edge, grid: model ? { size: model.size, grid: model.grid } : null }
}

/** What the canvas lays over the document for a candidate: exactly what accepting it would give. */
export async function pictureOf(candidate: Candidate, feather: number): Promise<BoxPicture> {
  const run = await runOf(candidate.run)
  return { image: await resultCanvas(run, optionsFor(run, candidate, feather)), box: wholeBox(candidate.box) }
}

/** Lays a result onto the canvas, with its reasoning and its steps beside it; null takes it off. */
export function lookAtCandidate(run: string | null): void {
  canvas.showCandidate(run)
  // Its end, not a step that was looked at before: that would lie over it.
  if (run !== null) viewRun(run)
}

const isStaged = ({ run }: Candidate): boolean =>
  studio.get().document?.staging.some((staged) => staged.run === run) ?? false

const accepting = new Set<string>()

/** Takes a result: it becomes a layer over the part of the document it was made for. */
export async function acceptCandidate(candidate: Candidate): Promise<void> {
  if (accepting.has(candidate.run)) return
  accepting.add(candidate.run)
  try {
    const run = await runOf(candidate.run)
    const { document } = studio.get()
    if (!document) return
    const options = optionsFor(run, candidate, document.feather)
    const upload = (content: Blob): Promise<string> => api.upload(content)
    const value = await resultLayer(run, { ...options, document, id: newId(), upload })
    // Turned down, or another document opened, while it was drawn.
    if (!isStaged(candidate)) return
    dispatch({ type: 'accept', run: candidate.run, value })
    // Not taken, which was said: it waits where it waited.
    if (isStaged(candidate)) return
    if (useEditor.getState().candidate === candidate.run) canvas.showCandidate(null)
    // The accepted layer is the document now; a viewed step would cover it.
    if (studio.get().viewedRun === candidate.run) studio.set({ viewedStep: null })
  } catch (error) {
    canvasHost.fail(error)
  } finally {
    accepting.delete(candidate.run)
  }
}

/** Turns a result down: it leaves the strip and is marked so in the history. Undo brings it back. */
export function rejectCandidate(candidate: Candidate): void {
  const { document } = studio.get()
  const staging = document?.staging ?? []
  const at = staging.findIndex(({ run }) => run === candidate.run)
  const next = staging[at + 1] ?? staging[at - 1]
  if (useEditor.getState().candidate === candidate.run) lookAtCandidate(next?.run ?? null)
  dispatch({ type: 'unstage', run: candidate.run })
  api.call('runs.update', { run: candidate.run, rejected: true }).catch((error: unknown) => canvasHost.fail(error))
}

/** Before/after on the canvas, for the candidate that lies there. */
export function toggleCompare(): void {
  const { candidate, compare } = useEditor.getState()
  const first = candidate ?? studio.get().document?.staging.at(-1)?.run ?? null
  if (first === null) return
  lookAtCandidate(first)
  canvas.setCompare(compare === null ? 0.5 : null)
}
