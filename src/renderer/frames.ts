/** Work of painted frames: what it changes on the canvas is drawn in that very frame, beside the words it changes. */

let within = false

/** Whether a frame's work goes on: asked for now, a drawing by the next frame would be a frame late. */
export const isWithinFrame = (): boolean => within

/** Calls with the next painted frame; a window that is hidden paints none, so a timer stands in. */
export function withNextFrame(work: () => void): void {
  let done = false
  const go = (): void => {
    if (done) return
    done = true
    within = true
    try {
      work()
    } finally {
      within = false
    }
  }
  if (typeof requestAnimationFrame === 'function') requestAnimationFrame(go)
  setTimeout(go, HIDDEN_MS)
}
const HIDDEN_MS = 120
