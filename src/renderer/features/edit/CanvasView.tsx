/**
 * The canvas in the shell: mounts the editor, feeds it from the stores, and takes what is dropped and pasted. The editor
 * itself knows no React; here nothing is drawn but the strips around it.
 */
import { useEffect, useRef, type DragEvent, type ReactElement, type ReactNode } from 'react'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { canvasHost } from '../../canvas/host.ts'
import { takePlaybackKey } from '../../state/playback.ts'
import { useStudio } from '../../state/store.ts'
import { connectEditor } from './canvas-connect.ts'
import { CanvasStatus } from './CanvasStatus.tsx'
import { ToolOptions } from './ToolOptions.tsx'
import './canvas-view.css'

/** `children` lie over the canvas: what the shell offers while a document is empty. */
export function CanvasView({ children }: { readonly children?: ReactNode }): ReactElement {
  const host = useRef<HTMLDivElement>(null)
  const open = useStudio((s) => s.document !== null)
  useEffect(() => (host.current ? connectEditor(host.current) : undefined), [])
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const target = event.target as Element | null
      if (target?.closest('input, textarea, [contenteditable]')) return
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      canvasHost.openFiles(files)
    }
    window.addEventListener('paste', onPaste)
    return () => window.removeEventListener('paste', onPaste)
  }, [])

  const at = (event: DragEvent): { x: number; y: number } => ({ x: event.clientX, y: event.clientY })
  const onDragOver = (event: DragEvent): void => {
    const { dragged, editor } = useEditor.getState()
    if (dragged) editor?.showPlacing(dragged, at(event))
    else if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
  }
  const onDrop = (event: DragEvent): void => {
    event.preventDefault()
    const { dragged, editor } = useEditor.getState()
    if (dragged) {
      editor?.drop(dragged, at(event))
      canvas.drag(null)
    } else if (event.dataTransfer.files.length > 0) canvasHost.openFiles([...event.dataTransfer.files])
  }
  return (
    <section className="canvas" aria-label="Canvas">
      <ToolOptions />
      <div
        className="canvas-area"
        onDragOver={onDragOver}
        onDragLeave={(event) => useEditor.getState().editor?.showPlacing(null, at(event))}
        onDrop={onDrop}
      >
        <div
          ref={host}
          className="canvas-host"
          role="application"
          aria-label="Picture"
          aria-describedby="canvas-keys"
          tabIndex={open ? 0 : -1}
          onKeyDown={(event) => {
            // What the tool has no use for walks the run on screen.
            if (!event.defaultPrevented && takePlaybackKey(event)) event.preventDefault()
          }}
        />
        <p id="canvas-keys" hidden>
          Space and drag pans, the wheel zooms, arrows and Enter work with most tools, Escape gives up.
        </p>
        {children}
      </div>
      <CanvasStatus />
    </section>
  )
}
