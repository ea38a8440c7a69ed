/** A modal window: the browser's own <dialog>, so the page behind is inert, Escape closes and the focus comes back. */
import { useEffect, useId, useRef, type ReactElement, type ReactNode } from 'react'
import { Button, IconButton } from './Button.tsx'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  /** Buttons, the one that goes on last. */
  readonly footer?: ReactNode
  readonly size?: 'small' | 'medium' | 'large'
  /** Without a heading bar, for a palette. The title is spoken. */
  readonly bare?: boolean
}

/** Shown while it is mounted. */
export function Dialog({ title, onClose, children, footer, size = 'medium', bare = false }: DialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    if (element && !element.open) element.showModal()
    // React takes `autoFocus` before the window is open, when nothing in it can have the focus.
    element?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      className={`dialog dialog-${size}${bare ? ' dialog-bare' : ''}`}
      aria-labelledby={bare ? undefined : id}
      aria-label={bare ? title : undefined}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onPointerDown={(event) => {
        // A press on the backdrop has the dialog itself as its target.
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className="dialog-body">
        {!bare && (
          <header className="dialog-head">
            <h2 id={id}>{title}</h2>
            <IconButton icon="x" label="Close" onClick={onClose} />
          </header>
        )}
        <div className="dialog-content">{children}</div>
        {footer !== undefined && <footer className="dialog-foot">{footer}</footer>}
      </div>
    </dialog>
  )
}

/** Asks before what cannot be taken back. The safe answer has the focus. */
export function ConfirmDialog({
  title,
  text,
  action,
  onConfirm,
  onClose,
}: {
  readonly title: string
  readonly text: string
  readonly action: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}): ReactElement {
  return (
    <Dialog
      title={title}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            Cancel
          </Button>
          <Button
            kind="danger"
            onClick={() => {
              onClose()
              onConfirm()
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      <p className="dialog-text">{text}</p>
    </Dialog>
  )
}
