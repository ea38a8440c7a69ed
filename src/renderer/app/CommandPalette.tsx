/** Every command by its name: type a few letters, Enter runs the first. */
import { useMemo, useRef, useState, type ReactElement } from 'react'
import { canRun, runCommand, useCommands, type Command } from '../state/commands.ts'
import { chordsOf, fuzzyScore } from '../state/commands-keys.ts'
import { useStudio } from '../state/store.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { Icon } from '../ui/Icon.tsx'
import { Kbd } from '../ui/Kbd.tsx'

export function CommandPalette({ onClose }: { readonly onClose: () => void }): ReactElement {
  const commands = useCommands((s) => s.commands)
  const own = useStudio((s) => s.preferences.shortcuts)
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const found = useMemo(() => {
    const scored = chordsOf(commands, own)
      .map((bound) => ({ ...bound, score: fuzzyScore(query, `${bound.command.title} ${bound.command.group}`) }))
      .filter((entry) => entry.score !== null && canRun(entry.command))
    return query === '' ? scored : scored.sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
  }, [commands, own, query])
  const chosen = Math.min(at, found.length - 1)

  const go = (index: number): void => {
    const next = (index + found.length) % Math.max(1, found.length)
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  const run = (command: Command): void => {
    onClose()
    // After the dialog has given the focus back: a command may move it on.
    setTimeout(() => runCommand(command))
  }
  return (
    <Dialog title="Command palette" bare onClose={onClose}>
      <div className="palette">
        <div className="palette-input">
          <Icon name="search" />
          <input
            data-autofocus
            type="text"
            role="combobox"
            aria-label="Search commands"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={found[chosen] ? `palette-${found[chosen].command.id}` : undefined}
            autoComplete="off"
            spellCheck={false}
            placeholder="Search commands"
            value={query}
            onChange={(event) => {
              setQuery(event.target.value)
              setAt(0)
            }}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown') go(chosen + 1)
              else if (event.key === 'ArrowUp') go(chosen - 1)
              else if (event.key === 'Enter' && found[chosen]) run(found[chosen].command)
              else return
              event.preventDefault()
            }}
          />
        </div>
        <div className="palette-list" id="palette-list" role="listbox" aria-label="Commands" ref={list}>
          {found.map(({ command, chord }, i) => (
            <div
              key={command.id}
              id={`palette-${command.id}`}
              role="option"
              aria-selected={i === chosen}
              className="palette-item"
              onPointerMove={() => setAt(i)}
              onClick={() => run(command)}
            >
              <span className="palette-title">{command.title}</span>
              <span className="palette-group">{command.group}</span>
              <span className="palette-chord">{chord !== null && <Kbd chord={chord} />}</span>
            </div>
          ))}
        </div>
        {found.length === 0 && <p className="palette-none">No command is called that.</p>}
      </div>
    </Dialog>
  )
}
