/** One run in the list: its picture, its words, and what tells it from the others. */
import type { ReactElement } from 'react'
import type { Run } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { modeName, runTitle, stateName, when } from '../../state/runs-words.ts'
import { Icon } from '../../ui/Icon.tsx'
import { useHistory } from './history-state.ts'

export const ROW_HEIGHT = 56

export function HistoryRow({
  run,
  viewed,
  onOpen,
}: {
  /** Undefined while it is on its way. */
  readonly run: Run | undefined
  readonly viewed: string | null
  readonly onOpen: (run: Run) => void
}): ReactElement {
  const leaving = useHistory((s) => run !== undefined && s.leaving.has(run.id))
  if (!run) return <div className="history-row history-row-wait" aria-hidden="true" />
  const classes = [
    'history-row',
    run.id === viewed ? 'history-viewed' : '',
    leaving || run.rejected ? 'history-dim' : '',
  ]
  const picture = run.picture ?? run.input
  return (
    <div className={classes.filter(Boolean).join(' ')} onDoubleClick={() => onOpen(run)}>
      <span className="history-thumb">
        {picture && <img src={api.blobUrl(picture.blob)} alt="" loading="lazy" draggable={false} />}
      </span>
      <span className="history-words">
        <span className="history-title">{runTitle(run)}</span>
        <span className="history-facts">
          {run.state === 'done' ? modeName(run.settings.mode) : stateName[run.state]}
          {run.parent && ', branch'}
          {' · '}
          {leaving ? 'deleted' : when(run.createdAt, Date.now())}
        </span>
      </span>
      <span className="history-marks">
        {run.favourite && <Icon name="heart-filled" size={12} />}
        {run.rating > 0 && (
          <span className="history-rating" aria-label={`Rated ${run.rating}`}>
            {run.rating}
            <Icon name="star-filled" size={10} />
          </span>
        )}
        {run.rejected && <Icon name="reject" size={12} />}
      </span>
    </div>
  )
}
