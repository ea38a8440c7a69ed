/** The buttons that move the playhead: back and forth, to the next image step, play, speed, and following a run. */
import type { ReactElement } from 'react'
import { useChord } from '../../state/commands.ts'
import { play, usePlayback } from '../../state/playback.ts'
import { speeds, type PlaybackAction, type Speed } from '../../state/playback-reducer.ts'
import { IconButton } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import type { IconName } from '../../ui/Icon.tsx'

export interface TransportProps {
  readonly step: number
  /** Steps planned; null while there is nothing to play. */
  readonly planned: number | null
  readonly live: boolean
  readonly follows: boolean
}

export function Transport({ step, planned, live, follows }: TransportProps): ReactElement {
  const { playing, speed } = usePlayback()
  const idle = planned === null
  return (
    <>
      <div className="tj-group" role="group" aria-label="Playback">
        <Move
          icon="jump-back"
          label="Previous image step"
          command="playback.previousImage"
          action={{ type: 'jump', track: 'image', direction: -1 }}
          disabled={idle}
          className="tj-jump"
        />
        <Move
          icon="step-back"
          label="Step back"
          command="playback.previous"
          action={{ type: 'by', delta: -1 }}
          disabled={idle}
        />
        <Move
          icon={playing ? 'pause' : 'play'}
          label={playing ? 'Pause' : 'Play'}
          command="playback.toggle"
          action={{ type: 'toggle' }}
          disabled={idle}
        />
        <Move
          icon="step-forward"
          label="Step forward"
          command="playback.next"
          action={{ type: 'by', delta: 1 }}
          disabled={idle}
        />
        <Move
          icon="jump"
          label="Next image step"
          command="playback.nextImage"
          action={{ type: 'jump', track: 'image', direction: 1 }}
          disabled={idle}
          className="tj-jump"
        />
      </div>
      <span className="tj-step-number" aria-hidden="true">
        <strong>{step}</strong>
        {idle ? '' : ` / ${planned}`}
      </span>
      <IconButton
        icon="eye"
        label="Follow the run"
        detail="Shows each step as it is decided."
        pressed={live && follows}
        disabled={!live}
        onClick={() => play({ type: 'follow', on: !follows })}
      />
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
    </>
  )
}

function Move({
  icon,
  label,
  command,
  action,
  disabled,
  className,
}: {
  readonly icon: IconName
  readonly label: string
  /** Whose chord is shown. */
  readonly command: string
  readonly action: PlaybackAction
  readonly disabled: boolean
  readonly className?: string
}): ReactElement {
  const shortcut = useChord(command)
  return (
    <IconButton
      icon={icon}
      label={label}
      shortcut={shortcut}
      disabled={disabled}
      className={className}
      onClick={() => play(action)}
    />
  )
}
