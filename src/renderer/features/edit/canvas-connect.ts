/** Ties an editor to the stores: what it shows comes from them, what it finds out goes there. No React in between. */
import type { Document } from '../../../shared/document.ts'
import type { Raster } from '../../../shared/jobs.ts'
import type { Box } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { canvas, useEditor, type EditorState } from '../../canvas/editor-store.ts'
import { createEditor } from '../../canvas/editor.ts'
import { canvasHost } from '../../canvas/host.ts'
import { newId } from '../../ids.ts'
import { loadPicture } from '../../canvas/load-picture.ts'
import type { ToolOptions } from '../../canvas/tools/types.ts'
import { dispatch } from '../../state/documents.ts'
import { play } from '../../state/playback.ts'
import { pendingCells, setPendingCells, useEdits } from '../../state/playback-edits.ts'
import type { OverlayKind } from '../../state/playback-overlay.ts'
import { pointAt, readOverlayPalette, useMoment } from '../../state/playback-view.ts'
import { useStudio, studio, type StudioState } from '../../state/store.ts'
import { parseView, printView } from '../../canvas/view.ts'
import { recall, remember } from '../../ui/remembered.ts'
import { pictureOf } from './staging-actions.ts'

/** Mounts an editor in `host`. Returns how to take it away. */
export function connectEditor(host: HTMLElement): () => void {
  const set = useEditor.setState
  const editor = createEditor(host, {
    dispatch,
    loadPicture,
    upload: (content) => api.upload(content),
    newId,
    say: (message) => canvasHost.say(message),
    fail: (error) => canvasHost.fail(error),
    on: {
      view: (view) => {
        set({ view })
        keepView()
      },
      selection: (selection) => set({ selection }),
      cellsPainted: setPendingCells,
      cellHover: (cell) => pointAt(cell === null ? null : { field: 'outputImage', index: cell }),
      colour: canvas.keepColour,
      compare: (compare) => set({ compare }),
      free: (free) => set({ free }),
      pixels: () => set((s) => ({ pixels: s.pixels + 1 })),
      painting: () => {
        if (useEditor.getState().candidate !== null) canvas.showCandidate(null)
        if (isStepShown()) canvas.showStep(false)
      },
      cellCursor: (cellCursor) => set({ cellCursor }),
      spaceTap: () => play({ type: 'toggle' }),
      escape: () => {
        if (useEditor.getState().candidate !== null) canvas.showCandidate(null)
        else if (useEditor.getState().armed !== null) canvas.arm(null)
      },
    },
  })

  let options: ToolOptions | null = null
  const feedOptions = (): void => {
    const { colour, brushSize, maskSize, remaskSize, armed } = useEditor.getState()
    const { document, models } = studio.get()
    const info = models.find((model) => model.id === document?.settings.model)
    const old = options?.model
    const model = info
      ? old?.size === info.size && old.grid === info.grid
        ? old
        : { size: info.size, grid: info.grid }
      : null
    const next: ToolOptions = { colour, brushSize, maskSize, remaskSize, armed, model }
    if (options && (Object.keys(next) as (keyof ToolOptions)[]).every((key) => next[key] === options?.[key])) return
    options = next
    editor.setToolOptions(next)
  }
  const feedEditor = (now: EditorState): void => {
    editor.setTool(now.tool)
    feedOptions()
    editor.setSelection(now.selection)
    editor.setCompare(now.compare)
    editor.setMaskShown(now.maskShown)
  }
  const feedCandidate = followCandidate((picture) => editor.setCandidate(picture))
  let raster: Raster | null = null
  let place: Box | null = null
  const feedMoment = (): void => {
    const moment = useMoment.getState()
    const state = studio.get()
    editor.setOverlay({
      map: isStepShown() ? moment.overlay : null,
      highlights: new Set(moment.together?.cells ?? []),
    })
    const box = (moment.run !== null && state.runs.get(moment.run)?.box) || state.document?.box
    const next = box && isStepShown() ? moment.raster : null
    // The same picture again, while the pointer goes over words: nothing to decode.
    if (next === raster && (next === null || box === place)) return
    raster = next
    place = box ?? null
    editor.setPreview(next && box ? { raster: next, box } : null)
  }
  const feedCells = (): void => editor.setRemask(pendingCells())

  let document: Document | null = null
  let looked: string | null = null
  /** Where a document was looked at is kept with it, and looked at again when it is opened. */
  const keepView = (): void => {
    if (looked !== null) remember(`view.${looked}`, printView(editor.keptView()))
  }
  const backToView = (id: string | null): void => {
    if (id === looked) return
    looked = null
    const kept = id === null ? null : parseView(recall(`view.${id}`, ''))
    if (kept) editor.restoreView(kept)
    else if (id !== null) editor.setView('fit')
    looked = id
  }
  const feedStudio = (now: StudioState): void => {
    if (now.document !== document) {
      document = now.document
      feedOptions()
      editor.setDocument(document)
      backToView(document && now.documentId)
      feedCandidate()
    }
    feedOptions()
    feedMoment()
    feedCells()
  }

  const themed = new MutationObserver(() => readOverlayPalette(host))
  themed.observe(window.document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  readOverlayPalette(host)
  feedEditor(useEditor.getState())
  feedStudio(studio.get())
  const stops = [
    useStudio.subscribe((now, before) => {
      const same =
        now.document === before.document &&
        now.models === before.models &&
        now.viewedRun === before.viewedRun &&
        now.viewedStep === before.viewedStep &&
        now.runs === before.runs
      // Another run is looked at: its steps lie on the canvas again.
      if (now.viewedRun !== before.viewedRun) canvas.showStep(true)
      if (!same) feedStudio(now)
    }),
    useEditor.subscribe((now, before) => {
      if (now.view !== before.view || now.pixels !== before.pixels || now.free !== before.free) return
      feedEditor(now)
      feedCandidate()
      if (now.stepShown !== before.stepShown) feedMoment()
    }),
    useMoment.subscribe(feedMoment),
    useEdits.subscribe(feedCells),
  ]
  set({ editor })
  return () => {
    themed.disconnect()
    stops.forEach((stop) => stop())
    set({ editor: null })
    editor.destroy()
  }
}

/**
 * Whether there is a step to lay over the document: of a run that goes, of one that is scrubbed, or one whose token map is
 * asked for. The end of a run is looked at in the staging strip, but for one made elsewhere, which is not staged.
 */
export function hasStep({ viewedRun, viewedStep, runs }: StudioState, kind: OverlayKind): boolean {
  if (viewedRun === null) return false
  const run = runs.get(viewedRun)
  return viewedStep !== null || kind !== 'image' || run?.state === 'running' || run?.imported === true
}

const isStepShown = (): boolean =>
  useEditor.getState().stepShown && hasStep(studio.get(), useMoment.getState().overlayKind)

/** Draws the candidate that is looked at; the last one asked for wins. */
function followCandidate(show: (picture: Awaited<ReturnType<typeof pictureOf>> | null) => void): () => void {
  let key = ''
  return () => {
    const { candidate: run, resultEdge } = useEditor.getState()
    const { document } = studio.get()
    const candidate = document?.staging.find((staged) => staged.run === run)
    const next = candidate ? `${candidate.run} ${document?.feather} ${resultEdge} ${JSON.stringify(candidate.box)}` : ''
    if (next === key) return
    key = next
    if (!candidate || !document) return show(null)
    pictureOf(candidate, document.feather).then(
      (picture) => key === next && show(picture),
      (error: unknown) => {
        if (key !== next) return
        show(null)
        canvasHost.fail(error)
      },
    )
  }
}
