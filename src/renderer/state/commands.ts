/**
 * The registry of commands: one list that the keyboard, the palette, menus and tooltips read. A command has a default
 * chord; the person's own chords stand in the preferences. Rules of matching and of clashes are in commands-keys.ts.
 */
import { create } from 'zustand'
import { api } from '../api.ts'
import { chordOf } from '../ui/chord.ts'
import { chordsOf, matches, standOf, type Bindable } from './commands-keys.ts'
import { studio, useStudio } from './store.ts'
import { toastError } from './toasts.ts'

export type CommandGroup = 'Run' | 'Edit' | 'Tools' | 'View' | 'Playback' | 'Project' | 'Studio'

export interface Command extends Bindable {
  readonly title: string
  readonly group: CommandGroup
  /** Whether it makes sense now; absent: always. */
  readonly when?: () => boolean
  readonly run: () => void | Promise<void>
}

export const useCommands = create<{ readonly commands: readonly Command[] }>(() => ({ commands: [] }))

/** Adds commands; those with an id that is there already take its place. Returns how to take them away. */
export function registerCommands(commands: readonly Command[]): () => void {
  const ids = new Set(commands.map(({ id }) => id))
  const others = (): Command[] => useCommands.getState().commands.filter(({ id }) => !ids.has(id))
  useCommands.setState({ commands: [...others(), ...commands] })
  return () => useCommands.setState({ commands: others() })
}

export const canRun = (command: Command): boolean => command.when?.() ?? true

export function runCommand(command: Command): void {
  if (!canRun(command)) return
  try {
    Promise.resolve(command.run()).catch(toastError)
  } catch (error) {
    toastError(error)
  }
}

/** Runs a command by its id; nothing happens where it is not there or makes no sense now. */
export function runById(id: string): void {
  const command = useCommands.getState().commands.find((entry) => entry.id === id)
  if (command) runCommand(command)
}

/** The chord of a command as it is bound now, for a tooltip; undefined where it has none. */
export function useChord(id: string): string | undefined {
  const own = useStudio((s) => s.preferences.shortcuts[id])
  const fallback = useCommands((s) => s.commands.find((command) => command.id === id)?.chord)
  return own === undefined ? fallback : own === '' ? undefined : own
}

const isModal = (): boolean => document.querySelector('dialog[open]') !== null

/** Runs what is chosen in the host's own menu. Returns how to stop. */
export const listenToHost = (): (() => void) =>
  api.on('host.command', ({ command }) => {
    if (!isModal()) runById(command)
  })

/** Listens to the keyboard for the whole page. Returns how to stop. */
export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    // A control that took the key says so; a modal window has the keyboard to itself.
    if (event.defaultPrevented || event.isComposing || isModal()) return
    const chord = chordOf(event)
    if (chord === null) return
    const bound = chordsOf(useCommands.getState().commands, studio.get().preferences.shortcuts)
    const command = matches(bound, chord, standOf(event.target)).find(canRun)
    if (!command) return
    event.preventDefault()
    runCommand(command)
  }
  window.addEventListener('keydown', onKey)
  return () => window.removeEventListener('keydown', onKey)
}
