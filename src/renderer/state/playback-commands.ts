/** Playback and steering as commands: the keyboard, the palette and menus reach them from everywhere. */
import { registerCommands, type Command } from './commands.ts'
import { continueFromHere, edit, useEdits } from './playback-edits.ts'
import { isEmpty } from './playback-edits-reducer.ts'
import { overlayKinds, type OverlayKind } from './playback-overlay.ts'
import { play, usePlayback } from './playback.ts'
import type { PlaybackAction } from './playback-reducer.ts'
import { setOverlayKind } from './playback-view.ts'
import { studio } from './store.ts'

const watching = (): boolean => {
  const { viewedRun, trajectories } = studio.get()
  return viewedRun !== null && trajectories.has(viewedRun)
}

/** Whether a plain key means playback: not where the focused control has a use of its own for it. */
function isFree(): boolean {
  const focused = document.activeElement
  if (!(focused instanceof HTMLElement) || focused === document.body) return watching()
  return (
    watching() &&
    focused.closest('button, a, input, select, textarea, [role=slider], [role=tree], [role=grid], canvas') === null
  )
}

const pending = (): boolean => {
  const run = studio.get().viewedRun
  const history = run === null ? undefined : useEdits.getState().histories.get(run)
  return history !== undefined && !isEmpty(history.now)
}

const overlayTitles: Readonly<Record<OverlayKind, string>> = {
  image: 'Show the picture alone',
  confidence: 'Show the confidence of image cells',
  committed: 'Show at which step image cells were decided',
}

function playback(id: string, title: string, chord: string, action: PlaybackAction): Command {
  return { id: `playback.${id}`, title, group: 'Playback', chord, when: isFree, run: () => play(action) }
}

const commands: readonly Command[] = [
  playback('toggle', 'Play or pause the run on screen', 'Space', { type: 'toggle' }),
  playback('back', 'One step back', 'ArrowLeft', { type: 'by', delta: -1 }),
  playback('forward', 'One step forward', 'ArrowRight', { type: 'by', delta: 1 }),
  playback('start', 'Before the first step', 'Home', { type: 'start' }),
  playback('end', 'Last step, or follow the run', 'End', { type: 'end' }),
  playback('previousImage', 'Previous image step', '[', { type: 'jump', track: 'image', direction: -1 }),
  playback('nextImage', 'Next image step', ']', { type: 'jump', track: 'image', direction: 1 }),
  playback('previousText', 'Previous text step', ',', { type: 'jump', track: 'text', direction: -1 }),
  playback('nextText', 'Next text step', '.', { type: 'jump', track: 'text', direction: 1 }),
  {
    id: 'playback.faster',
    title: 'Play twice as fast',
    group: 'Playback',
    when: watching,
    run: () => {
      const { speed } = usePlayback.getState()
      play({ type: 'speed', speed: speed === 0.25 ? 0.5 : speed === 0.5 ? 1 : speed === 1 ? 2 : 4 })
    },
  },
  {
    id: 'playback.slower',
    title: 'Play half as fast',
    group: 'Playback',
    when: watching,
    run: () => {
      const { speed } = usePlayback.getState()
      play({ type: 'speed', speed: speed === 4 ? 2 : speed === 2 ? 1 : speed === 1 ? 0.5 : 0.25 })
    },
  },
  ...overlayKinds.map((kind): Command => ({
    id: `playback.overlay.${kind}`,
    title: overlayTitles[kind],
    group: 'Playback',
    when: watching,
    run: () => setOverlayKind(kind),
  })),
  {
    id: 'playback.continue',
    title: 'Continue from this step with the changes',
    group: 'Run',
    chord: 'Ctrl+Shift+Enter',
    when: pending,
    run: continueFromHere,
  },
  {
    id: 'playback.clearChanges',
    title: 'Clear the changes to the reasoning',
    group: 'Run',
    when: pending,
    run: () => edit({ type: 'clear' }),
  },
]

/** Called once by the shell. Returns how to take them away. */
export const registerPlaybackCommands = (): (() => void) => registerCommands(commands)
