/** The timeline of the viewed run: transport, what lies over the picture, progress of each modality, and the scrubber. */
import type { KeyboardEvent, ReactElement } from 'react'
import { useChord } from '../../state/commands.ts'
import { maskedLeft, type OverlayKind } from '../../state/playback-overlay.ts'
import { play, takePlaybackKey, usePlayback, useShownStep } from '../../state/playback.ts'
import { speeds, type Speed } from '../../state/playback-reducer.ts'
import { setOverlayKind, useMoment } from '../../state/playback-view.ts'
import { retryRasters } from '../../state/rasters.ts'
import { useStudio } from '../../state/store.ts'
import { frameOf, tracks as tracksOf, useTrajectory } from '../../state/trajectories.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { SegmentedControl, Select, Switch } from '../../ui/choices.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { ExportMenu } from './ExportMenu.tsx'
import { TimelineTracks } from './TimelineTracks.tsx'
import './trajectory.css'
import './timeline.css'

const overlays: readonly { readonly value: OverlayKind; readonly label: string; readonly hint: string }[] = [
  { value: 'image', label: 'Picture', hint: 'The picture at this step, drafts filled in.' },
  { value: 'confidence', label: 'Confidence', hint: 'How sure each cell is, on the same scale as the words.' },
  { value: 'committed', label: 'Decided at', hint: 'The step that decided each cell, first to last.' },
]

export function Timeline({ onCompare }: { readonly onCompare: () => void }): ReactElement {
  const run = useStudio((s) => s.viewedRun)
  const known = useStudio((s) => (run === null ? undefined : s.runs.get(run)))
  const follows = useStudio((s) => s.viewedStep === null)
  const branches = useBranches(run)
  const { trajectory } = useTrajectory(run)
  const step = useShownStep()
  const { playing, speed } = usePlayback()
  const overlayKind = useMoment((s) => s.overlayKind)
  const error = useMoment((s) => s.error)
  const pictureLate = useMoment((s) => s.rasterState === 'loading' && s.rasterStep !== s.step)
  const playChord = useChord('playback.toggle')

  const live = known?.state === 'running'
  const tracks = trajectory ? tracksOf(trajectory) : null
  const frame = run !== null && trajectory ? frameOf(run, step) : null
  const left = trajectory && frame ? maskedLeft(trajectory.header, frame) : { text: 0, image: 0 }
  const idle = tracks === null

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented) return
    const control = event.target instanceof HTMLElement && event.target.closest('button, select, input')
    // Space and Enter press the button that has the focus.
    if (control && (event.key === ' ' || event.key === 'Enter' || control.tagName !== 'BUTTON')) return
    if (takePlaybackKey(event)) {
      event.preventDefault()
      event.stopPropagation()
    }
  }

  return (
    <section className="tj-timeline" aria-label="Timeline" onKeyDown={onKeyDown}>
      <div className="tj-transport">
        <div className="tj-group" role="group" aria-label="Playback">
          <IconButton
            icon="jump-back"
            label="Previous image step"
            shortcut="["
            disabled={idle}
            onClick={() => play({ type: 'jump', track: 'image', direction: -1 })}
          />
          <IconButton
            icon="step-back"
            label="Step back"
            shortcut="ArrowLeft"
            disabled={idle}
            onClick={() => play({ type: 'by', delta: -1 })}
          />
          <IconButton
            icon={playing ? 'pause' : 'play'}
            label={playing ? 'Pause' : 'Play'}
            shortcut={playChord ?? 'Space'}
            disabled={idle}
            onClick={() => play({ type: 'toggle' })}
          />
          <IconButton
            icon="step-forward"
            label="Step forward"
            shortcut="ArrowRight"
            disabled={idle}
            onClick={() => play({ type: 'by', delta: 1 })}
          />
          <IconButton
            icon="jump"
            label="Next image step"
            shortcut="]"
            disabled={idle}
            onClick={() => play({ type: 'jump', track: 'image', direction: 1 })}
          />
        </div>
        <span className="tj-step-number" aria-hidden="true">
          <strong>{step}</strong>
          {tracks ? ` / ${tracks.planned}` : ''}
        </span>
        <div className="tj-speed">
          <Select
            bare
            label="Speed of playback"
            value={String(speed)}
            options={speeds.map((value) => ({ value: String(value), label: `${value}×` }))}
            onChange={(value) => play({ type: 'speed', speed: Number(value) as Speed })}
            disabled={idle}
          />
        </div>
        {live && <Switch label="Follow" checked={follows} onChange={(on) => play({ type: 'follow', on })} />}
        <span className="tj-spring" />
        <div className="tj-overlay">
          <SegmentedControl
            label="Shown at this step"
            value={overlayKind}
            segments={overlays}
            onChange={setOverlayKind}
            disabled={idle}
          />
        </div>
        <Button kind="quiet" icon="compare" disabled={idle} onClick={onCompare}>
          Compare
        </Button>
        <ExportMenu run={run} />
      </div>
      {tracks ? (
        <TimelineTracks tracks={tracks} step={step} live={live} left={left} branches={branches} overlay={overlayKind} />
      ) : (
        <p className="tj-timeline-empty">
          {run === null ? 'The steps of a run appear here.' : 'No step is recorded yet.'}
        </p>
      )}
      {error && run !== null && (
        <Notice tone="warning" actions={<Button onClick={() => retryRasters(run)}>Try again</Button>}>
          The picture at this step cannot be shown. {error.message} {error.remedy}
        </Notice>
      )}
      <span className="tj-unseen" role="status">
        {pictureLate ? 'Decoding the picture' : ''}
      </span>
    </section>
  )
}

const noBranches: readonly number[] = []

/** Steps after which runs known to the screens branch off this one; a stable list while none is added. */
function useBranches(run: string | null): readonly number[] {
  const text = useStudio((s) => {
    if (run === null) return ''
    const steps: number[] = []
    for (const other of s.runs.values()) if (other.parent?.run === run) steps.push(other.parent.step)
    return steps.sort((a, b) => a - b).join(' ')
  })
  return text === '' ? noBranches : text.split(' ').map(Number)
}
