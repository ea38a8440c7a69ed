/** Files dropped anywhere in the window are opened; the window says so while they hang over it. */
import { useEffect, useRef, useState, type DragEvent, type ReactElement, type ReactNode } from 'react'
import { connectFiles } from '../canvas/host.ts'
import { Icon } from '../ui/Icon.tsx'
import { openFiles } from './files.ts'
import { useLayout } from './layout.ts'

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files')

export function FileDrop({ children }: { readonly children: ReactNode }): ReactElement {
  const [over, setOver] = useState(false)
  // Data sets say themselves what may be dropped on them; from everywhere else it is opened in the editor.
  const opens = useLayout((s) => s.screen !== 'data')
  /** Enter and leave come for every element passed: only the balance tells. */
  const depth = useRef(0)
  useEffect(() => connectFiles((files) => void openFiles(files)), [])
  const end = (): void => {
    depth.current = 0
    setOver(false)
  }
  return (
    <div
      className="file-drop"
      onDragEnter={(event) => {
        if (!hasFiles(event)) return
        depth.current++
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (hasFiles(event) && --depth.current <= 0) end()
      }}
      onDragOver={(event) => {
        if (hasFiles(event)) event.preventDefault()
      }}
      onDrop={(event) => {
        end()
        // The canvas has taken it where it says so.
        if (event.isDefaultPrevented() || !hasFiles(event)) return
        event.preventDefault()
        void openFiles([...event.dataTransfer.files])
      }}
    >
      {children}
      {over && opens && (
        <div className="file-drop-hint" aria-hidden="true">
          <Icon name="download" size={22} />
          Drop pictures, trajectories (.tdm) or projects (.tandem)
        </div>
      )}
    </div>
  )
}
