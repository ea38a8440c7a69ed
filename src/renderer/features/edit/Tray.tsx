/**
 * The storybook's sprites and backgrounds. Click takes one into the hand, dragging drops it in a cell, Enter puts it in
 * the next free one. A grid with one stop for Tab; arrows walk.
 */
import { useEffect, useMemo, useState, type KeyboardEvent, type ReactElement } from 'react'
import type { Tray as TrayContent } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import type { Placeable } from '../../canvas/sprites.ts'
import { asWords } from '../../state/problems.ts'
import { useStudio } from '../../state/store.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { TextField } from '../../ui/Field.tsx'
import { groupTray } from './tray-groups.ts'
import { placeNext } from './tray-actions.ts'
import './tray.css'

type Loaded = { readonly tray: TrayContent | null } | { readonly error: string } | null

export function Tray(): ReactElement {
  const model = useStudio((s) => s.document?.settings.model ?? s.models[0]?.id ?? null)
  const [loaded, setLoaded] = useState<Loaded>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (model === null) return
    let current = true
    setLoaded(null)
    api.call('tray.get', { model }).then(
      (tray) => current && setLoaded({ tray }),
      (error: unknown) => current && setLoaded({ error: asWords(error) }),
    )
    return () => {
      current = false
    }
  }, [model, attempt])

  if (model === null) return <EmptyState icon="tray" title="No model is loaded" />
  if (loaded === null) return <ProgressBar value={null} label="Reading the tray" />
  if ('error' in loaded)
    return (
      <Notice tone="danger" actions={<Button onClick={() => setAttempt(attempt + 1)}>Try again</Button>}>
        {loaded.error}
      </Notice>
    )
  if (!loaded.tray)
    return (
      <EmptyState icon="tray" title="This model has no tray">
        Sprites belong to the storybook model. Open or paste a picture instead.
      </EmptyState>
    )
  return <TrayGrid tray={loaded.tray} />
}

function TrayGrid({ tray }: { readonly tray: TrayContent }): ReactElement {
  const [query, setQuery] = useState('')
  const armed = useEditor((s) => s.armed)
  const [at, setAt] = useState<string | null>(null)
  const groups = useMemo(() => groupTray(tray, query), [tray, query])
  const first = groups[0]?.items[0]?.name ?? null
  const known = groups.some((group) => group.items.some((item) => item.name === at))

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('.tray-item')]
    const index = buttons.indexOf(document.activeElement as HTMLButtonElement)
    if (index < 0) return
    const next = walk(buttons, index, event.key)
    if (!next) return
    event.preventDefault()
    event.stopPropagation()
    next.focus()
  }
  return (
    <div className="tray">
      <TextField
        bare
        type="search"
        label="Search the tray"
        placeholder="Search sprites"
        value={query}
        onChange={setQuery}
      />
      <p className="tray-note">Click to hold, drag to a cell, Enter for the next free cell.</p>
      {groups.length === 0 && (
        <EmptyState icon="search" title={`Nothing is called "${query}"`}>
          Search by name or by kind: cat, fruit, vehicle.
        </EmptyState>
      )}
      <div className="tray-groups" onKeyDown={onKeyDown}>
        {groups.map(({ name, items }) => (
          <section key={name} aria-label={name}>
            <h4 className="tray-title">{name}</h4>
            <div className={items[0]?.kind === 'background' ? 'tray-grid tray-backgrounds' : 'tray-grid'}>
              {items.map((item) => (
                <TrayItem
                  key={item.name}
                  item={item}
                  held={armed?.name === item.name && armed.kind === item.kind}
                  stop={known ? item.name === at : item.name === first}
                  onFocus={() => setAt(item.name)}
                />
              ))}
            </div>
          </section>
        ))}
      </div>
      <p className="tray-note">{tray.attribution}</p>
    </div>
  )
}

function TrayItem({
  item,
  held,
  stop,
  onFocus,
}: {
  readonly item: Placeable
  readonly held: boolean
  readonly stop: boolean
  readonly onFocus: () => void
}): ReactElement {
  return (
    <button
      type="button"
      className="tray-item"
      aria-label={item.kind === 'background' ? `Background ${item.name}` : item.name}
      aria-pressed={held}
      tabIndex={stop ? 0 : -1}
      draggable
      onFocus={onFocus}
      onClick={() => canvas.arm(held ? null : item)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return
        event.preventDefault()
        placeNext(item)
      }}
      onDragStart={(event) => {
        event.dataTransfer.setData('text/plain', item.name)
        event.dataTransfer.effectAllowed = 'copy'
        canvas.drag(item)
      }}
      onDragEnd={() => canvas.drag(null)}
    >
      <img src={api.blobUrl(item.picture.blob)} alt="" draggable={false} />
      <span>{item.name}</span>
    </button>
  )
}

/** The item an arrow leads to, by where the items are on the screen. */
function walk(buttons: readonly HTMLButtonElement[], index: number, key: string): HTMLButtonElement | undefined {
  const from = buttons[index]!.getBoundingClientRect()
  switch (key) {
    case 'ArrowRight':
      return buttons[index + 1]
    case 'ArrowLeft':
      return buttons[index - 1]
    case 'Home':
      return buttons[0]
    case 'End':
      return buttons.at(-1)
    case 'ArrowDown':
      return buttons.slice(index + 1).find((button) => isBeside(button, from, 1))
    case 'ArrowUp':
      return buttons.slice(0, index).findLast((button) => isBeside(button, from, -1))
    default:
      return undefined
  }
}

function isBeside(button: HTMLButtonElement, from: DOMRect, direction: 1 | -1): boolean {
  const at = button.getBoundingClientRect()
  const further = direction > 0 ? at.top >= from.bottom - 1 : at.bottom <= from.top + 1
  return further && at.left < from.right && at.right > from.left
}
