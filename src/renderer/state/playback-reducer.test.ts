import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  playbackKey,
  playbackReducer,
  shownStep,
  speeds,
  type Playback,
  type PlaybackAction,
  type Tape,
} from './playback-reducer.ts'

const at = (step: number | null, playing = false): Playback => ({ step, playing, speed: 1 })
const done: Tape = { recorded: 8, live: false, text: [1, 2, 3, 4], image: [5, 6, 8] }
const live: Tape = { ...done, live: true }
const run = (state: Playback, action: PlaybackAction, tape: Tape = done): Playback =>
  playbackReducer(state, action, tape)

describe('playback', () => {
  it('steps by one and stays between the first and the last step', () => {
    expect(run(at(3), { type: 'by', delta: 1 }).step).toBe(4)
    expect(run(at(8), { type: 'by', delta: 1 }).step).toBe(8)
    expect(run(at(0), { type: 'by', delta: -1 }).step).toBe(0)
    expect(run(at(null), { type: 'by', delta: -1 }).step).toBe(7)
  })

  it('jumps between steps at which the image, or the text, moved', () => {
    const jump = (step: number, track: 'image' | 'text', direction: 1 | -1): number | null =>
      run(at(step), { type: 'jump', track, direction }).step
    expect(jump(0, 'image', 1)).toBe(5)
    expect(jump(6, 'image', 1)).toBe(8)
    expect(jump(8, 'image', 1)).toBe(8)
    expect(jump(8, 'image', -1)).toBe(6)
    expect(jump(5, 'image', -1)).toBe(0)
    expect(jump(2, 'text', 1)).toBe(3)
  })

  it('plays to the end and stops there; played again it begins anew', () => {
    let state = run(at(8), { type: 'toggle' })
    expect(state).toMatchObject({ step: 0, playing: true })
    for (let i = 0; i < 7; i++) state = run(state, { type: 'tick' })
    expect(state).toMatchObject({ step: 7, playing: true })
    expect(run(state, { type: 'tick' })).toMatchObject({ step: 8, playing: false })
  })

  it('goes over into following at the end of a run that goes on', () => {
    expect(run(at(7, true), { type: 'tick' }, live)).toMatchObject({ step: null, playing: false })
    expect(run(at(2), { type: 'end' }, live).step).toBeNull()
    expect(run(at(null), { type: 'follow', on: false }, live).step).toBe(8)
    expect(run(at(null), { type: 'toggle' }, live)).toMatchObject({ step: 8, playing: false })
  })

  it('stops playing when a person seeks', () => {
    expect(run(at(3, true), { type: 'seek', step: 5 })).toMatchObject({ step: 5, playing: false })
  })

  it('shows a recorded step whatever is done', () => {
    const action: fc.Arbitrary<PlaybackAction> = fc.oneof(
      fc.record({ type: fc.constant('seek' as const), step: fc.double({ min: -50, max: 50, noNaN: true }) }),
      fc.record({ type: fc.constant('by' as const), delta: fc.integer({ min: -20, max: 20 }) }),
      fc.constantFrom<PlaybackAction>({ type: 'start' }, { type: 'end' }, { type: 'toggle' }, { type: 'tick' }),
      fc.record({
        type: fc.constant('jump' as const),
        track: fc.constantFrom('text' as const, 'image' as const),
        direction: fc.constantFrom(1 as const, -1 as const),
      }),
      fc.record({ type: fc.constant('follow' as const), on: fc.boolean() }),
      fc.record({ type: fc.constant('speed' as const), speed: fc.constantFrom(...speeds) }),
    )
    fc.assert(
      fc.property(fc.array(action), fc.boolean(), fc.nat(12), (actions, isLive, recorded) => {
        const moves = Array.from({ length: recorded }, (_, i) => i + 1)
        const tape: Tape = { recorded, live: isLive, text: moves, image: moves.filter((k) => k % 3 === 0) }
        let state = at(null)
        for (const next of actions) {
          state = playbackReducer(state, next, tape)
          const shown = shownStep(state.step, recorded)
          expect(Number.isInteger(shown) && shown >= 0 && shown <= recorded).toBe(true)
        }
      }),
    )
  })

  it('knows its keys and leaves the others alone', () => {
    expect(playbackKey(']')).toEqual({ type: 'jump', track: 'image', direction: 1 })
    expect(playbackKey(',')).toEqual({ type: 'jump', track: 'text', direction: -1 })
    expect(playbackKey('x')).toBeNull()
  })
})
