/** Tabs over panels; arrows move between them, the chosen panel alone is mounted. */
import { useId, useRef, type ReactElement, type ReactNode } from 'react'
import { Icon, type IconName } from './Icon.tsx'

export interface Tab<T extends string> {
  readonly id: T
  readonly label: string
  readonly icon?: IconName
  /** A small count after the label. */
  readonly badge?: number
  readonly content: ReactNode
}

export function Tabs<T extends string>({
  label,
  tabs,
  value,
  onChange,
  end,
}: {
  readonly label: string
  readonly tabs: readonly Tab<T>[]
  readonly value: T
  readonly onChange: (id: T) => void
  /** Controls at the end of the row. */
  readonly end?: ReactNode
}): ReactElement {
  const id = useId()
  const row = useRef<HTMLDivElement>(null)
  const shown = tabs.find((tab) => tab.id === value) ?? tabs[0]
  return (
    <div className="tabs">
      <div className="tabs-head">
        <div
          ref={row}
          className="tabs-row"
          role="tablist"
          aria-label={label}
          onKeyDown={(event) => {
            const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
            if (by === 0) return
            const at = tabs.findIndex((tab) => tab.id === value)
            const next = tabs[(at + by + tabs.length) % tabs.length]
            if (!next) return
            event.preventDefault()
            onChange(next.id)
            row.current?.querySelectorAll('button')[tabs.indexOf(next)]?.focus()
          }}
        >
          {tabs.map((tab) => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={`${id}-${tab.id}`}
              className="tab"
              aria-selected={tab === shown}
              aria-controls={`${id}-panel`}
              tabIndex={tab === shown ? 0 : -1}
              onClick={() => onChange(tab.id)}
            >
              {tab.icon && <Icon name={tab.icon} size={14} />}
              {tab.label}
              {tab.badge !== undefined && tab.badge > 0 && <span className="badge">{tab.badge}</span>}
            </button>
          ))}
        </div>
        {end !== undefined && <div className="tabs-end">{end}</div>}
      </div>
      <div
        className="tabs-panel"
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={shown ? `${id}-${shown.id}` : undefined}
      >
        {shown?.content}
      </div>
    </div>
  )
}
