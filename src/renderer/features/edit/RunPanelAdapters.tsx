/** Adapters on the model of a run: stacked, weighted, taken off. They are laid on when the run starts. */
import { useEffect, useRef, useState, type ReactElement } from 'react'
import type { RunSettings, StackedAdapter } from '../../../shared/studio.ts'
import { setSettings } from '../../state/documents.ts'
import { adaptersFor, loadLibrary, MAX_ADAPTERS, useLibrary, withAdapter } from '../../state/library.ts'
import { useStudio } from '../../state/store.ts'
import { toastError } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Menu } from '../../ui/Menu.tsx'
import { Slider } from '../../ui/Slider.tsx'

export function AdapterFields({ settings }: { readonly settings: RunSettings }): ReactElement | null {
  const entries = useLibrary((s) => s.entries)
  const hash = useStudio((s) => s.models.find(({ id }) => id === settings.model)?.hash)
  const anchor = useRef<HTMLSpanElement>(null)
  const [open, setOpen] = useState(false)
  useEffect(() => {
    loadLibrary().catch(toastError)
  }, [])
  const stacked = settings.adapters ?? []
  const fitting = adaptersFor(entries, hash)
  const free = fitting.filter(({ id }) => !stacked.some((each) => each.id === id))
  if (stacked.length === 0 && fitting.length === 0) return null
  const change = (next: readonly StackedAdapter[]): void =>
    setSettings({ adapters: next.length === 0 ? undefined : [...next] })
  return (
    <div className="run-adapters" role="group" aria-label="Adapters">
      {stacked.map((each) => {
        const entry = entries?.find(({ id }) => id === each.id)
        const fits = entries === null || fitting.some(({ id }) => id === each.id)
        return (
          <div key={each.id} className="run-adapter">
            <Slider
              label={entry?.name ?? each.id}
              value={each.weight}
              min={-1}
              max={2}
              step={0.05}
              initial={1}
              onChange={(weight) =>
                change(stacked.map((other) => (other.id === each.id ? { ...other, weight } : other)))
              }
            />
            <IconButton
              small
              icon="x"
              label={`Take off ${entry?.name ?? each.id}`}
              onClick={() => change(stacked.filter((other) => other.id !== each.id))}
            />
            {!fits && (
              <span className="field-error">
                {entry ? 'It was trained on another model.' : 'This adapter is not here.'} A run would be refused.
              </span>
            )}
          </div>
        )
      })}
      {free.length > 0 && stacked.length < MAX_ADAPTERS && (
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
          items={free.map(({ id, name, adapter }) => ({
            label: adapter ? `${name}, rank ${adapter.rank}` : name,
            icon: 'merge' as const,
            onSelect: () => setSettings(withAdapter(settings, id)),
          }))}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  )
}
