/** A layer in small, drawn by the canvas's own pixels: nothing is rendered twice. */
import { useEffect, useRef, type ReactElement } from 'react'
import type { Layer } from '../../../shared/document.ts'
import { useEditor } from '../../canvas/editor-store.ts'

const SIDE = 32

export function LayerThumbnail({ layer }: { readonly layer: Layer }): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  const editor = useEditor((s) => s.editor)
  const pixels = useEditor((s) => s.pixels)
  const { marks, transform } = layer
  useEffect(() => {
    // After the frame that shows the change: a stroke is never kept waiting by its thumbnail.
    const timer = setTimeout(() => canvas.current && editor?.drawThumbnail(layer, canvas.current), 60)
    return () => clearTimeout(timer)
    // Name, visibility and opacity are not in the picture.
  }, [editor, pixels, marks, transform])
  const side = SIDE * 2
  return <canvas ref={canvas} className="layer-thumbnail" width={side} height={side} aria-hidden="true" />
}
