/**
 * The pace of a run that is watched: it goes no further ahead than a few steps of what a screen has heard. A run that goes
 * as fast as it can fills the way to a screen that paints every step: what is painted is then long past, and an answer, that
 * of a cancel too, comes behind all of it. Screens that say nothing, hidden or gone, are not waited for.
 */

/** Steps on their way to a screen: enough that none is waited for where it keeps up. */
const LEAD = 6
/** Several frames: a screen that says nothing for so long holds nothing up until it speaks again. */
const PATIENCE_MS = 100

export class Pace {
  /** The latest step that a screen has heard; null while none listens. */
  #heard: number | null = null
  #wake: (() => void) | null = null

  heard(step: number): void {
    this.#heard = Math.max(this.#heard ?? 0, step)
    this.#wake?.()
  }

  /** Resolves when the run may go on behind this step; at once where it is to stop. */
  async after(step: number, signal: AbortSignal): Promise<void> {
    const isAhead = (): boolean => this.#heard !== null && step - this.#heard > LEAD
    if (!isAhead() || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      this.#heard = null
      resolve()
    }, PATIENCE_MS)
    this.#wake = () => void (isAhead() || resolve())
    const stop = (): void => resolve()
    signal.addEventListener('abort', stop)
    await promise
    // A run of thousands of steps has one signal: nothing of this wait stays on it.
    signal.removeEventListener('abort', stop)
    clearTimeout(timer)
    this.#wake = null
  }
}
