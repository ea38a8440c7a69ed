/** Every shortcut, to look up and to bind anew; a chord that is taken says by what before anything changes. */
import { useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import { useCommands, type Command, type CommandGroup } from '../state/commands.ts'
import { chordsOf, clashesWith, rebind, type Bound } from '../state/commands-keys.ts'
import { isBrowsers, keptFrom } from '../state/commands-kept.ts'
import { setPreferences } from '../state/session-preferences.ts'
import { useStudio } from '../state/store.ts'
import { Button, IconButton } from '../ui/Button.tsx'
import { chordOf } from '../ui/chord.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { EmptyState, Notice } from '../ui/feedback.tsx'
import { TextField } from '../ui/Field.tsx'
import { Kbd } from '../ui/Kbd.tsx'

const groups: readonly CommandGroup[] = ['Run', 'Edit', 'Tools', 'View', 'Playback', 'Project', 'Studio']

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const commands = useCommands((s) => s.commands)
  const own = useStudio((s) => s.preferences.shortcuts)
  const browser = useStudio((s) => s.host === 'browser')
  const [query, setQuery] = useState('')
  const bound = chordsOf(commands, own)
  const wanted = query.trim().toLowerCase()
  const found = bound.filter(
    ({ command, chord }) =>
      wanted === '' || command.title.toLowerCase().includes(wanted) || chord?.toLowerCase() === wanted,
  )
  const change = (command: Command, chord: string | null, taken: readonly Command[] = []): void => {
    const freed = taken.reduce((shortcuts, other) => rebind(shortcuts, other, null), own)
    setPreferences({ shortcuts: rebind(freed, command, chord) })
  }
  return (
    <Dialog
      title="Shortcuts"
      size="large"
      onClose={onClose}
      footer={
        <>
          <Button
            kind="quiet"
            disabled={Object.keys(own).length === 0}
            onClick={() => setPreferences({ shortcuts: {} })}
          >
            Take all defaults back
          </Button>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div className="shortcuts">
        <TextField
          bare
          data-autofocus
          label="Search shortcuts"
          placeholder="Search by name or chord, for example Ctrl+Z"
          value={query}
          onChange={setQuery}
        />
        {browser && (
          <Notice>
            Browsers keep Ctrl+N, Ctrl+T, Ctrl+W and Ctrl+Tab for themselves, also with Shift: they do not reach the
            studio here and cannot be bound.
          </Notice>
        )}
        {found.length === 0 && <EmptyState title="No command is called that" />}
        {groups.map((group) => {
          const list = found.filter(({ command }) => command.group === group)
          if (list.length === 0) return null
          return (
            <section key={group} aria-label={group}>
              <h3>{group}</h3>
              {list.map((entry) => (
                <ShortcutRow key={entry.command.id} entry={entry} bound={bound} browser={browser} onChange={change} />
              ))}
            </section>
          )
        })}
      </div>
    </Dialog>
  )
}

function ShortcutRow({
  entry,
  bound,
  browser,
  onChange,
}: {
  readonly entry: Bound<Command>
  readonly bound: readonly Bound<Command>[]
  readonly browser: boolean
  readonly onChange: (command: Command, chord: string | null, taken?: readonly Command[]) => void
}): ReactElement {
  const { command, chord, changed } = entry
  /** Null: not listening. */
  const [heard, setHeard] = useState<{ readonly chord: string | null } | null>(null)
  const field = useRef<HTMLButtonElement>(null)
  const clashes = heard ? clashesWith(bound, command, heard.chord) : []
  /** Where it would not run the command; a default needs no warning, it was chosen with its places in mind. */
  const keptFromIt = (next: string | null): string[] =>
    next === null || next === defaultOf(command) ? [] : keptFrom(command, next, browser)
  const doubts = [
    ...(clashes.length > 0
      ? [`${heard?.chord ?? ''} is the shortcut of “${clashes.map(({ title }) => title).join('”, “')}”.`]
      : []),
    ...keptFromIt(heard?.chord ?? null),
  ]
  /** Binds it, unless another command has that chord or something else keeps it: then it is asked first. */
  const want = (next: string | null): void => {
    if (clashesWith(bound, command, next).length > 0 || keptFromIt(next).length > 0) return setHeard({ chord: next })
    onChange(command, next)
    setHeard(null)
  }
  /** The button that was pressed goes or is disabled: the focus stays in the row. */
  const rest = (): void => field.current?.focus()
  const listen = (event: KeyboardEvent): void => {
    if (event.key === 'Tab') return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'Escape') return setHeard(null)
    const next = chordOf(event)
    if (next === null) return
    want(next)
  }
  return (
    <div className="shortcut">
      <span className="shortcut-title">{command.title}</span>
      <button
        ref={field}
        type="button"
        className={heard ? 'shortcut-chord shortcut-listening' : 'shortcut-chord'}
        aria-label={`Shortcut of ${command.title}: ${chord ?? 'none'}. Press to change it.`}
        onClick={() => setHeard({ chord: null })}
        onKeyDown={heard ? listen : undefined}
        onBlur={() => {
          if (doubts.length === 0) setHeard(null)
        }}
      >
        {heard && heard.chord === null ? (
          'Press keys …'
        ) : (heard?.chord ?? chord) === null ? (
          <span className="shortcut-none">none</span>
        ) : (
          <Kbd chord={heard?.chord ?? chord ?? ''} />
        )}
      </button>
      <IconButton
        small
        icon="undo"
        label={`Take back the default of ${command.title}`}
        disabled={!changed}
        onClick={() => {
          want(defaultOf(command))
          rest()
        }}
      />
      <IconButton
        small
        icon="x"
        label={`Take the shortcut of ${command.title} away`}
        disabled={chord === null}
        onClick={() => {
          onChange(command, null)
          rest()
        }}
      />
      {browser && heard === null && chord !== null && isBrowsers(chord) && (
        <p className="shortcut-kept">Browsers keep this chord for themselves: it works in the desktop window alone.</p>
      )}
      {heard && doubts.length > 0 && (
        <div className="shortcut-clash" role="alert">
          <span>{doubts.join(' ')}</span>
          <Button
            onClick={() => {
              onChange(command, heard.chord, clashes)
              setHeard(null)
              rest()
            }}
          >
            {clashes.length > 0 ? 'Take it over' : 'Use it all the same'}
          </Button>
          <Button
            kind="quiet"
            onClick={() => {
              setHeard(null)
              rest()
            }}
          >
            Leave it
          </Button>
        </div>
      )}
    </div>
  )
}

/** A command's own chord in its one spelling. */
const defaultOf = (command: Command): string | null => chordsOf([command], {})[0]?.chord ?? null
