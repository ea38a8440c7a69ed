/**
 * Playback as a pure function: which step is shown, whether it plays, how fast. `step` null follows a run as it goes (and
 * shows the last step of one that has ended).
 */
import type { Modality } from '../../shared/trajectory.ts'

export const speeds = [0.25, 0.5, 1, 2, 4] as const
export type Speed = (typeof speeds)[number]
/** Steps a second at speed 1. */
export const STEPS_PER_SECOND = 6

export interface Playback {
  readonly step: number | null
  readonly playing: boolean
  readonly speed: Speed
}

/** What is being played. */
export interface Tape {
  readonly recorded: number
  /** More steps are to come. */
  readonly live: boolean
  /** Steps at which each modality moved, ascending. */
  readonly text: readonly number[]
  readonly image: readonly number[]
}

export type PlaybackAction =
  | { readonly type: 'seek'; readonly step: number }
  | { readonly type: 'by'; readonly delta: number }
  | { readonly type: 'start' }
  | { readonly type: 'end' }
  | { readonly type: 'toggle' }
  | { readonly type: 'tick' }
  | { readonly type: 'jump'; readonly track: Modality; readonly direction: 1 | -1 }
  | { readonly type: 'speed'; readonly speed: Speed }
  | { readonly type: 'follow'; readonly on: boolean }

/** The step on screen. */
export const shownStep = (step: number | null, recorded: number): number => Math.min(step ?? recorded, recorded)

export function playbackReducer(state: Playback, action: PlaybackAction, tape: Tape): Playback {
  const shown = shownStep(state.step, tape.recorded)
  const seek = (step: number): Playback => ({
    ...state,
    step: Math.max(0, Math.min(tape.recorded, Math.round(step))),
    playing: false,
  })
  switch (action.type) {
    case 'seek':
      return seek(action.step)
    case 'by':
      return seek(shown + action.delta)
    case 'start':
      return seek(0)
    case 'end':
      return tape.live ? { ...state, step: null, playing: false } : seek(tape.recorded)
    case 'toggle':
      if (state.playing) return { ...state, playing: false, step: shown }
      if (tape.live && shown >= tape.recorded) return { ...state, step: state.step === null ? shown : null }
      if (tape.recorded === 0) return state
      return { ...state, playing: true, step: shown >= tape.recorded ? 0 : shown }
    case 'tick': {
      if (!state.playing) return state
      if (shown + 1 < tape.recorded) return { ...state, step: shown + 1 }
      // At its end: a run that goes on is followed from here.
      return { ...state, playing: false, step: tape.live ? null : tape.recorded }
    }
    case 'jump': {
      const moves = tape[action.track]
      const to = action.direction > 0 ? moves.find((step) => step > shown) : moves.findLast((step) => step < shown)
      if (to !== undefined) return seek(to)
      return action.direction > 0 ? { ...state, playing: false } : seek(0)
    }
    case 'speed':
      return { ...state, speed: action.speed }
    case 'follow':
      return { ...state, playing: false, step: action.on ? null : shown }
  }
}

/** The action a key asks for on the timeline, or null. */
export function playbackKey(key: string): PlaybackAction | null {
  switch (key) {
    case 'ArrowLeft':
      return { type: 'by', delta: -1 }
    case 'ArrowRight':
      return { type: 'by', delta: 1 }
    case 'PageUp':
      return { type: 'by', delta: -10 }
    case 'PageDown':
      return { type: 'by', delta: 10 }
    case 'Home':
      return { type: 'start' }
    case 'End':
      return { type: 'end' }
    case ' ':
      return { type: 'toggle' }
    case '[':
      return { type: 'jump', track: 'image', direction: -1 }
    case ']':
      return { type: 'jump', track: 'image', direction: 1 }
    case ',':
      return { type: 'jump', track: 'text', direction: -1 }
    case '.':
      return { type: 'jump', track: 'text', direction: 1 }
    default:
      return null
  }
}
