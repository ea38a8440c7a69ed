/** A name and a shortcut beside a control, after a short rest of the pointer or at once with the keyboard. */
import {
  cloneElement,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
} from 'react'
import { place, type Side } from './place.ts'
import { Kbd } from './Kbd.tsx'

const DELAY_MS = 450
/** Moving from one control to the next shows the next tooltip at once. */
const WARM_MS = 400
let lastHidden = 0

interface AnchorProps {
  'aria-describedby'?: string | undefined
}

export function Tooltip({
  text,
  detail,
  shortcut,
  side = 'below',
  children,
}: {
  readonly text: string
  readonly detail?: ReactNode
  readonly shortcut?: string | undefined
  readonly side?: Side
  readonly children: ReactElement<AnchorProps>
}): ReactElement {
  const id = useId()
  const [shown, setShown] = useState(false)
  const wrapper = useRef<HTMLSpanElement>(null)
  const bubble = useRef<HTMLDivElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  useEffect(() => () => clearTimeout(timer.current), [])
  useLayoutEffect(() => {
    const panel = bubble.current
    const anchor = wrapper.current?.firstElementChild
    if (!shown || !panel || !anchor) return
    panel.showPopover()
    const box = panel.getBoundingClientRect()
    const at = place(
      anchor.getBoundingClientRect(),
      box,
      { width: window.innerWidth, height: window.innerHeight },
      side,
      'centre',
    )
    panel.style.left = `${at.left}px`
    panel.style.top = `${at.top}px`
  }, [shown, side])

  const show = (at: number): void => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setShown(true), at)
  }
  const hide = (): void => {
    clearTimeout(timer.current)
    if (shown) lastHidden = Date.now()
    setShown(false)
  }
  return (
    <span
      className="tooltip-anchor"
      ref={wrapper}
      onPointerEnter={(event) => {
        if (event.pointerType !== 'touch') show(Date.now() - lastHidden < WARM_MS ? 0 : DELAY_MS)
      }}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => {
        if (event.target.matches(':focus-visible')) show(0)
      }}
      onBlur={hide}
      onKeyDown={(event) => {
        if (event.key === 'Escape') hide()
      }}
    >
      {shown && detail !== undefined ? cloneElement(children, { 'aria-describedby': id }) : children}
      {shown && (
        <div className="tooltip" role="tooltip" id={id} popover="manual" ref={bubble}>
          <span className="tooltip-line">
            {text}
            {shortcut !== undefined && shortcut !== '' && <Kbd chord={shortcut} />}
          </span>
          {detail !== undefined && <span className="tooltip-detail">{detail}</span>}
        </div>
      )}
    </span>
  )
}
