/**
 * The layers, topmost first: pick, order (drag, or Alt with the arrows), show, rename, set opacity and place, merge, delete.
 * A list box with one stop for Tab; arrows walk.
 */
import { useLayoutEffect, useRef, useState, type DragEvent, type KeyboardEvent, type ReactElement } from 'react'
import type { Layer } from '../../../shared/document.ts'
import { dispatch } from '../../state/documents.ts'
import { useStudio } from '../../state/store.ts'
import { IconButton } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/feedback.tsx'
import { MenuButton, type MenuItem } from '../../ui/Menu.tsx'
import { Slider } from '../../ui/Slider.tsx'
import {
  addLayer,
  duplicateLayer,
  mergeDown,
  mirrorLayer,
  moveLayerTo,
  raiseLayer,
  removeLayer,
} from './layer-actions.ts'
import { LayerPlace } from './LayerPlace.tsx'
import { LayerThumbnail } from './LayerThumbnail.tsx'
import './layers.css'

const DRAG_TYPE = 'application/x-tandem-layer'

export function LayersPanel(): ReactElement {
  const layers = useStudio((s) => s.document?.layers)
  const activeId = useStudio((s) => s.document?.activeLayer ?? null)
  const [renaming, setRenaming] = useState<string | null>(null)
  const [over, setOver] = useState<string | null>(null)
  const list = useRef<HTMLUListElement>(null)
  const rest = (): void => list.current?.focus()
  if (!layers) return <EmptyState icon="layers" title="No document is open" />
  const top = [...layers].reverse()
  const active = layers.find((layer) => layer.id === activeId)

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return
    const at = top.findIndex((layer) => layer.id === activeId)
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by !== 0 && event.altKey && active) raiseLayer(active.id, by === 1 ? -1 : 1)
    else if (by !== 0) {
      const next = top[at < 0 ? 0 : at + by]
      if (next) dispatch({ type: 'selectLayer', layer: next.id })
    } else if (!active) return
    else if (event.key === 'Delete' || event.key === 'Backspace') removeLayer(active.id)
    else if (event.key === 'F2' || event.key === 'Enter') setRenaming(active.id)
    else if (event.key === ' ') dispatch({ type: 'setLayer', layer: active.id, visible: !active.visible })
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const onDrop = (event: DragEvent, target: Layer): void => {
    const moved = event.dataTransfer.getData(DRAG_TYPE)
    setOver(null)
    if (!moved) return
    event.preventDefault()
    moveLayerTo(moved, layers.indexOf(target))
  }

  return (
    <div className="layers">
      <div className="layers-bar">
        {active ? (
          <Slider
            label="Opacity"
            value={Math.round(active.opacity * 100)}
            min={0}
            max={100}
            step={1}
            unit="%"
            initial={100}
            onChange={(percent) =>
              dispatch(
                { type: 'setLayer', layer: active.id, opacity: percent / 100 },
                { coalesce: `opacity ${active.id}` },
              )
            }
          />
        ) : (
          <span className="layers-none">{layers.length > 0 ? 'No layer is chosen' : 'No layers yet'}</span>
        )}
        <IconButton icon="plus" label="Add a layer" onClick={addLayer} />
      </div>
      {top.length === 0 ? (
        <EmptyState icon="layers" title="The document is empty">
          Paint, open a picture or place a sprite: each makes a layer.
        </EmptyState>
      ) : (
        <ul
          ref={list}
          className="layers-list"
          role="listbox"
          aria-label="Layers, topmost first"
          aria-activedescendant={active ? `layer-${active.id}` : undefined}
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          {top.map((layer) => (
            <li
              key={layer.id}
              id={`layer-${layer.id}`}
              role="option"
              aria-selected={layer.id === activeId}
              aria-label={layer.visible ? layer.name : `${layer.name}, hidden`}
              className={over === layer.id ? 'layer layer-over' : 'layer'}
              draggable
              onClick={() => layer.id !== activeId && dispatch({ type: 'selectLayer', layer: layer.id })}
              onDoubleClick={() => setRenaming(layer.id)}
              onDragStart={(event) => event.dataTransfer.setData(DRAG_TYPE, layer.id)}
              onDragOver={(event) => {
                if (!event.dataTransfer.types.includes(DRAG_TYPE)) return
                event.preventDefault()
                setOver(layer.id)
              }}
              onDragLeave={() => setOver((now) => (now === layer.id ? null : now))}
              onDrop={(event) => onDrop(event, layer)}
            >
              <LayerThumbnail layer={layer} />
              <span className={layer.visible ? 'layer-name' : 'layer-name layer-hidden'}>
                {layer.name}
                {layer.opacity < 1 && <small>{Math.round(layer.opacity * 100)} %</small>}
              </span>
            </li>
          ))}
        </ul>
      )}
      {active &&
        (renaming === active.id ? (
          <NameField key={active.id} layer={active} onDone={() => setRenaming(null)} onRest={rest} />
        ) : (
          <LayerButtons
            layer={active}
            index={layers.indexOf(active)}
            count={layers.length}
            onRename={() => setRenaming(active.id)}
            onRest={rest}
          />
        ))}
      {active && <LayerPlace key={`place ${active.id}`} layer={active} />}
    </div>
  )
}

/** What is done with the chosen layer stands under the list: in a list box nothing else takes keys. */
function LayerButtons({
  layer,
  index,
  count,
  onRename,
  onRest,
}: {
  readonly layer: Layer
  readonly index: number
  readonly count: number
  readonly onRename: () => void
  /** The focus goes back to the list. */
  readonly onRest: () => void
}): ReactElement {
  const group = useRef<HTMLDivElement>(null)
  // A button that has done all there is to do is disabled, and would let the focus fall to nowhere.
  useLayoutEffect(() => {
    const { activeElement: at } = document
    if (at instanceof HTMLButtonElement && at.disabled && group.current?.contains(at)) onRest()
  })
  const more: readonly MenuItem[] = [
    { label: 'Rename', shortcut: 'F2', onSelect: onRename },
    { label: 'Duplicate', icon: 'copy', onSelect: () => duplicateLayer(layer) },
    { label: 'Move to the top', disabled: index === count - 1, onSelect: () => moveLayerTo(layer.id, count - 1) },
    { label: 'Mirror left and right', onSelect: () => mirrorLayer(layer, 'across') },
    { label: 'Mirror top and bottom', onSelect: () => mirrorLayer(layer, 'down') },
    { label: 'Move to the bottom', disabled: index === 0, onSelect: () => moveLayerTo(layer.id, 0) },
  ]
  return (
    <div ref={group} className="layers-actions" role="group" aria-label={`Layer "${layer.name}"`}>
      <IconButton
        icon={layer.visible ? 'eye' : 'eye-off'}
        label={layer.visible ? 'Hide' : 'Show'}
        shortcut="Space"
        onClick={() => dispatch({ type: 'setLayer', layer: layer.id, visible: !layer.visible })}
      />
      <IconButton
        icon="chevron-up"
        label="Move up"
        shortcut="Alt+ArrowUp"
        disabled={index === count - 1}
        onClick={() => raiseLayer(layer.id, 1)}
      />
      <IconButton
        icon="chevron-down"
        label="Move down"
        shortcut="Alt+ArrowDown"
        disabled={index === 0}
        onClick={() => raiseLayer(layer.id, -1)}
      />
      <IconButton
        icon="merge"
        label="Merge down"
        detail={index === 0 ? 'There is no layer under it.' : 'Together with the layer under it.'}
        disabled={index === 0}
        onClick={() => void mergeDown(layer.id)}
      />
      <IconButton icon="trash" label="Delete" shortcut="Delete" onClick={() => removeLayer(layer.id)} />
      <MenuButton label="More for this layer" items={more} />
    </div>
  )
}

function NameField({
  layer,
  onDone,
  onRest,
}: {
  readonly layer: Layer
  readonly onDone: () => void
  readonly onRest: () => void
}): ReactElement {
  const [name, setName] = useState(layer.name)
  /** Enter or Escape has said what becomes of it: that the focus then leaves says nothing. */
  const over = useRef(false)
  const commit = (): void => {
    const trimmed = name.trim().slice(0, 200)
    if (trimmed && trimmed !== layer.name) dispatch({ type: 'setLayer', layer: layer.id, name: trimmed })
    onDone()
  }
  return (
    <input
      className="text-field layer-rename"
      aria-label="Name of the layer"
      autoFocus
      maxLength={200}
      value={name}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setName(event.target.value)}
      onBlur={() => !over.current && commit()}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key !== 'Enter' && event.key !== 'Escape') return
        over.current = true
        if (event.key === 'Enter') commit()
        else onDone()
        onRest()
      }}
    />
  )
}
