/** What the studio says back: progress, nothing here yet, a warning in place, and messages that come and go. */
import { useEffect, useRef, useState, type ReactElement, type ReactNode } from 'react'
import { Button, IconButton } from './Button.tsx'
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

export interface Toast {
  readonly id: string
  readonly tone: 'info' | 'good' | 'warning' | 'danger'
  readonly message: string
  readonly remedy?: string | undefined
  readonly action?: { readonly label: string; readonly run: () => void } | undefined
  /** The report of an error; offered as "Copy diagnostics". */
  readonly diagnostics?: string | undefined
  /** It leaves by itself after this long; one with a danger stays. */
  readonly ms: number | null
}

const toneIcon = { info: 'info', good: 'check', warning: 'warning', danger: 'warning' } as const

/** Where messages stand; the pointer or the focus on one keeps it. */
export function ToastRegion({
  waits,
  toasts,
  onDismiss,
  onCopy,
}: {
  readonly waits: readonly Wait[]
  readonly toasts: readonly Toast[]
  readonly onDismiss: (id: string) => void
  readonly onCopy: (toast: Toast) => void
}): ReactElement {
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite" aria-relevant="additions">
      {waits.map((wait) => (
        <div key={wait.id} className="toast" role="status" aria-live="off">
          <WaitLine wait={wait} />
        </div>
      ))}
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} onDismiss={onDismiss} onCopy={onCopy} />
      ))}
    </section>
  )
}

function ToastCard({
  toast,
  onDismiss,
  onCopy,
}: {
  readonly toast: Toast
  readonly onDismiss: (id: string) => void
  readonly onCopy: (toast: Toast) => void
}): ReactElement {
  const [held, setHeld] = useState(false)
  const { id, ms } = toast
  useEffect(() => {
    if (held || ms === null) return
    const timer = setTimeout(() => onDismiss(id), ms)
    return () => clearTimeout(timer)
  }, [held, id, ms, onDismiss])
  return (
    <div
      className={`toast toast-${toast.tone}`}
      role={toast.tone === 'danger' ? 'alert' : 'status'}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon name={toneIcon[toast.tone]} />
      <div className="toast-text">
        <p>{toast.message}</p>
        {toast.remedy !== undefined && <p className="toast-remedy">{toast.remedy}</p>}
        {(toast.action ?? toast.diagnostics) !== undefined && (
          <div className="toast-actions">
            {toast.action && (
              <Button
                onClick={() => {
                  onDismiss(id)
                  toast.action?.run()
                }}
              >
                {toast.action.label}
              </Button>
            )}
            {toast.diagnostics !== undefined && (
              <Button kind="quiet" icon="copy" onClick={() => onCopy(toast)}>
                Copy diagnostics
              </Button>
            )}
          </div>
        )}
      </div>
      <IconButton small icon="x" label="Dismiss" onClick={() => onDismiss(id)} />
    </div>
  )
}
