/** The bar between two areas: drag it or move it with the arrows; double-click or Enter takes the first size back. */
import { useRef, type ReactElement } from 'react'

export interface SplitterProps {
  readonly label: string
  /** `vertical`: a standing bar that changes a width. */
  readonly orientation: 'vertical' | 'horizontal'
  /** Size of the area it belongs to, in pixels. */
  readonly value: number
  readonly min: number
  readonly max: number
  readonly initial: number
  /** The area lies after the bar (right of it, below it), so that dragging towards it makes it smaller. */
  readonly after?: boolean
  readonly onChange: (value: number) => void
}

const STEP = 16

export function Splitter({
  label,
  orientation,
  value,
  min,
  max,
  initial,
  after = false,
  onChange,
}: SplitterProps): ReactElement {
  const drag = useRef<{ at: number; from: number } | null>(null)
  const sign = after ? -1 : 1
  const set = (next: number): void => onChange(Math.round(Math.min(max, Math.max(min, next))))
  const at = (event: { clientX: number; clientY: number }): number =>
    orientation === 'vertical' ? event.clientX : event.clientY
  return (
    <div
      className={`splitter splitter-${orientation}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={Math.round(value)}
      aria-valuemin={min}
      aria-valuemax={Math.round(max)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        drag.current = { at: at(event), from: value }
      }}
      onPointerMove={(event) => {
        if (drag.current) set(drag.current.from + sign * (at(event) - drag.current.at))
      }}
      onPointerUp={() => (drag.current = null)}
      onPointerCancel={() => (drag.current = null)}
      onDoubleClick={() => set(initial)}
      onKeyDown={(event) => {
        const more = orientation === 'vertical' ? 'ArrowRight' : 'ArrowDown'
        const less = orientation === 'vertical' ? 'ArrowLeft' : 'ArrowUp'
        if (event.key === more) set(value + sign * STEP)
        else if (event.key === less) set(value - sign * STEP)
        else if (event.key === 'Home') set(min)
        else if (event.key === 'End') set(max)
        else if (event.key === 'Enter') set(initial)
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    />
  )
}
