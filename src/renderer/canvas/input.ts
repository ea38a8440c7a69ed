/**
 * Pointer, wheel and keyboard of the canvas as gestures: one at a time, ended by the pointer going up, given up by
 * Escape, a lost pointer or a lost window. Two fingers pinch. Knows nothing of documents.
 */
import type { Point } from './geometry.ts'
import type { Gesture, KeyPress, PointerAt } from './tools/types.ts'

export interface InputHandlers {
  /** The gesture that a press starts; "pass" leaves it to somebody else; null is none. */
  begin(at: PointerAt, screen: Point, pan: boolean): Gesture | 'pass' | null
  hover(at: PointerAt, screen: Point): void
  leave(): void
  toDocument(screen: Point): Point
  zoom(factor: number, anchor: Point): void
  pan(dx: number, dy: number): void
  key(press: KeyPress): boolean
  /** The gesture under way ended or was given up. */
  ended(cancelled: boolean): void
  panning(ready: boolean): void
  /** Space was pressed and let go with nothing in between. */
  tapped(): void
}

export interface Input {
  /** Gives up the gesture under way. Returns whether there was one. */
  cancel(): boolean
  detach(): void
}

/** One notch of a wheel. */
const NOTCH = 1.0015
/** Space held longer than this was meant for panning. */
const TAP_MS = 350

export function attachInput(host: HTMLElement, handlers: InputHandlers): Input {
  const stop = new AbortController()
  const { signal } = stop
  let gesture: Gesture | null = null
  let pointer: number | null = null
  let space = false
  /** When Space went down, while nothing has been done with it. */
  let tap: number | null = null
  let last: PointerAt | null = null
  const touches = new Map<number, Point>()
  let pinch: { readonly distance: number; readonly middle: Point } | null = null

  const screenOf = (event: { clientX: number; clientY: number }): Point => {
    const { left, top } = host.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  const read = (event: PointerEvent): PointerAt => {
    const all = event.getCoalescedEvents?.() ?? []
    return {
      point: handlers.toDocument(screenOf(event)),
      samples: (all.length > 0 ? all : [event]).map((sample) => handlers.toDocument(screenOf(sample))),
      shift: event.shiftKey,
      alt: event.altKey,
      ctrl: event.ctrlKey || event.metaKey,
    }
  }
  const finish = (cancelled: boolean): void => {
    gesture = null
    if (pointer !== null && host.hasPointerCapture(pointer)) host.releasePointerCapture(pointer)
    pointer = null
    handlers.ended(cancelled)
  }
  const cancel = (): boolean => {
    if (!gesture) return false
    gesture.cancel()
    finish(true)
    return true
  }

  const startPinch = (): void => {
    const [one, other] = [...touches.values()]
    if (!one || !other) return
    pinch = {
      distance: Math.hypot(one.x - other.x, one.y - other.y),
      middle: { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 },
    }
  }
  const movePinch = (): void => {
    const before = pinch
    startPinch()
    if (!before || !pinch) return
    handlers.pan(pinch.middle.x - before.middle.x, pinch.middle.y - before.middle.y)
    if (before.distance > 1) handlers.zoom(pinch.distance / before.distance, pinch.middle)
  }

  const down = (event: PointerEvent): void => {
    // A press needs no outline to say where the focus went.
    host.toggleAttribute('data-by-pointer', true)
    host.focus({ preventScroll: true })
    if (event.pointerType === 'touch') {
      touches.set(event.pointerId, screenOf(event))
      if (touches.size === 2) {
        cancel()
        return startPinch()
      }
    }
    if (gesture || event.button > 1) return
    const pan = event.button === 1 || space
    tap = null
    if (event.button === 1) event.preventDefault()
    last = read(event)
    const begun = handlers.begin(last, screenOf(event), pan)
    if (begun === null || begun === 'pass') return
    gesture = begun
    pointer = event.pointerId
    host.setPointerCapture(event.pointerId)
  }
  const move = (event: PointerEvent): void => {
    if (touches.has(event.pointerId)) touches.set(event.pointerId, screenOf(event))
    if (pinch) return movePinch()
    last = read(event)
    if (gesture && event.pointerId === pointer) gesture.move(last)
    handlers.hover(last, screenOf(event))
  }
  const up = (event: PointerEvent): void => {
    touches.delete(event.pointerId)
    if (touches.size < 2) pinch = null
    if (!gesture || event.pointerId !== pointer) return
    const ending = gesture
    // The command may look at the editor: the gesture is over by then.
    ending.end(read(event))
    finish(false)
  }
  const wheel = (event: WheelEvent): void => {
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : event.deltaMode === 2 ? 240 : 1
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit]
    // A pinch on a trackpad comes as Ctrl+wheel in finer steps; two fingers sideways mean to pan.
    if (event.ctrlKey) handlers.zoom(NOTCH ** (-dy * 6), screenOf(event))
    else if (event.shiftKey) handlers.pan(-(dx || dy), 0)
    else if (dx !== 0) handlers.pan(-dx, -dy)
    else handlers.zoom(NOTCH ** -dy, screenOf(event))
  }
  const setSpace = (on: boolean): void => {
    if (space === on) return
    space = on
    handlers.panning(on)
  }
  const keyDown = (event: KeyboardEvent): void => {
    if (event.key === ' ' && !event.ctrlKey && !event.metaKey) {
      if (!event.repeat) tap = event.timeStamp
      setSpace(true)
      event.stopPropagation()
      return event.preventDefault()
    }
    if (event.key === 'Escape' && cancel()) {
      event.stopPropagation()
      return event.preventDefault()
    }
    const press = { key: event.key, shift: event.shiftKey, alt: event.altKey, ctrl: event.ctrlKey || event.metaKey }
    if (!handlers.key(press)) return
    event.preventDefault()
    event.stopPropagation()
  }

  const keyUp = (event: KeyboardEvent): void => {
    if (event.key !== ' ') return
    setSpace(false)
    if (tap !== null && event.timeStamp - tap < TAP_MS) handlers.tapped()
    tap = null
  }

  host.addEventListener('pointerdown', down, { signal })
  host.addEventListener('pointermove', move, { signal })
  host.addEventListener('pointerup', up, { signal })
  host.addEventListener('pointercancel', (event) => (touches.delete(event.pointerId), cancel()), { signal })
  host.addEventListener('pointerleave', () => handlers.leave(), { signal })
  host.addEventListener('wheel', wheel, { signal, passive: false })
  host.addEventListener('keydown', keyDown, { signal })
  host.addEventListener('keyup', keyUp, { signal })
  host.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
  const lost = (): void => {
    setSpace(false)
    touches.clear()
    pinch = null
    cancel()
  }
  host.addEventListener('blur', () => (host.removeAttribute('data-by-pointer'), lost()), { signal })
  window.addEventListener('blur', lost, { signal })
  return { cancel, detach: () => (cancel(), stop.abort()) }
}
