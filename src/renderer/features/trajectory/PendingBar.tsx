/** Changes that wait for "Continue from here": each can be taken back, and one button denoises on with all of them. */
import type { ReactElement } from 'react'
import { continueFromHere, edit, useEdits, usePendingEdits } from '../../state/playback-edits.ts'
import { isEmpty, lastBranchStep, toEditsOfRun, type WordEdit } from '../../state/playback-edits-reducer.ts'
import { useStudio } from '../../state/store.ts'
import { frameOf } from '../../state/trajectories.ts'
import { fieldOf } from '../../state/trajectories-log.ts'
import type { Trajectory } from '../../../shared/trajectory.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Icon, type IconName } from '../../ui/Icon.tsx'
import { Notice } from '../../ui/feedback.tsx'

const icons = { pin: 'pin', replace: 'text', remask: 'undo' } as const satisfies Record<WordEdit['kind'], IconName>

/** "dog → cat": a change in a few words. */
export function shortEdit(change: WordEdit): string {
  switch (change.kind) {
    case 'pin':
      return `pin ${change.label}`
    case 'replace':
      return `${change.was} → ${change.label}`
    case 'remask':
      return `mask ${change.label}`
  }
}

export interface PendingBarProps {
  readonly run: string
  readonly trajectory: Trajectory
  readonly step: number
  /** Why this run cannot go on from a step, or null. */
  readonly refusal: string | null
}

export function PendingBar({ run, trajectory, step, refusal }: PendingBarProps): ReactElement {
  const pending = usePendingEdits()
  const branching = useEdits((s) => s.branching)
  const error = useEdits((s) => s.error)
  const undoable = useEdits((s) => (s.histories.get(run)?.past.length ?? 0) > 0)
  const redoable = useEdits((s) => (s.histories.get(run)?.future.length ?? 0) > 0)
  const running = useStudio((s) => s.runs.get(run)?.state === 'running')
  const from = Math.min(step, lastBranchStep(trajectory.header, trajectory.steps.length))
  const frame = frameOf(run, from)
  const sent = frame ? toEditsOfRun(trajectory.header, frame, pending) : { replace: [], remask: [] }
  const empty = isEmpty(pending)
  const without = sent.replace.length + sent.remask.length === 0
  const idle = refusal !== null || empty || without || branching

  return (
    <div className="tj-pending-bar" role="group" aria-label="Changes to the reasoning">
      {empty ? (
        <p className="tj-hint">
          {refusal ??
            (fieldOf(trajectory.header, 'outputText')
              ? 'Choose a word to pin, replace or mask it again; brush image cells back to masks on the canvas.'
              : 'Brush image cells back to masks on the canvas to have them drawn anew.')}
        </p>
      ) : (
        <ul className="tj-changes">
          {pending.words.map((change) => (
            <li key={change.index} className={`tj-change tj-change-${change.kind}`}>
              <Icon name={icons[change.kind]} size={12} />
              <span className="tj-change-text">{shortEdit(change)}</span>
              <IconButton
                small
                icon="x"
                label={`Take back: ${shortEdit(change)}`}
                onClick={() => edit({ type: 'dropWord', index: change.index })}
              />
            </li>
          ))}
          {pending.cells.size > 0 && (
            <li className="tj-change tj-change-remask">
              <Icon name="undo" size={12} />
              <span className="tj-change-text">
                {pending.cells.size === 1 ? 'mask 1 image cell' : `mask ${pending.cells.size} image cells`}
              </span>
              <IconButton
                small
                icon="x"
                label="Take back: image cells"
                onClick={() => edit({ type: 'cells', cells: new Set() })}
              />
            </li>
          )}
        </ul>
      )}
      {!empty && refusal === null && (
        <p className="tj-hint" role="status">
          {without
            ? `At step ${from} these places are still masked: there is nothing to change. Go to a later step.`
            : from < step
              ? `The run ends with step ${step}; it goes on from step ${from}. An earlier step leaves more to follow the change.`
              : running
                ? 'The run goes on; the changes make a branch of it beside.'
                : `Steps 1 to ${from} are kept; the rest is denoised anew with the changes.`}
        </p>
      )}
      {error && (
        <Notice tone="danger" about={{ run, where: 'runs.branch' }}>
          {error.message} {error.remedy}
        </Notice>
      )}
      <div className="tj-pending-actions">
        <IconButton
          icon="undo"
          label="Undo the last change"
          shortcut="Ctrl+Z"
          disabled={!undoable}
          onClick={() => edit({ type: 'undo' })}
        />
        <IconButton
          icon="redo"
          label="Redo"
          shortcut="Ctrl+Shift+Z"
          disabled={!redoable}
          onClick={() => edit({ type: 'redo' })}
        />
        <IconButton icon="trash" label="Clear all changes" disabled={empty} onClick={() => edit({ type: 'clear' })} />
        <Button
          kind="primary"
          icon="branch"
          disabled={idle}
          aria-keyshortcuts="Control+Shift+Enter"
          onClick={() => void continueFromHere()}
        >
          {branching ? 'Branching…' : `Continue from step ${from}`}
        </Button>
      </div>
    </div>
  )
}
