/**
 * What of a document was looked at: the run and the step on the timeline, and the result that lay on the canvas. Kept with
 * the document and looked at again when it is opened.
 */
import { api } from '../api.ts'
import { canvas, useEditor } from '../canvas/editor-store.ts'
import { recall, remember } from '../ui/remembered.ts'
import { viewRun } from './playback.ts'
import { putRuns } from './runs.ts'
import { studio, useStudio } from './store.ts'
import { parseViewed, printViewed } from './viewed-kept.ts'

const runKey = (document: string): string => `viewed.${document}`
const candidateKey = (document: string): string => `candidate.${document}`

let restoring = false

/** Keeps what is looked at from now on. */
export function followViewed(): void {
  useStudio.subscribe((now, before) => {
    if (restoring || now.documentId === null || now.documentId !== before.documentId) return
    if (now.viewedRun === before.viewedRun && now.viewedStep === before.viewedStep) return
    const { viewedRun: run, viewedStep: step } = now
    remember(runKey(now.documentId), run === null ? null : printViewed({ run, step }))
  })
  useEditor.subscribe((now, before) => {
    const { documentId } = studio.get()
    if (restoring || documentId === null || now.candidate === before.candidate) return
    remember(candidateKey(documentId), now.candidate)
  })
}

/** Looks at the open document as it was left. A run that is gone since is not looked at. */
export async function restoreViewed(): Promise<void> {
  const { documentId } = studio.get()
  const kept = documentId === null ? null : parseViewed(recall(runKey(documentId), ''))
  const candidate = documentId === null ? '' : recall(candidateKey(documentId), '')
  restoring = true
  try {
    viewRun(null)
    canvas.showCandidate(null)
  } finally {
    restoring = false
  }
  if (studio.get().document?.staging.some(({ run }) => run === candidate)) canvas.showCandidate(candidate)
  if (!kept) return
  const known = await api.call('runs.get', { run: kept.run }).catch(() => null)
  if (!known || studio.get().documentId !== documentId || studio.get().viewedRun !== null) return
  putRuns([known])
  viewRun(kept.run, kept.step)
}
