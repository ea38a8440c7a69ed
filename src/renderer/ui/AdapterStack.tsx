/** Adapters stacked on a model: weighted, taken off, one more laid on. Which there are is the caller's to know. */
import { useRef, useState, type ReactElement } from 'react'
import { Button, IconButton } from './Button.tsx'
import { Menu } from './Menu.tsx'
import { Slider } from './Slider.tsx'

export interface Weighted {
  readonly id: string
  readonly weight: number
}

export interface AdapterStackProps {
  readonly stacked: readonly Weighted[]
  readonly nameOf: (id: string) => string
  /** Why one that is stacked cannot be used; null where it can. */
  readonly problemOf: (id: string) => string | null
  /** What may be laid on besides. */
  readonly free: readonly { readonly id: string; readonly label: string }[]
  readonly onChange: (stacked: readonly Weighted[]) => void
}

export function AdapterStack({ stacked, nameOf, problemOf, free, onChange }: AdapterStackProps): ReactElement | null {
  const anchor = useRef<HTMLSpanElement>(null)
  const [open, setOpen] = useState(false)
  if (stacked.length === 0 && free.length === 0) return null
  return (
    <div className="adapter-stack" role="group" aria-label="Adapters">
      {stacked.map((each) => {
        const problem = problemOf(each.id)
        return (
          <div key={each.id} className="adapter-line">
            <Slider
              label={nameOf(each.id)}
              value={each.weight}
              min={-1}
              max={2}
              step={0.05}
              initial={1}
              onChange={(weight) =>
                onChange(stacked.map((other) => (other.id === each.id ? { ...other, weight } : other)))
              }
            />
            <IconButton
              small
              icon="x"
              label={`Take off ${nameOf(each.id)}`}
              onClick={() => onChange(stacked.filter((other) => other.id !== each.id))}
            />
            {problem !== null && <span className="field-error">{problem}</span>}
          </div>
        )
      })}
      {free.length > 0 && (
        <span ref={anchor}>
          <Button icon="plus" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
            Add an adapter
          </Button>
        </span>
      )}
      {open && (
        <Menu
          anchor={anchor}
          label="Adapters"
          items={free.map(({ id, label }) => ({
            label,
            icon: 'merge' as const,
            onSelect: () => onChange([...stacked, { id, weight: 1 }]),
          }))}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  )
}
