/** Steering and viewing as commands, beside the shell's own for the playhead: the keyboard and the palette reach them. */
import type { Command } from './commands.ts'
import { continueFromHere, edit, useEdits } from './playback-edits.ts'
import { isEmpty } from './playback-edits-reducer.ts'
import { overlayKinds, type OverlayKind } from './playback-overlay.ts'
import { play, usePlayback } from './playback.ts'
import { speeds } from './playback-reducer.ts'
import { setOverlayKind } from './playback-view.ts'
import { studio } from './store.ts'

const watching = (): boolean => {
  const { viewedRun, trajectories } = studio.get()
  return viewedRun !== null && trajectories.has(viewedRun)
}

const pending = (): boolean => {
  const run = studio.get().viewedRun
  const history = run === null ? undefined : useEdits.getState().histories.get(run)
  return history !== undefined && !isEmpty(history.now)
}

const overlayTitles: Readonly<Record<OverlayKind, string>> = {
  image: 'Show the picture of the step alone',
  confidence: 'Show the confidence of image cells',
  committed: 'Show at which step image cells were decided',
}

/** The next speed up or down; the last one stays. */
function changeSpeed(by: 1 | -1): void {
  const at = speeds.indexOf(usePlayback.getState().speed)
  const speed = speeds[at + by]
  if (speed !== undefined) play({ type: 'speed', speed })
}

export const steeringCommands: readonly Command[] = [
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
  {
    id: 'playback.faster',
    title: 'Play faster',
    group: 'Playback',
    when: watching,
    run: () => changeSpeed(1),
  },
  {
    id: 'playback.slower',
    title: 'Play slower',
    group: 'Playback',
    when: watching,
    run: () => changeSpeed(-1),
  },
  ...overlayKinds.map((kind): Command => ({
    id: `playback.overlay.${kind}`,
    title: overlayTitles[kind],
    group: 'Playback',
    when: watching,
    run: () => setOverlayKind(kind),
  })),
]
