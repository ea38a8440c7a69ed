/**
 * The open document: commands are applied at once and stored right after, in order, again and again until they are.
 * What the service has not taken yet is also kept in this window's storage, so closing it loses nothing; and a window
 * that another one has overtaken stops writing until the person has seen it.
 */
import { TandemError } from '../../shared/errors.ts'
import type { DocumentCommand } from '../../shared/document.ts'
import { describeCommand } from '../../shared/document-words.ts'
import type { RunSettings } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { newId } from '../ids.ts'
import { forget, keep, keptBefore, takeUp, unsavedOf } from './documents-kept.ts'
import { append, insert, nextWrite, openLog, redoable, seek, sent, shown, undoable, written } from './documents-log.ts'
import type { DocumentLog } from './documents-log.ts'
import { setSaveState, useSaveState } from './documents-trouble.ts'
import { studio } from './store.ts'
import { toast, toastError } from './toasts.ts'

const BATCH_MS = 250
const RETRY_MS = 1500

let log: DocumentLog | null = null
let timer: ReturnType<typeof setTimeout> | null = null
let writing = false
/** Counts what was opened: an answer to an earlier one is nobody's. */
let openings = 0
/** What earlier windows kept and this one has taken up: forgotten once it is stored. */
let taken: readonly string[] = []
const thisWindow = newId()

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
  for (const key of ['imageSteps', 'acceleration', 'adapters'] as const)
    if (settings[key] === undefined) delete settings[key]
  dispatch({ type: 'setSettings', settings }, { coalesce: `settings ${Object.keys(change).sort().join(' ')}` })
}

/** The settings of a run, a preset or a picture, as they were: what may be absent and is absent there is absent here. */
export function takeSettings(taken: Partial<RunSettings>): void {
  setSettings({ imageSteps: undefined, acceleration: undefined, adapters: undefined, ...taken })
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
  if (useSaveState.getState().state === 'saved') setSaveState('saving')
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
  // What stands there now belongs to another window, until the person has said how it goes on.
  if (useSaveState.getState().state === 'conflict') return keep(document, thisWindow, unsavedOf(log))
  writing = true
  const opened = openings
  try {
    for (let write = nextWrite(log); write; write = nextWrite(log)) {
      const by = { writer: thisWindow, revision: log.saved.revision }
      log = sent(log)
      const { revision } =
        write.kind === 'append'
          ? await api.call('documents.append', { document, at: write.at, commands: [...write.commands], by })
          : await api.call('documents.seek', { document, cursor: write.cursor, by })
      // Another document may have been opened meanwhile.
      if (openings !== opened) return
      log = written(log, write, revision)
    }
    forgetKept(document)
    setSaveState('saved')
  } catch (error) {
    if (openings !== opened) return
    keep(document, thisWindow, unsavedOf(log))
    await notTaken(document, error)
  } finally {
    writing = false
  }
}

function forgetKept(document: string): void {
  keep(document, thisWindow, null)
  forget(taken)
  taken = []
}

/** Why it was not stored, and how it goes on. */
async function notTaken(document: string, error: unknown): Promise<void> {
  const known = error instanceof TandemError ? error : null
  if (known?.kind === 'conflict') return overtaken(document, known)
  if (known && known.kind !== 'environment') return refused(document, known)
  // Where nobody answered, the window says so itself.
  const answered = known && studio.get().connected
  const again = 'Your changes are kept here and stored as soon as it works.'
  setSaveState('waiting', answered ? { message: known.message, remedy: `${known.remedy} ${again}` } : null)
  plan(RETRY_MS)
}

/** Another window wrote. Where nothing of this one would be lost its state is taken over; otherwise the person is asked. */
async function overtaken(document: string, { message }: TandemError): Promise<void> {
  const opened = openings
  const newer = await api.call('documents.open', { document }).catch(() => null)
  if (openings !== opened || !log) return
  const kept = unsavedOf(log)
  if (newer && kept) {
    const { log: both, onTop, left } = takeUp(openLog(newer), kept)
    if (onTop + left.length === 0) {
      install(both)
      return nextWrite(both) ? plan(RETRY_MS) : (forgetKept(document), setSaveState('saved'))
    }
  }
  setSaveState('conflict', {
    message,
    remedy: 'Load the newer state: what you changed here is put on top of it. Until then it is kept in this window.',
    action: { label: 'Load the newer state', run: () => void openDocument(document).catch(toastError) },
  })
}

/** The service will never take this: say so once, and offer what helps. */
function refused(document: string, error: TandemError): void {
  setSaveState('failed', {
    message: `The last changes were not saved. ${error.message}`,
    remedy: error.remedy,
    action: {
      label: 'Go back to the saved state',
      run: () => {
        forgetKept(document)
        log = null
        openDocument(document).catch(toastError)
      },
    },
    diagnostics: error.stack,
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
  const again = studio.get().documentId === id
  if (!again) await flushDocument()
  const opened = openLog(await api.call('documents.open', { document: id }))
  const own = again && log ? unsavedOf(log) : null
  // What this window kept is what it holds in memory; what another one holds it may have kept in vain.
  const before = keptBefore(id).filter(({ key }) => !own || !key.endsWith(`.${thisWindow}`))
  taken = before.map(({ key }) => key)
  let all = { log: opened, onTop: 0, left: [] as readonly string[] }
  for (const { kept, unread } of [...before, ...(own ? [{ kept: own, unread: [] }] : [])]) {
    const next = takeUp(all.log, kept)
    all = { log: next.log, onTop: all.onTop + next.onTop, left: [...all.left, ...unread, ...next.left] }
  }
  setSaveState('saved')
  studio.set({ documentId: id })
  install(all.log)
  if (!nextWrite(all.log)) forgetKept(id)
  sayPutOnTop(all.onTop, all.left)
}

/** Shows a log that was opened; what is on its way for an earlier one is not for this. */
function install(opened: DocumentLog): void {
  openings++
  show(opened)
}

function sayPutOnTop(onTop: number, left: readonly string[]): void {
  const out = `left out: ${[...new Set(left)].join(', ')}.`
  if (onTop === 0) {
    if (left.length > 0)
      toast({
        tone: 'warning',
        message: `Some of the changes that were kept here do not fit the document and are ${out}`,
        remedy: 'Everything else is there. Make them again, smaller where they were large.',
        ms: null,
      })
    return
  }
  const count = onTop === 1 ? 'One change' : `${onTop} changes`
  const not = left.length === 0 ? '' : ` These did not fit and are ${out}`
  toast({
    tone: left.length === 0 ? 'info' : 'warning',
    message: `Another window changed this document. ${count} made here ${onTop === 1 ? 'was' : 'were'} put on top of it.${not}`,
    remedy: 'Undo takes them back one by one.',
    ms: null,
  })
}

/** The document is gone (its project was deleted). */
export function closeDocument(): void {
  openings++
  log = null
  setSaveState('saved')
  studio.set({ documentId: null, document: null, canUndo: null, canRedo: null })
}

/** Stores what is left when the page goes, and again when the connection is back. Returns how to stop. */
export function followPage(): () => void {
  const leave = (): void => {
    const { documentId } = studio.get()
    if (documentId === null || !log || !nextWrite(log)) return
    keep(documentId, thisWindow, unsavedOf(log))
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
