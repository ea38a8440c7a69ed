/** A panel beside its anchor, above everything, that closes on Escape or a press elsewhere and gives the focus back. */
import { useEffect, useLayoutEffect, useRef, type ReactElement, type ReactNode, type RefObject } from 'react'
import { place, type Side } from './place.ts'

export interface PopoverProps {
  readonly anchor: RefObject<HTMLElement | null>
  readonly onClose: () => void
  /** Its accessible name. */
  readonly label: string
  readonly side?: Side
  readonly align?: 'start' | 'centre' | 'end'
  readonly role?: 'dialog' | 'menu' | 'listbox'
  readonly className?: string
  readonly children: ReactNode
}

/** Shown while it is mounted. */
export function Popover({
  anchor,
  onClose,
  label,
  side = 'below',
  align = 'start',
  role = 'dialog',
  className,
  children,
}: PopoverProps): ReactElement {
  const panel = useRef<HTMLDivElement>(null)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })

  useLayoutEffect(() => {
    const element = panel.current
    if (!element || !anchor.current) return
    const before = document.activeElement
    element.showPopover()
    const settlePlace = (): void => {
      if (!anchor.current) return
      const viewport = { width: window.innerWidth, height: window.innerHeight }
      const at = place(anchor.current.getBoundingClientRect(), element.getBoundingClientRect(), viewport, side, align)
      element.style.left = `${at.left}px`
      element.style.top = `${at.top}px`
    }
    settlePlace()
    const size = new ResizeObserver(settlePlace)
    size.observe(element)
    const focusable = element.querySelector<HTMLElement>(
      '[data-autofocus], [tabindex="0"], input, textarea, select, button:not([disabled])',
    )
    ;(focusable ?? element).focus()
    const onPress = (event: PointerEvent): void => {
      const target = event.target as Node
      if (!element.contains(target) && !anchor.current?.contains(target)) close.current()
    }
    // A button that was pressed and is disabled by it has lost the focus to nobody.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || document.activeElement !== document.body) return
      event.preventDefault()
      event.stopPropagation()
      close.current()
    }
    document.addEventListener('pointerdown', onPress, true)
    document.addEventListener('keydown', onKey, true)
    window.addEventListener('resize', settlePlace)
    return () => {
      size.disconnect()
      document.removeEventListener('pointerdown', onPress, true)
      document.removeEventListener('keydown', onKey, true)
      window.removeEventListener('resize', settlePlace)
      // Only where the focus would be lost: a press elsewhere has moved it on purpose.
      const focused = document.activeElement
      if ((focused === document.body || element.contains(focused)) && before instanceof HTMLElement) before.focus()
    }
  }, [anchor, side, align])

  return (
    <div
      ref={panel}
      popover="manual"
      role={role}
      aria-label={label}
      tabIndex={-1}
      className={className === undefined ? 'popover' : `popover ${className}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        onClose()
      }}
    >
      {children}
    </div>
  )
}
