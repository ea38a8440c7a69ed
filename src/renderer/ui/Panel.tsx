/** A titled part of a column that folds away and remembers it. */
import { useId, type ReactElement, type ReactNode } from 'react'
import { Icon } from './Icon.tsx'
import { useRemembered } from './remembered.ts'

export function Panel({
  title,
  id,
  actions,
  open: initial = true,
  children,
}: {
  readonly title: string
  /** Under which it is remembered. */
  readonly id: string
  readonly actions?: ReactNode
  readonly open?: boolean
  readonly children: ReactNode
}): ReactElement {
  const body = useId()
  const [open, setOpen] = useRemembered(`panel.${id}`, initial)
  return (
    <section className="panel" aria-label={title}>
      <header className="panel-head">
        <h3>
          <button type="button" aria-expanded={open} aria-controls={body} onClick={() => setOpen(!open)}>
            <Icon name={open ? 'chevron-down' : 'chevron-right'} size={12} />
            {title}
          </button>
        </h3>
        {actions !== undefined && <div className="panel-actions">{actions}</div>}
      </header>
      <div className="panel-body" id={body} hidden={!open}>
        {open && children}
      </div>
    </section>
  )
}
