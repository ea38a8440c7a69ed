/** Where the window stood and how large it was, kept between starts; a place that no display shows any more is forgotten. */
import { z } from 'zod'
import { readKept, writeKept } from './kept-file.ts'

const rectangle = { x: z.int(), y: z.int(), width: z.int().min(400).max(20_000), height: z.int().min(300).max(20_000) }
const stateSchema = z.strictObject({ ...rectangle, maximized: z.boolean() })
export type WindowState = z.infer<typeof stateSchema>

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** At least this much of the window has to lie on a display to be found again. */
const VISIBLE = 100

/** The state as it may be used with these displays, or null. */
export function usableState(stored: unknown, displays: readonly Rectangle[]): WindowState | null {
  const { data: state } = stateSchema.safeParse(stored)
  if (!state) return null
  const seen = displays.some((display) => {
    const across = Math.min(state.x + state.width, display.x + display.width) - Math.max(state.x, display.x)
    // The title bar has to be in reach.
    const top = state.y >= display.y - 10 && state.y < display.y + display.height - VISIBLE
    return across >= VISIBLE && top
  })
  return seen ? state : null
}

export const readState = (path: string, displays: readonly Rectangle[]): WindowState | null =>
  usableState(readKept(path), displays)

export const writeState = (path: string, state: WindowState): void => writeKept(path, state)
