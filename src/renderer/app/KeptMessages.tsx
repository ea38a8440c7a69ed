/** What went wrong and has left the screen: a count in the bar, and the messages behind it with what can be done. */
import { useRef, useState, type ReactElement } from 'react'
import { copyDiagnostics } from '../state/download.ts'
import { dismissKept, dismissToast, useToasts } from '../state/toasts.ts'
import { Button } from '../ui/Button.tsx'
import { Icon } from '../ui/Icon.tsx'
import { Popover } from '../ui/Popover.tsx'
import { ToastCard } from '../ui/Toasts.tsx'

export function KeptMessages(): ReactElement | null {
  const kept = useToasts((s) => s.kept)
  const anchor = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  if (kept.length === 0) return null
  const words = kept.length === 1 ? '1 message' : `${kept.length} messages`
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className="kept-messages"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label={words}
        onClick={() => setOpen(!open)}
      >
        <Icon name="warning" size={14} />
        {kept.length}
      </button>
      {open && (
        <Popover anchor={anchor} label="Messages kept" align="end" className="kept-list" onClose={() => setOpen(false)}>
          {kept.toReversed().map((toast) => (
            <ToastCard
              key={toast.id}
              toast={toast}
              onDismiss={dismissToast}
              onCopy={({ diagnostics }) => void copyDiagnostics(diagnostics)}
            />
          ))}
          {kept.length > 1 && (
            <Button kind="quiet" onClick={dismissKept}>
              Dismiss all
            </Button>
          )}
        </Popover>
      )}
    </>
  )
}
