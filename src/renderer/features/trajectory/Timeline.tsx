/** The timeline of the viewed run: transport, what lies over the picture, progress of each modality, and the scrubber. */
import { useEffect, type KeyboardEvent, type ReactElement } from 'react'
import { registerCommands, useChord } from '../../state/commands.ts'
import { saveAsRow } from '../../state/datasets.ts'
import { steeringCommands } from '../../state/playback-commands.ts'
import { maskedLeft, type OverlayKind } from '../../state/playback-overlay.ts'
import { takePlaybackKey, useShownStep } from '../../state/playback.ts'
import { setOverlayKind, useMoment } from '../../state/playback-view.ts'
import { retryRasters } from '../../state/rasters.ts'
import { useStudio } from '../../state/store.ts'
import { frameOf, tracks as tracksOf, useLexicon, useTrajectory } from '../../state/trajectories.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { SegmentedControl } from '../../ui/choices.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { AlignmentStrip } from './AlignmentStrip.tsx'
import { ExportMenu } from './ExportMenu.tsx'
import { TimelineTracks } from './TimelineTracks.tsx'
import { Transport } from './Transport.tsx'
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
  // Where its model is elsewhere the panel says what cannot be shown.
  const { match } = useLexicon(trajectory, run)
  const step = useShownStep()
  const overlayKind = useMoment((s) => s.overlayKind)
  const error = useMoment((s) => s.error)
  const pictureLate = useMoment((s) => s.rasterState === 'loading' && s.rasterStep !== s.step)
  const compareChord = useChord('playback.compare')

  useEffect(() => registerCommands(steeringCommands), [])

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
    <div className="tj-timeline" onKeyDown={onKeyDown}>
      <div className="tj-transport">
        <Transport step={step} planned={tracks?.planned ?? null} live={live} follows={follows} />
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
        <div className="tj-group">
          <IconButton
            icon="compare"
            label="Compare with another run"
            shortcut={compareChord}
            disabled={idle}
            onClick={onCompare}
          />
          <IconButton
            icon="star"
            label="This edit was right"
            detail="Save it as a row of a data set."
            disabled={!known?.picture}
            onClick={() => run !== null && saveAsRow(run)}
          />
          <ExportMenu run={run} />
        </div>
      </div>
      {tracks ? (
        <>
          <TimelineTracks
            tracks={tracks}
            step={step}
            live={live}
            left={left}
            branches={branches}
            overlay={overlayKind}
          />
          {run !== null && <AlignmentStrip run={run} steps={tracks.planned} step={step} />}
        </>
      ) : (
        <p className="tj-timeline-empty">
          {run === null ? 'The steps of a run appear here.' : 'No step is recorded yet.'}
        </p>
      )}
      {error && run !== null && match?.kind === 'here' && (
        <Notice
          tone="warning"
          about={{ run, where: 'runs.decode' }}
          actions={<Button onClick={() => retryRasters(run)}>Try again</Button>}
        >
          The picture at this step cannot be shown. {error.message} {error.remedy}
        </Notice>
      )}
      <span className="tj-unseen" role="status">
        {pictureLate ? 'Decoding the picture' : ''}
      </span>
    </div>
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
