/**
 * Playback on the screens: the viewed run and step live in the studio's store, playing and speed here. Everything that
 * moves the playhead goes through `play`, whose rules are in playback-reducer.ts.
 */
import { create } from 'zustand'
import { studio, useStudio } from './store.ts'
import {
  playbackKey,
  playbackReducer,
  shownStep,
  STEPS_PER_SECOND,
  type PlaybackAction,
  type Speed,
  type Tape,
} from './playback-reducer.ts'
import { tracks } from './trajectories.ts'

export const usePlayback = create<{ readonly playing: boolean; readonly speed: Speed }>(() => ({
  playing: false,
  speed: 1,
}))

let timer: ReturnType<typeof setTimeout> | null = null

function tapeOf(run: string | null): Tape | null {
  const { trajectories, runs } = studio.get()
  const trajectory = run === null ? undefined : trajectories.get(run)
  if (run === null || !trajectory) return null
  const { recorded, text, image } = tracks(trajectory)
  const live = runs.get(run)?.state === 'running'
  return { recorded, live, text: text?.active ?? [], image: image?.active ?? [] }
}

/** Moves the playhead of the viewed run. Without one nothing happens. */
export function play(action: PlaybackAction): void {
  const { viewedRun, viewedStep } = studio.get()
  const tape = tapeOf(viewedRun)
  if (!tape) return
  const before = { step: viewedStep, ...usePlayback.getState() }
  const { step, playing, speed } = playbackReducer(before, action, tape)
  if (step !== viewedStep) studio.set({ viewedStep: step })
  if (playing !== before.playing || speed !== before.speed) usePlayback.setState({ playing, speed })
  setTimer(playing, speed)
}

function setTimer(playing: boolean, speed: Speed): void {
  if (timer !== null) clearTimeout(timer)
  timer = playing ? setTimeout(() => play({ type: 'tick' }), 1000 / (STEPS_PER_SECOND * speed)) : null
}

/** Shows a run: at a step, or following it as it goes (null). */
export function viewRun(run: string | null, step: number | null = null): void {
  stopPlaying()
  studio.set({ viewedRun: run, viewedStep: step })
}

export function stopPlaying(): void {
  setTimer(false, 1)
  if (usePlayback.getState().playing) usePlayback.setState({ playing: false })
}

/** The step on screen of the viewed run; 0 where nothing is recorded. */
export const useShownStep = (): number =>
  useStudio((s) => {
    const recorded = s.viewedRun === null ? 0 : (s.trajectories.get(s.viewedRun)?.steps.length ?? 0)
    return shownStep(s.viewedStep, recorded)
  })

export function currentStep(): number {
  const { viewedRun, viewedStep, trajectories } = studio.get()
  return shownStep(viewedStep, viewedRun === null ? 0 : (trajectories.get(viewedRun)?.steps.length ?? 0))
}

interface Press {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

/** Takes a key of playback. True where it was one: then the caller prevents what else it would do. */
export function takePlaybackKey(press: Press): boolean {
  if (press.ctrlKey || press.metaKey || press.altKey || press.shiftKey) return false
  const action = playbackKey(press.key)
  if (!action) return false
  play(action)
  return true
}
