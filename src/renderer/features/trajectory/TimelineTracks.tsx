/** The scrubber: a text and an image track over one row of steps, the playhead, and marks of what happened where. */
import { useMemo, useRef, useState, type PointerEvent, type ReactElement } from 'react'
import { play } from '../../state/playback.ts'
import type { OverlayKind } from '../../state/playback-overlay.ts'
import type { Track, Tracks } from '../../state/trajectories-log.ts'
import { barsPath, columnsOf, describeStep, edgeOf, middleOf, remaskPath, stepAt } from './timeline-shapes.ts'

export interface TimelineTracksProps {
  readonly tracks: Tracks
  readonly step: number
  /** More steps are to come. */
  readonly live: boolean
  /** Positions still masked at the step. */
  readonly left: { readonly text: number; readonly image: number }
  /** Steps after which other runs branch off this one. */
  readonly branches: readonly number[]
  /** What lies over the picture, whose scale is shown. */
  readonly overlay: OverlayKind
}

export function TimelineTracks({ tracks, step, live, left, branches, overlay }: TimelineTracksProps): ReactElement {
  const [hovered, setHovered] = useState<number | null>(null)
  const area = useRef<HTMLDivElement>(null)
  const columns = columnsOf(tracks)
  const under = (event: PointerEvent): number => {
    const box = area.current?.getBoundingClientRect()
    return box && box.width > 0 ? stepAt((event.clientX - box.left) / box.width, columns, tracks.recorded) : 0
  }
  const unvisited = edgeOf(tracks.recorded + 1, columns)
  return (
    <div className="tj-tracks">
      <div className="tj-track-names" aria-hidden="true">
        {tracks.text && <TrackName name="Text" left={left.text} total={tracks.text.total} />}
        {tracks.image && <TrackName name="Image" left={left.image} total={tracks.image.total} />}
      </div>
      <div
        ref={area}
        className="tj-scrubber"
        role="slider"
        tabIndex={0}
        aria-label="Step"
        aria-valuemin={0}
        aria-valuemax={tracks.recorded}
        aria-valuenow={step}
        aria-valuetext={`${describeStep(tracks, step)}; ${left.text} words and ${left.image} cells still masked`}
        onPointerDown={(event) => {
          if (event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          play({ type: 'seek', step: under(event) })
        }}
        onPointerMove={(event) => {
          const at = under(event)
          setHovered(at)
          if (event.currentTarget.hasPointerCapture(event.pointerId) && at !== step) play({ type: 'seek', step: at })
        }}
        onPointerLeave={() => setHovered(null)}
      >
        {tracks.text && <TrackBars track={tracks.text} columns={columns} step={step} kind="text" />}
        {tracks.image && <TrackBars track={tracks.image} columns={columns} step={step} kind="image" />}
        {tracks.recorded < tracks.planned && (
          <span className={live ? 'tj-ahead' : 'tj-unvisited'} style={{ left: `${unvisited}%` }} />
        )}
        {tracks.branchedAt !== null && (
          <span className="tj-mark-origin" style={{ left: `${edgeOf(tracks.branchedAt + 1, columns)}%` }} />
        )}
        {tracks.edited.map((at) => (
          <span key={at} className="tj-mark-edit" style={{ left: `${edgeOf(at, columns)}%` }} />
        ))}
        {[...new Set(branches)].map((after) => (
          <span key={after} className="tj-mark-branch" style={{ left: `${edgeOf(after + 1, columns)}%` }} />
        ))}
        <span className="tj-playhead" style={{ left: `${middleOf(step, columns)}%` }} />
        {hovered !== null && hovered !== step && (
          <span className="tj-ghost" style={{ left: `${middleOf(hovered, columns)}%` }} />
        )}
      </div>
      <div className="tj-under">
        <p className="tj-step-line">{describeStep(tracks, hovered ?? step)}</p>
        {overlay === 'confidence' && <Scale from="unsure" to="certain" kind={overlay} />}
        {overlay === 'committed' && <Scale from="first step" to="last step" kind={overlay} />}
      </div>
    </div>
  )
}

function Scale({
  from,
  to,
  kind,
}: {
  readonly from: string
  readonly to: string
  readonly kind: OverlayKind
}): ReactElement {
  return (
    <p className="tj-scale">
      {from}
      <span className={`tj-ramp tj-ramp-${kind}`} aria-hidden="true" />
      {to}
    </p>
  )
}

function TrackName({
  name,
  left,
  total,
}: {
  readonly name: string
  readonly left: number
  readonly total: number
}): ReactElement {
  return (
    <span className="tj-track-name">
      {name}
      <span className="tj-count">{left === 0 ? `${total}` : `${total - left}/${total}`}</span>
    </span>
  )
}

function TrackBars({
  track,
  columns,
  step,
  kind,
}: {
  readonly track: Track
  readonly columns: number
  readonly step: number
  readonly kind: 'text' | 'image'
}): ReactElement {
  const bars = useMemo(() => barsPath(track), [track])
  // A path of its own: a clip over the other would have the browser put its layers together anew at every step.
  const seen = useMemo(() => barsPath(track, step), [track, step])
  const remasks = useMemo(() => remaskPath(track), [track])
  return (
    <svg
      className={`tj-track tj-track-${kind}`}
      viewBox={`0 0 ${columns} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path className="tj-bars" d={bars} />
      <path className="tj-bars-seen" d={seen} />
      <path className="tj-remasks" d={remasks} />
    </svg>
  )
}
