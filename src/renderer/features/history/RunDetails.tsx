/** A run with all that made it, and everything that can be done with it. */
import { useEffect, type ReactElement } from 'react'
import type { Run } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { saveAsRow } from '../../state/datasets.ts'
import { loadLibrary, useLibrary } from '../../state/library.ts'
import { viewRun } from '../../state/playback.ts'
import {
  cancelRun,
  changeAndRunAgain,
  continueRun,
  exportRun,
  isGoing,
  reuseSettings,
  stageRun,
  updateRun,
} from '../../state/runs.ts'
import { copyText } from '../../state/download.ts'
import { canContinue, runTitle } from '../../state/runs-words.ts'
import { toastError } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import { remove } from './history-state.ts'
import { factsOf } from './run-facts.ts'

export function RunDetails({ run, onClose }: { readonly run: Run; readonly onClose: () => void }): ReactElement {
  return (
    <section className="details" aria-label="Details of the run">
      <header className="details-head">
        <h3>{runTitle(run)}</h3>
        <More run={run} />
        <IconButton small icon="x" label="Close the details" onClick={onClose} />
      </header>
      <div className="details-body">
        <div className="details-pictures">
          {run.input && <Picture blob={run.input.blob} label="Before" />}
          {run.mask && <Picture blob={run.mask.blob} label="Mask: white could change" />}
          {run.picture && <Picture blob={run.picture.blob} label="After" />}
        </div>
        <Rating run={run} />
        <Actions run={run} />
        {run.error && (
          <Notice tone="danger" about={{ run: run.id, where: 'run' }}>
            {run.error.message} {run.error.remedy}
          </Notice>
        )}
        {run.warnings.map((warning) => (
          <Notice key={warning} tone="warning">
            {warning}
          </Notice>
        ))}
        {run.reasoning !== '' && <p className="details-reasoning">{run.reasoning}</p>}
        <Facts run={run} />
      </div>
    </section>
  )
}

function Picture({ blob, label }: { readonly blob: string; readonly label: string }): ReactElement {
  return (
    <figure>
      <img src={api.blobUrl(blob)} alt={label} />
      <figcaption>{label}</figcaption>
    </figure>
  )
}

function Rating({ run }: { readonly run: Run }): ReactElement {
  return (
    <div className="details-rating">
      <div role="radiogroup" aria-label="Rating" className="stars">
        {[1, 2, 3, 4, 5].map((value) => (
          <IconButton
            key={value}
            small
            role="radio"
            aria-checked={run.rating === value}
            icon={value <= run.rating ? 'star-filled' : 'star'}
            label={value === run.rating ? 'Take the rating away' : `Rate ${value}`}
            shortcut={String(value)}
            onClick={() => void updateRun(run.id, { rating: value === run.rating ? 0 : value })}
          />
        ))}
      </div>
      <span className="details-space" />
      <IconButton
        icon="heart"
        label="Favourite"
        shortcut="F"
        pressed={run.favourite}
        onClick={() => void updateRun(run.id, { favourite: !run.favourite })}
      />
      <IconButton
        icon="reject"
        label="Reject"
        detail="Left out of the history unless asked for."
        shortcut="X"
        pressed={run.rejected}
        onClick={() => void updateRun(run.id, { rejected: !run.rejected })}
      />
    </div>
  )
}

function Actions({ run }: { readonly run: Run }): ReactElement {
  return (
    <div className="details-actions">
      <Button onClick={() => viewRun(run.id)}>View</Button>
      <Button onClick={() => reuseSettings(run)}>Use settings</Button>
      {isGoing(run) ? (
        <Button onClick={() => void cancelRun(run.id)}>Stop</Button>
      ) : canContinue(run) ? (
        <Button onClick={() => void continueRun(run.id)}>Continue</Button>
      ) : run.state === 'failed' ? (
        <Button onClick={() => changeAndRunAgain(run)}>Run again with changes</Button>
      ) : (
        run.picture && <Button onClick={() => stageRun(run)}>Stage</Button>
      )}
    </div>
  )
}

function More({ run }: { readonly run: Run }): ReactElement {
  return (
    <MenuButton
      small
      label="More for this run"
      items={[
        {
          label: 'This edit was right …',
          icon: 'check',
          disabled: !run.picture,
          onSelect: () => saveAsRow(run.id),
        },
        'divider',
        {
          label: 'Export picture (PNG)',
          icon: 'download',
          disabled: !run.picture,
          onSelect: () => void exportRun(run.id, 'png'),
        },
        {
          label: 'Export animation (GIF)',
          disabled: !run.hasTrajectory,
          onSelect: () => void exportRun(run.id, 'gif'),
        },
        {
          label: 'Export animation (WebP)',
          disabled: !run.hasTrajectory,
          onSelect: () => void exportRun(run.id, 'webp'),
        },
        {
          label: 'Export frames (ZIP)',
          disabled: !run.hasTrajectory,
          onSelect: () => void exportRun(run.id, 'frames'),
        },
        {
          label: 'Export trajectory (.tdm)',
          disabled: !run.hasTrajectory,
          onSelect: () => void exportRun(run.id, 'trajectory'),
        },
        'divider',
        {
          label: 'Copy the instruction',
          icon: 'copy',
          onSelect: () => void copyText(run.settings.instruction, 'The instruction is'),
        },
        { label: 'Delete', icon: 'trash', danger: true, shortcut: 'Delete', onSelect: () => remove(run.id) },
      ]}
    />
  )
}

function Facts({ run }: { readonly run: Run }): ReactElement {
  const entries = useLibrary((s) => s.entries)
  const adapted = (run.settings.adapters ?? []).length > 0
  // Only to call adapters by their names.
  useEffect(() => {
    if (adapted) loadLibrary().catch(toastError)
  }, [adapted])
  const nameOf = (adapter: string): string => entries?.find(({ id }) => id === adapter)?.name ?? adapter
  return (
    <dl className="details-facts">
      {factsOf(run, nameOf).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
