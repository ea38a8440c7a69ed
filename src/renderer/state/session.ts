/**
 * The session: what the studio starts with, what keeps it up to date, and what happens when the connection comes back.
 * The canvas waits for the document alone; models and runs arrive when they are there.
 */
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import type { LayoutEntries } from '../../shared/ipc-layout.ts'
import { api } from '../api.ts'
import { followLook, takePreferences } from './session-preferences.ts'
import { followPage, openDocument, saveNow } from './documents.ts'
import { followHosting } from './hosting.ts'
import { followJobs, loadJobs } from './jobs.ts'
import { followEngineProfiles } from './engine-profiles.ts'
import { followLibrary } from './library.ts'
import { startPlayback } from './playback-view.ts'
import { forgetProject, openFirstProject } from './projects.ts'
import { followRuns, loadQueuedRuns } from './runs.ts'
import { keepRemembered } from './remembering.ts'
import { studio } from './store.ts'
import { dismissToast, toast, toastError } from './toasts.ts'
import { renewTrajectories } from './trajectories.ts'
import { followViewed } from './viewed.ts'

export type Boot =
  | { readonly phase: 'loading' }
  | { readonly phase: 'ready' }
  | { readonly phase: 'failed'; readonly message: string; readonly remedy: string; readonly details: string }

export const useBoot = create<{ readonly boot: Boot }>(() => ({ boot: { phase: 'loading' } }))

let following = false

/** Starts the studio; called again after a failure it starts over. */
export async function boot(): Promise<void> {
  useBoot.setState({ boot: { phase: 'loading' } })
  try {
    follow()
    const [session, layout] = await Promise.all([api.call('session.open', { since: null }), api.call('layout.get', {})])
    keepLayout(layout.entries)
    api.startFrom(session.seq)
    const { host, version, preferences, queue } = session
    studio.set({ connected: true, host, version, queue })
    takePreferences(preferences)
    for (const notice of session.notices) toast({ tone: 'warning', ...notice, ms: NOTICE_MS, keeps: true })
    void loadModels()
    await openFirstProject()
    await loadJobs()
    useBoot.setState({ boot: { phase: 'ready' } })
    await loadQueuedRuns()
  } catch (error) {
    const words = error instanceof TandemError ? error : null
    useBoot.setState({
      boot: {
        phase: 'failed',
        message: words?.message ?? 'The studio could not start.',
        remedy: words?.remedy ?? 'Try again. If it happens again, copy the diagnostics into a report.',
        details: error instanceof Error ? (error.stack ?? error.message) : String(error),
      },
    })
  }
}

/** Before the first screen is drawn: they are there as they were left. */
function keepLayout(entries: LayoutEntries): void {
  const { flush } = keepRemembered(entries, (changed) => api.call('layout.set', { entries: changed }))
  window.addEventListener('pagehide', flush)
  document.addEventListener('visibilitychange', flush)
}

async function loadModels(): Promise<void> {
  try {
    const { models } = await api.call('models.list', {})
    studio.set({ models, modelsKnown: true })
  } catch (error) {
    // What runs say by themselves is shown without them as well.
    studio.set({ modelsKnown: true })
    toastError(error, { label: 'Look again', run: () => void loadModels() })
  }
}

/** Listens to the service and the page, once for the life of the window. */
function follow(): void {
  if (following) return
  following = true
  api.on('queue.changed', ({ items }) => studio.set({ queue: items }))
  api.on('preferences.changed', ({ preferences }) => takePreferences(preferences))
  api.on('notice', (notice) => toast({ tone: 'warning', ...notice }))
  api.on('projects.changed', ({ projects }) => {
    const { project } = studio.get()
    const still = project && projects.find(({ id }) => id === project.id)
    studio.set({ projects, ...(still ? { project: still } : {}) })
    if (project && !still) forgetProject().catch(toastError)
  })
  followRuns()
  followJobs()
  followHosting()
  followLibrary(loadModels)
  followEngineProfiles()
  startPlayback()
  followViewed()
  followPage()
  followLook()
  api.onConnection((up) => {
    studio.set({ connected: up })
    sayAway(!up)
    if (up) reconnect().catch(toastError)
  })
}

/** What happened at the start is read with time, and then waits in the bar. */
const NOTICE_MS = 30_000

/** A connection away for longer than this is not a hiccup: what is kept and what to do is said once. */
const AWAY_MS = 6000
let away: { timer: ReturnType<typeof setTimeout>; toast: string | null } | null = null

function sayAway(gone: boolean): void {
  if (gone === (away !== null)) return
  if (away) {
    clearTimeout(away.timer)
    if (away.toast !== null) dismissToast(away.toast)
    away = null
    return
  }
  const timer = setTimeout(() => void sayWhy(), AWAY_MS)
  away = { timer, toast: null }
}

async function sayWhy(): Promise<void> {
  const browser = studio.get().host === 'browser'
  // A server that was started anew answers, and does not know this window.
  const anew = browser && (await fetch('./', { method: 'HEAD', cache: 'no-store' }).then(isShutOut, () => false))
  if (!away) return
  // One that is still away may come back as one that was started anew.
  if (browser && !anew) away.timer = setTimeout(() => void sayWhy(), AWAY_MS)
  if (away.toast !== null && !anew) return
  if (away.toast !== null) dismissToast(away.toast)
  away.toast = anew
    ? toast({
        tone: 'warning',
        message: 'The studio was started anew and does not know this window.',
        remedy: 'Open the new link from its terminal in this browser. Your changes are kept here until then.',
        action: { label: 'What happened', run: () => window.location.reload() },
        ms: null,
      })
    : toast({
        tone: 'warning',
        message: 'The studio cannot be reached.',
        remedy: browser
          ? 'Your changes are kept here. If it was ended, start it again and open the link it prints.'
          : 'Your changes are kept here; it is being started again.',
        ms: null,
      })
}

const isShutOut = (reply: Response): boolean => reply.status === 401

/** The service is back: what was missed is heard now, or everything is asked for again. */
async function reconnect(): Promise<void> {
  const session = await api.call('session.open', { since: api.lastSeq() })
  takePreferences(session.preferences)
  studio.set({ queue: session.queue })
  if (!session.reset) {
    api.catchUp(session.missed)
    api.startFrom(Math.max(session.seq, api.lastSeq() ?? 0))
    saveNow()
    return
  }
  api.startFrom(session.seq)
  const { documentId } = studio.get()
  const { projects } = await api.call('projects.list', {})
  studio.set({ projects })
  await Promise.all([loadModels(), loadQueuedRuns(), loadJobs()])
  renewTrajectories()
  if (documentId !== null) {
    saveNow()
    await openDocument(documentId)
  }
}
