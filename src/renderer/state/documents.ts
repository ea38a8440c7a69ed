/**
 * The open document: commands are applied at once and stored right after, in order, again and again until they are.
 * What the service has not taken yet is also kept in this window's storage, so closing it loses nothing.
 */
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import { describeCommand, documentCommandSchema, type DocumentCommand } from '../../shared/document.ts'
import type { RunSettings } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { append, insert, nextWrite, openLog, redoable, seek, shown, undoable, written } from './documents-log.ts'
import type { DocumentLog } from './documents-log.ts'
import { studio } from './store.ts'
import { toast, toastError } from './toasts.ts'

/** `waiting`: there is something to store and the service cannot be reached. */
export type SaveState = 'saved' | 'saving' | 'waiting' | 'failed'
export const useSaveState = create<{ readonly state: SaveState }>(() => ({ state: 'saved' }))

const BATCH_MS = 250
const RETRY_MS = 1500

let log: DocumentLog | null = null
let timer: ReturnType<typeof setTimeout> | null = null
let writing = false

export interface DispatchOptions {
  /** One step back for all commands of a gesture: typing, the drag of a slider. */
  readonly coalesce?: string
}

/** Changes the document. What does not fit is said and changes nothing. */
export function dispatch(command: DocumentCommand, options: DispatchOptions = {}): void {
  if (!log) return
  try {
    show(append(log, command, { ...options, now: Date.now() }))
  } catch (error) {
    toastError(error)
  }
}

/** Changes the document without dropping what can be redone: for what happens by itself, such as the end of a run. */
export function dispatchQuietly(command: DocumentCommand): void {
  if (!log) return
  try {
    show(insert(log, command, Date.now()))
  } catch (error) {
    toastError(error)
  }
}

/** Changes run settings; edits of one field in a row are one step back. */
export function setSettings(change: Partial<RunSettings>): void {
  const { document } = studio.get()
  if (!document) return
  const settings: RunSettings = { ...document.settings, ...change }
  if ('imageSteps' in change && change.imageSteps === undefined) delete settings.imageSteps
  if ('acceleration' in change && change.acceleration === undefined) delete settings.acceleration
  dispatch({ type: 'setSettings', settings }, { coalesce: `settings ${Object.keys(change).sort().join(' ')}` })
}

export const undo = (): void => walk(-1)
export const redo = (): void => walk(1)

function walk(by: -1 | 1): void {
  if (!log) return
  const passed = by < 0 ? undoable(log) : redoable(log)
  const next = seek(log, by)
  if (next === log) return
  show(next)
  if (passed?.type === 'branch') {
    studio.set({ viewedRun: by < 0 ? passed.from : passed.to, viewedStep: by < 0 ? passed.step : null })
  }
  // What is in the strip again is not turned down in the history.
  if (passed?.type === 'unstage')
    api.call('runs.update', { run: passed.run, rejected: by > 0 }).catch((error: unknown) => toastError(error))
}

/** Shows a log, and stores what of it is new. */
function show(next: DocumentLog): void {
  log = next
  const back = undoable(next)
  const forth = redoable(next)
  studio.set({
    document: shown(next),
    canUndo: back && describeCommand(back),
    canRedo: forth && describeCommand(forth),
  })
  if (!nextWrite(next)) return
  if (useSaveState.getState().state === 'saved') useSaveState.setState({ state: 'saving' })
  plan(BATCH_MS)
}

function plan(ms: number): void {
  timer ??= setTimeout(() => {
    timer = null
    void save()
  }, ms)
}

/** Sends what is not stored yet, one message after the other. */
async function save(): Promise<void> {
  const document = studio.get().documentId
  if (writing || !log || document === null) return
  writing = true
  try {
    for (let write = nextWrite(log); write; write = nextWrite(log)) {
      if (write.kind === 'append')
        await api.call('documents.append', { document, at: write.at, commands: [...write.commands] })
      else await api.call('documents.seek', { document, cursor: write.cursor })
      // Another document may have been opened meanwhile.
      if (studio.get().documentId !== document) return
      log = written(log, write)
    }
    forget(document)
    useSaveState.setState({ state: 'saved' })
  } catch (error) {
    keep(document)
    if (error instanceof TandemError && error.kind !== 'environment') return refused(error)
    useSaveState.setState({ state: 'waiting' })
    plan(RETRY_MS)
  } finally {
    writing = false
  }
}

/** The service will never take this: say so once, and offer what helps. */
function refused(error: TandemError): void {
  if (useSaveState.getState().state === 'failed') return
  useSaveState.setState({ state: 'failed' })
  const { documentId } = studio.get()
  toast({
    tone: 'danger',
    message: `The last changes were not saved. ${error.message}`,
    remedy: error.remedy,
    action: {
      label: 'Go back to the saved state',
      run: () => {
        if (documentId === null) return
        forget(documentId)
        openDocument(documentId).catch(toastError)
      },
    },
    diagnostics: error.stack,
    ms: null,
  })
}

/** Has everything stored before something else is opened. Resolves at once where it is. */
export async function flushDocument(): Promise<void> {
  if (timer !== null) clearTimeout(timer)
  timer = null
  // A write on its way ends first.
  while (writing) await new Promise((resolve) => setTimeout(resolve, 20))
  await save()
}

export async function openDocument(id: string): Promise<void> {
  if (studio.get().documentId !== id) await flushDocument()
  const opened = openLog(await api.call('documents.open', { document: id }))
  useSaveState.setState({ state: 'saved' })
  studio.set({ documentId: id })
  show(restored(id, opened))
}

/** The document is gone (its project was deleted). */
export function closeDocument(): void {
  log = null
  studio.set({ documentId: null, document: null, canUndo: null, canRedo: null })
}

const keyOf = (document: string): string => `tandem.unsaved.${document}`

/** Keeps what is not stored where this window finds it again. */
function keep(document: string): void {
  const write = log && nextWrite(log)
  try {
    if (!log || !write) localStorage.removeItem(keyOf(document))
    else if (write.kind === 'append')
      localStorage.setItem(
        keyOf(document),
        JSON.stringify({ at: write.at, commands: log.commands.slice(write.at - log.first), cursor: log.cursor }),
      )
  } catch {
    // Too much for the storage: the service is still asked again and again.
  }
}

function forget(document: string): void {
  try {
    localStorage.removeItem(keyOf(document))
  } catch {
    // Nothing was kept either.
  }
}

/** A document with the changes that an earlier window could not store, where they still fit. */
function restored(id: string, opened: DocumentLog): DocumentLog {
  try {
    const text = localStorage.getItem(keyOf(id))
    if (text === null) return opened
    const kept = JSON.parse(text) as { at: number; commands: unknown[] }
    // Only right behind what is stored: otherwise someone else went on from there.
    if (kept.at !== opened.first + opened.commands.length || opened.cursor !== opened.commands.length) return opened
    return kept.commands.reduce<DocumentLog>(
      (log, command) => append(log, documentCommandSchema.parse(command), { now: 0 }),
      opened,
    )
  } catch {
    return opened
  }
}

/** Stores what is left when the page goes, and again when the connection is back. Returns how to stop. */
export function followPage(): () => void {
  const leave = (): void => {
    const { documentId } = studio.get()
    if (documentId === null || !log || !nextWrite(log)) return
    keep(documentId)
    void save()
  }
  window.addEventListener('pagehide', leave)
  document.addEventListener('visibilitychange', leave)
  return () => {
    window.removeEventListener('pagehide', leave)
    document.removeEventListener('visibilitychange', leave)
  }
}

/** Tries to store at once: the connection is back. */
export const saveNow = (): void => void save()
