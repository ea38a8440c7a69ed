/** What the studio says back: progress, nothing here yet, a warning in place, work that goes on. */
import { useRef, type ReactElement, type ReactNode } from 'react'
import { Button } from './Button.tsx'
import { CopyDiagnostics, type About } from './diagnostics.tsx'
import { Icon, type IconName } from './Icon.tsx'

/** `value` from 0 to 1; null while how far it is is not known. */
export function ProgressBar({ value, label }: { readonly value: number | null; readonly label: string }): ReactElement {
  const percent = value === null ? null : Math.round(Math.min(1, Math.max(0, value)) * 100)
  return (
    <div
      className={percent === null ? 'progress progress-open' : 'progress'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
    >
      <span style={percent === null ? undefined : { transform: `translateX(${percent - 100}%)` }} />
    </div>
  )
}

export function EmptyState({
  icon,
  title,
  children,
  actions,
}: {
  readonly icon?: IconName
  readonly title: string
  readonly children?: ReactNode
  readonly actions?: ReactNode
}): ReactElement {
  return (
    <div className="empty">
      {icon && <Icon name={icon} size={22} />}
      <p className="empty-title">{title}</p>
      {children !== undefined && <p className="empty-text">{children}</p>}
      {actions !== undefined && <div className="empty-actions">{actions}</div>}
    </div>
  )
}

/** A sentence beside what it is about. An error offers its diagnostics; so does a warning that says what it is `about`. */
export function Notice({
  tone = 'info',
  children,
  actions,
  about,
}: {
  readonly tone?: 'info' | 'warning' | 'danger'
  readonly children: ReactNode
  readonly actions?: ReactNode
  readonly about?: About | undefined
}): ReactElement {
  const words = useRef<HTMLDivElement>(null)
  const copies = tone === 'danger' || about !== undefined
  return (
    <div className={`notice notice-${tone}`} role={tone === 'danger' ? 'alert' : 'status'}>
      <Icon name={tone === 'info' ? 'info' : 'warning'} />
      <div className="notice-text">
        <div className="notice-words" ref={words}>
          {children}
        </div>
        {(actions !== undefined || copies) && (
          <div className="notice-actions">
            {actions}
            {copies && <CopyDiagnostics said={() => words.current?.textContent ?? ''} about={about} />}
          </div>
        )}
      </div>
    </div>
  )
}

/** Work that goes on: it stands until it ends. */
export interface Wait {
  readonly id: string
  /** What happens, as in "Opening scene.png". */
  readonly words: string
  /** 0 to 1; null while it is not known. */
  readonly share: number | null
  /** It was asked to stop and has not ended yet. */
  readonly stopping: boolean
  /** Null where it cannot be stopped, or not any more. */
  readonly onCancel: (() => void) | null
}

export function WaitLine({ wait: { words, share, stopping, onCancel } }: { readonly wait: Wait }): ReactElement {
  return (
    <div className="wait">
      <span className="wait-words">{stopping ? `Stopping: ${words}` : words}</span>
      {share !== null && !stopping && <span className="wait-share">{Math.round(share * 100)} %</span>}
      {onCancel && (
        <Button kind="quiet" onClick={onCancel}>
          Cancel
        </Button>
      )}
      <ProgressBar value={stopping ? null : share} label={words} />
    </div>
  )
}
