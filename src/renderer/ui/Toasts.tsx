/** Messages that come and go, and how one of them looks wherever it stands. */
import { useEffect, useState, type ReactElement } from 'react'
import { Button, IconButton } from './Button.tsx'
import { WaitLine, type Wait } from './feedback.tsx'
import { Icon } from './Icon.tsx'

export interface Toast {
  readonly id: string
  readonly tone: 'info' | 'good' | 'warning' | 'danger'
  readonly message: string
  readonly remedy?: string | undefined
  readonly action?: { readonly label: string; readonly run: () => void } | undefined
  /** The report of an error; offered as "Copy diagnostics". */
  readonly diagnostics?: string | undefined
  /** It leaves by itself after this long; null stays. */
  readonly ms: number | null
  /** Where it leaves by itself it is kept among the messages of the bar, as what went wrong is. */
  readonly keeps: boolean
}

const toneIcon = { info: 'info', good: 'check', warning: 'warning', danger: 'warning' } as const

/** Where messages stand; the pointer or the focus on one keeps it. */
export function ToastRegion({
  waits,
  toasts,
  onDismiss,
  onLeave,
  onCopy,
}: {
  readonly waits: readonly Wait[]
  readonly toasts: readonly Toast[]
  readonly onDismiss: (id: string) => void
  /** Its time is over. */
  readonly onLeave: (id: string) => void
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
        <ToastOfTime key={toast.id} toast={toast} onDismiss={onDismiss} onLeave={onLeave} onCopy={onCopy} />
      ))}
    </section>
  )
}

interface CardProps {
  readonly toast: Toast
  readonly onDismiss: (id: string) => void
  readonly onCopy: (toast: Toast) => void
}

function ToastOfTime({ onLeave, ...props }: CardProps & { readonly onLeave: (id: string) => void }): ReactElement {
  const [held, setHeld] = useState(false)
  const { id, ms, tone } = props.toast
  useEffect(() => {
    if (held || ms === null) return
    const timer = setTimeout(() => onLeave(id), ms)
    return () => clearTimeout(timer)
  }, [held, id, ms, onLeave])
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <ToastCard {...props} />
    </div>
  )
}

/** One message with what can be done about it. */
export function ToastCard({ toast, onDismiss, onCopy }: CardProps): ReactElement {
  const { id } = toast
  return (
    <div className={`toast toast-${toast.tone}`}>
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
