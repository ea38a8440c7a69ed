/** The tools, in groups, top to bottom. One is always in the hand; arrows walk, Enter takes. */
import { useRef, type KeyboardEvent, type ReactElement } from 'react'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { toolGroups } from '../../canvas/tools/index.ts'
import type { Tool, ToolId } from '../../canvas/tools/types.ts'
import { useChord } from '../../state/commands.ts'
import { IconButton } from '../../ui/Button.tsx'
import type { IconName } from '../../ui/Icon.tsx'
import { ColourButton } from './ColourPicker.tsx'
import './toolbar.css'

const icons: Readonly<Record<ToolId, IconName>> = {
  move: 'move',
  'select-rectangle': 'rect',
  'select-lasso': 'lasso',
  brush: 'brush',
  eraser: 'eraser',
  picker: 'eyedropper',
  sprite: 'tray',
  'mask-brush': 'brush',
  'mask-eraser': 'eraser',
  'mask-rectangle': 'rect',
  'mask-lasso': 'lasso',
  box: 'box',
  remask: 'refresh',
  pan: 'hand',
}

export function Toolbar(): ReactElement {
  const held = useEditor((s) => s.tool)
  const bar = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const buttons = [...(bar.current?.querySelectorAll<HTMLButtonElement>('button') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    if (by === 0 || at < 0) return
    event.preventDefault()
    event.stopPropagation()
    buttons[(at + by + buttons.length) % buttons.length]?.focus()
  }
  return (
    <div
      className="toolbar"
      role="toolbar"
      aria-label="Tools"
      aria-orientation="vertical"
      ref={bar}
      onKeyDown={onKeyDown}
    >
      {toolGroups.map((group) => (
        <div key={group[0]!.id} className="toolbar-group">
          {group.map((tool) => (
            <ToolButton key={tool.id} tool={tool} held={held === tool.id} />
          ))}
        </div>
      ))}
      <div className="toolbar-group">
        <ColourButton />
      </div>
    </div>
  )
}

function ToolButton({ tool, held }: { readonly tool: Tool; readonly held: boolean }): ReactElement {
  const { id, label, hint } = tool
  const chord = useChord(`tool.${id}`)
  return (
    <IconButton
      icon={icons[id]}
      label={label}
      detail={hint}
      shortcut={chord}
      side="right"
      pressed={held}
      className={id.startsWith('mask-') ? 'toolbar-mask' : undefined}
      tabIndex={held ? 0 : -1}
      onClick={() => canvas.chooseTool(id)}
    />
  )
}
