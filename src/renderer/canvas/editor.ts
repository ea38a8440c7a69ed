/**
 * The canvas editor: a document in, commands out. It keeps what is shown, draws it by the scene, and turns gestures of
 * the tool in the hand into one command each. A plain object: whoever mounts it feeds it by setters.
 */
import { cellAt } from './cells.ts'
import type { Point } from './geometry.ts'
import { lineGesture } from './compare-line.ts'
import { Cursor } from './cursor.ts'
import type { Editor, EditorDeps } from './editor-types.ts'
import { FreeCells } from './free-cells.ts'
import { attachInput, type Input } from './input.ts'
import { activeLayerOf } from './layers.ts'
import { Lifter } from './lift.ts'
import { MaskRaster } from './mask-raster.ts'
import { followTheme, readPalette } from './palette.ts'
import { Pictures } from './pictures.ts'
import { boundsOfLayer, Rasters } from './raster.ts'
import { RasterCanvas } from './raster-canvas.ts'
import { colourOf } from './sampling.ts'
import { Scene } from './scene.ts'
import { allParts, blobsBeside, changedParts, draftParts, nothingShown, type Part, type Shown } from './shown.ts'
import { placeAt, placeCommand } from './sprites.ts'
import { toolOf } from './tools/index.ts'
import { emptyDraft, type Draft, type KeyPress, type PointerAt, type ToolContext } from './tools/types.ts'
import { LayerHandles } from './transformer.ts'
import { toDocument } from './view.ts'
import { Viewport } from './viewport.ts'

export function createEditor(host: HTMLElement, deps: EditorDeps): Editor {
  const { on } = deps
  const container = document.createElement('div')
  container.className = 'canvas-stage'
  host.append(container)
  const cursor = new Cursor(host)

  let shown: Shown = { ...nothingShown, tool: toolOf('brush') }
  let palette = readPalette(host)
  let panReady = false
  let hovered: number | null = null

  const arrived = (): void => {
    scene.redraw(...allParts)
    refreshFree()
    on.pixels()
  }
  const pictures = new Pictures((blob) => deps.loadPicture(blob), arrived, deps.fail)
  const rasters = new Rasters(pictures)
  const mask = new MaskRaster(pictures)
  const free = new FreeCells(mask, (cells) => {
    show({ free: cells }, 'above')
    on.free(cells)
  })
  const steps = new RasterCanvas()
  const scene = new Scene(container, { shown: () => shown, palette: () => palette, rasters, pictures, mask })
  const handles = new LayerHandles(scene, palette, {
    onChange: (layer, transform) => draft({ transform: { layer, transform } }),
    onCommit: (layer, transform) => {
      draft({ transform: null })
      deps.dispatch({ type: 'setLayer', layer, transform })
    },
  })
  const lifter = new Lifter(deps, rasters, {
    document: () => shown.document,
    float: (floating) => show({ floating }, 'active', 'above'),
    draft: (change) => draft(change),
    select: (points) => select(points),
  })

  function show(change: Partial<Shown>, ...parts: readonly Part[]): void {
    shown = { ...shown, ...change }
    scene.redraw(...parts)
  }

  function draft(change: Partial<Draft>): void {
    const parts = new Set((Object.keys(change) as (keyof Draft)[]).map((key) => draftParts[key]))
    show({ draft: { ...shown.draft, ...change } }, ...parts)
    if ('transform' in change && !handles.busy) showHandles()
  }

  function select(points: readonly number[] | null): void {
    if (points === shown.selection) return
    show({ selection: points }, 'above')
    on.selection(points)
  }

  const viewport = new Viewport(host, {
    subject: () => shown.document,
    view: () => shown.view,
    size: () => shown.host,
    look: (view) => {
      shown = { ...shown, view }
      scene.look(shown)
      sizeCursor()
      on.view(view)
    },
    resized: (size) => {
      shown = { ...shown, host: size }
      scene.resize(size.width, size.height)
    },
  })

  /** Handles stand around the active layer while the move tool is in the hand. */
  function showHandles(): void {
    const layer = shown.tool.id === 'move' && shown.document ? activeLayerOf(shown.document) : null
    const moving = shown.draft.transform
    const transform = layer && moving?.layer === layer.id ? moving.transform : (layer?.transform ?? null)
    handles.show(layer?.visible ? layer : null, layer && boundsOfLayer(layer), transform)
  }

  const refreshFree = (): void => free.refresh(shown.document, shown.options.model)

  function context(): ToolContext | null {
    const doc = shown.document
    if (!doc) return null
    return {
      document: doc,
      view: shown.view,
      options: shown.options,
      selection: shown.selection,
      remask: shown.remask,
      cellCursor: shown.cellCursor,
      draft,
      dispatch: deps.dispatch,
      newId: deps.newId,
      select,
      setRemask: (cells) => {
        show({ remask: cells }, 'above')
        on.cellsPainted(cells)
      },
      setCellCursor: (cellCursor) => {
        moveCellCursor(cellCursor)
        hoverCell(cellCursor)
      },
      colourAt: (point) => colourOf(doc, rasters, point),
      pick: on.colour,
      lift: (points) => lifter.start(points),
      pan: (dx, dy) => viewport.pan(dx, dy),
      say: deps.say,
    }
  }

  function moveCellCursor(cellCursor: number | null): void {
    if (cellCursor === shown.cellCursor) return
    show({ cellCursor }, 'above')
    on.cellCursor(cellCursor)
  }

  function hoverCell(cell: number | null): void {
    if (cell === hovered) return
    hovered = cell
    on.cellHover(cell)
  }

  const useCursor = (): void => cursor.use(shown.tool, panReady, shown.document !== null)
  const sizeCursor = (): void => cursor.size((shown.tool.size?.(shown.options) ?? 0) * shown.view.scale)

  function hover(at: PointerAt, screen: Point): void {
    const doc = shown.document
    if (!doc) return
    cursor.move(screen)
    moveCellCursor(null)
    const ctx = context()
    if (ctx) shown.tool.hover?.(ctx, at)
    hoverCell(shown.options.model ? cellAt(doc.box, shown.options.model.grid, at.point) : null)
  }

  function key(press: KeyPress): boolean {
    const ctx = context()
    if (!ctx) return false
    if (shown.tool.key?.(ctx, press)) return true
    if (press.key === 'Escape') {
      if (handles.busy) {
        handles.cancel()
        draft({ transform: null })
      } else if (shown.selection) select(null)
      else on.escape()
      return true
    }
    if ((press.key === 'Delete' || press.key === 'Backspace') && shown.selection) return clearSelected()
    return false
  }

  function clearSelected(): boolean {
    const doc = shown.document
    const layer = doc && activeLayerOf(doc)
    if (!layer || !shown.selection) return false
    const points = lifter.onLayer(layer, shown.selection)
    if (points) deps.dispatch({ type: 'addMark', layer: layer.id, mark: { kind: 'clear', points } })
    return true
  }

  const input: Input = attachInput(host, {
    begin: (at, screen, panned) => {
      const ctx = context()
      if (!ctx) return null
      if (panned) return toolOf('pan').begin(ctx, at)
      const line = lineGesture(shown, screen, (compare) => {
        show({ compare }, 'above')
        on.compare(compare)
      })
      if (line) return line
      if (handles.holds(screen)) return 'pass'
      const gesture = shown.tool.begin(ctx, at)
      if (gesture && shown.tool.paints) on.painting()
      return gesture
    },
    hover,
    leave: () => {
      cursor.leave()
      if (shown.draft.placing) draft({ placing: null })
      hoverCell(null)
    },
    toDocument: (screen) => toDocument(shown.view, screen),
    zoom: (factor, anchor) => viewport.zoom(factor, anchor),
    pan: (dx, dy) => viewport.pan(dx, dy),
    key,
    // What is on its way to a layer of its own stays in sight until it is there.
    ended: () =>
      show({ draft: shown.floating ? { ...emptyDraft, selection: shown.draft.selection } : emptyDraft }, ...allParts),
    panning: (ready) => {
      panReady = ready
      useCursor()
    },
    tapped: on.spaceTap,
  })

  const stopTheme = followTheme(host, (next) => {
    palette = next
    handles.recolour(next)
    scene.redraw(...allParts)
  })

  function fromClient({ x, y }: Point): Point {
    const { left, top } = host.getBoundingClientRect()
    return toDocument(shown.view, { x: x - left, y: y - top })
  }

  return {
    setDocument: (next) => {
      const before = shown.document
      if (before === next) return
      const otherSize = next && (before?.width !== next.width || before.height !== next.height)
      show({ document: next }, ...changedParts(before, next))
      if (next) rasters.keepOnly(next.layers, blobsBeside(next, shown.options))
      if (otherSize) viewport.fitOnce()
      if (!next) viewport.forget()
      useCursor()
      showHandles()
      refreshFree()
    },
    setTool: (id) => {
      if (shown.tool.id === id) return
      input.cancel()
      moveCellCursor(null)
      show({ tool: toolOf(id), draft: emptyDraft }, ...allParts)
      useCursor()
      sizeCursor()
      showHandles()
    },
    setToolOptions: (options) => {
      show({ options }, 'above')
      sizeCursor()
      refreshFree()
    },
    setView: (request) => viewport.request(request),
    keptView: () => viewport.kept(),
    restoreView: (kept) => viewport.restore(kept),
    setOverlay: (overlay) => show({ overlay }, 'above'),
    setPreview: (preview) =>
      show({ preview: preview && { image: steps.show(preview.raster), box: preview.box } }, 'above'),
    setCandidate: (candidate) => show({ candidate }, 'above'),
    setCompare: (compare) => show({ compare }, 'above'),
    setSelection: (selection) => show({ selection }, 'above'),
    setRemask: (remask) => show({ remask }, 'above'),
    setMaskShown: (maskShown) => show({ maskShown }, 'above'),
    key,
    cancel: () => void input.cancel(),
    toDocument: fromClient,
    showPlacing: (item, client) =>
      draft({
        placing:
          item && shown.document
            ? { picture: item.picture, box: placeAt(shown.document, item, fromClient(client)) }
            : null,
      }),
    drop: (item, client) => {
      draft({ placing: null })
      const doc = shown.document
      if (doc) deps.dispatch(placeCommand(doc, deps.newId(), item, placeAt(doc, item, fromClient(client))))
    },
    drawThumbnail: (layer, canvas) => shown.document && rasters.drawThumbnail(layer, shown.document, canvas),
    maskPlane: () => shown.document && mask.plane(shown.document.mask, shown.document.width, shown.document.height),
    destroy: () => {
      input.detach()
      viewport.destroy()
      stopTheme()
      scene.destroy()
      container.remove()
      cursor.destroy()
    },
  }
}
