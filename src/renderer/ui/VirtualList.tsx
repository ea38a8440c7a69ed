/** A list of any length: rows of one height, those in sight alone are drawn. The selected row follows the arrows. */
import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react'
import { scrollToRow, visibleRows } from './virtual.ts'

export interface VirtualListProps {
  readonly label: string
  readonly count: number
  readonly rowHeight: number
  /** The row with the focus; -1 for none. */
  readonly selected: number
  readonly onSelect: (index: number) => void
  readonly renderRow: (index: number) => ReactNode
  readonly keyOf: (index: number) => string
  /** Told which rows are in sight, so that what they need can be fetched. */
  readonly onRange?: (from: number, to: number) => void
  /** Keys beyond arrows, Home, End and Page keys. Returns whether it was taken. */
  readonly onKey?: (event: KeyboardEvent, index: number) => boolean
}

export function VirtualList({
  label,
  count,
  rowHeight,
  selected,
  onSelect,
  renderRow,
  keyOf,
  onRange,
  onKey,
}: VirtualListProps): ReactElement {
  const list = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  const { from, to } = visibleRows(view.top, view.height, rowHeight, count)

  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight })
    measure()
    const size = new ResizeObserver(measure)
    size.observe(element)
    return () => size.disconnect()
  }, [])
  useEffect(() => onRange?.(from, to), [from, to, onRange])
  useEffect(() => {
    const element = list.current
    if (!element || selected < 0) return
    element.scrollTop = scrollToRow(element.scrollTop, element.clientHeight, rowHeight, selected)
  }, [selected, rowHeight])

  const page = Math.max(1, Math.floor(view.height / rowHeight) - 1)
  const rows: ReactElement[] = []
  for (let i = from; i < to; i++) {
    rows.push(
      <div
        key={keyOf(i)}
        id={`${label}-row-${i}`}
        role="option"
        aria-selected={i === selected}
        aria-posinset={i + 1}
        aria-setsize={count}
        className="virtual-row"
        style={{ height: rowHeight, top: i * rowHeight }}
        onClick={() => onSelect(i)}
      >
        {renderRow(i)}
      </div>,
    )
  }
  return (
    <div
      ref={list}
      className="virtual"
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={selected >= from && selected < to ? `${label}-row-${selected}` : undefined}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget) return
        const go = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count }[event.key]
        if (go !== undefined && count > 0) {
          event.preventDefault()
          event.stopPropagation()
          onSelect(Math.max(0, Math.min(count - 1, selected + go)))
        } else if (onKey?.(event, selected)) {
          event.preventDefault()
          event.stopPropagation()
        }
      }}
    >
      <div className="virtual-space" style={{ height: count * rowHeight }}>
        {rows}
      </div>
    </div>
  )
}
