/** What the canvas and its panels ask of the studio around them. */
import { toast, toastError } from '../state/toasts.ts'

type OpenFiles = (files: readonly File[]) => void

let openFiles: OpenFiles | null = null

/** Who takes pictures and trajectories that are dropped, pasted or chosen. The shell says so once, at its start. */
export function connectFiles(open: OpenFiles): void {
  openFiles = open
}

export const canvasHost = {
  openFiles: (files: readonly File[]): void => openFiles?.(files),
  /** One sentence that needs no answer. */
  say: (message: string): void => void toast({ tone: 'info', message }),
  /** Something went wrong: shown with its cause and remedy. */
  fail: (error: unknown): void => toastError(error),
}
