/** A list of actions: arrows move, letters jump, Enter does. */
import { useRef, useState, type KeyboardEvent, type ReactElement, type RefObject } from 'react'
import { IconButton } from './Button.tsx'
import { Icon, type IconName } from './Icon.tsx'
import { Kbd } from './Kbd.tsx'
import type { Side } from './place.ts'
import { Popover } from './Popover.tsx'

export type MenuItem =
  | 'divider'
  | {
      readonly label: string
      readonly icon?: IconName
      readonly shortcut?: string | undefined
      readonly danger?: boolean
      readonly disabled?: boolean
      /** Present for one that is on or off. */
      readonly checked?: boolean
      readonly onSelect: () => void
    }

export interface MenuProps {
  readonly anchor: RefObject<HTMLElement | null>
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly onClose: () => void
  readonly side?: Side
  readonly align?: 'start' | 'centre' | 'end'
}

const LETTERS_MS = 600

/** Shown while it is mounted. */
export function Menu({ anchor, label, items, onClose, side, align }: MenuProps): ReactElement {
  const list = useRef<HTMLDivElement>(null)
  const typed = useRef({ text: '', at: 0 })
  const buttons = (): HTMLButtonElement[] => [
    ...(list.current?.querySelectorAll<HTMLButtonElement>('button:not([disabled])') ?? []),
  ]
  const onKeyDown = (event: KeyboardEvent): void => {
    const all = buttons()
    const at = all.indexOf(document.activeElement as HTMLButtonElement)
    const go = (index: number): void => {
      event.preventDefault()
      all[(index + all.length) % all.length]?.focus()
    }
    if (event.key === 'ArrowDown') go(at + 1)
    else if (event.key === 'ArrowUp') go(at < 0 ? all.length - 1 : at - 1)
    else if (event.key === 'Home') go(0)
    else if (event.key === 'End') go(all.length - 1)
    else if (event.key === 'Tab') onClose()
    else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
      const now = Date.now()
      const text = (now - typed.current.at < LETTERS_MS ? typed.current.text : '') + event.key.toLowerCase()
      typed.current = { text, at: now }
      const from = text.length === 1 ? at + 1 : at
      const order = [...all.slice(from), ...all.slice(0, from)]
      order.find((button) => button.dataset['text']?.startsWith(text))?.focus()
      event.preventDefault()
    }
    event.stopPropagation()
    if (event.key !== 'Escape') return
    // Else a dialog underneath would close as well.
    event.preventDefault()
    onClose()
  }
  return (
    <Popover
      anchor={anchor}
      label={label}
      role="menu"
      onClose={onClose}
      {...(side ? { side } : {})}
      {...(align ? { align } : {})}
      className="menu"
    >
      <div ref={list} onKeyDown={onKeyDown}>
        {items.map((item, i) =>
          item === 'divider' ? (
            // A divider has no other identity than its place.
            <div key={`divider ${i}`} className="menu-divider" role="separator" />
          ) : (
            <button
              key={item.label}
              type="button"
              role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
              aria-checked={item.checked}
              disabled={item.disabled}
              tabIndex={-1}
              data-text={item.label.toLowerCase()}
              className={item.danger ? 'menu-item menu-danger' : 'menu-item'}
              onPointerEnter={(event) => event.currentTarget.focus({ preventScroll: true })}
              onClick={() => {
                onClose()
                item.onSelect()
              }}
            >
              <span className="menu-icon">
                {item.checked === true ? <Icon name="check" /> : item.icon && <Icon name={item.icon} />}
              </span>
              <span className="menu-text">{item.label}</span>
              {item.shortcut !== undefined && item.shortcut !== '' && <Kbd chord={item.shortcut} />}
            </button>
          ),
        )}
      </div>
    </Popover>
  )
}

/** An icon button that opens a menu. */
export function MenuButton({
  icon = 'more',
  label,
  items,
  small = false,
  align = 'end',
}: {
  readonly icon?: IconName
  readonly label: string
  readonly items: readonly MenuItem[]
  readonly small?: boolean
  readonly align?: 'start' | 'centre' | 'end'
}): ReactElement {
  const anchor = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  return (
    <>
      <IconButton
        ref={anchor}
        icon={icon}
        label={label}
        small={small}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && <Menu anchor={anchor} label={label} items={items} align={align} onClose={() => setOpen(false)} />}
    </>
  )
}
