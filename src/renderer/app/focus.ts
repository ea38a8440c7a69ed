/** Where the focus goes when what held it is gone, or a chord opens a part: never to nowhere. */
const TAKES_FOCUS = 'input, textarea, select, [role=listbox], button:not(:disabled), [tabindex="0"]'

/** Focuses the first control in a part of the window, once it is there: with the next frame. */
export function focusInside(selector: string): void {
  requestAnimationFrame(() => {
    const part = document.querySelector(selector)
    const target = part?.matches(TAKES_FOCUS) ? part : part?.querySelector(TAKES_FOCUS)
    if (target instanceof HTMLElement) target.focus()
  })
}

export const focusCanvas = (): void => focusInside('.canvas-host')
