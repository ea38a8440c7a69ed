/** Projects: the one that is open, and what is done with whole ones. */
import { TandemError } from '../../shared/errors.ts'
import type { ResultOf } from '../../shared/ipc.ts'
import type { Project } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { closeDocument, openDocument } from './documents.ts'
import { download } from './download.ts'
import { viewRun } from './playback.ts'
import { problemOf, reportText } from './problems.ts'
import { loadQueuedRuns } from './runs.ts'
import { setPreferences } from './session-preferences.ts'
import { studio } from './store.ts'
import { toast } from './toasts.ts'
import { waitFor, type Waiting } from './waits.ts'
import { restoreViewed } from './viewed.ts'

const FIRST_NAME = 'First project'

/**
 * Opens the project that was open last, or the one changed last; makes one where there is none. One that cannot be opened
 * is passed over, and it is said which and why.
 */
export async function openFirstProject(): Promise<void> {
  const { projects } = await api.call('projects.list', {})
  studio.set({ projects })
  const last = studio.get().preferences.project
  const latest = [...projects].sort((a, b) => b.updatedAt - a.updatedAt)
  const inTurn = [...latest.filter(({ id }) => id === last), ...latest.filter(({ id }) => id !== last)]
  const closed: { readonly project: Project; readonly error: unknown }[] = []
  for (const project of inTurn) {
    try {
      if (studio.get().project?.id !== project.id) await openProject(project)
      return sayClosed(closed, project)
    } catch (error) {
      // Where nobody answers, or the disk does not, no other one would open either.
      if (error instanceof TandemError && error.kind === 'environment') throw error
      closed.push({ project, error })
    }
  }
  const made = await createProject(projects.length === 0 ? FIRST_NAME : freeProjectName(projects, FIRST_NAME))
  await openProject(made)
  sayClosed(closed, made)
}

function sayClosed(closed: readonly { readonly project: Project; readonly error: unknown }[], instead: Project): void {
  for (const { project, error } of closed) {
    const problem = problemOf(error)
    toast({
      tone: 'danger',
      message: `"${project.name}" could not be opened. ${problem.message}`,
      remedy: `"${instead.name}" was opened in its place. ${problem.remedy ?? ''}`.trim(),
      diagnostics: reportText(problem),
      ms: null,
    })
  }
}

/** Asks for the list again: how many runs each has is told with it alone. */
export async function refreshProjects(): Promise<void> {
  studio.set({ projects: (await api.call('projects.list', {})).projects })
}

export async function openProject(project: Project): Promise<void> {
  await openDocument(project.document)
  const changed = studio.get().project?.id !== project.id
  studio.set({ project })
  if (changed) {
    await restoreViewed()
    void loadQueuedRuns()
  }
  if (studio.get().preferences.project !== project.id) setPreferences({ project: project.id })
}

/** The open project is gone: another one takes its place. */
export async function forgetProject(): Promise<void> {
  closeDocument()
  viewRun(null)
  studio.set({ project: null })
  await openFirstProject()
}

/** A name that no project has yet. */
export function freeProjectName(projects: readonly Pick<Project, 'name'>[], base = 'Project'): string {
  const taken = new Set(projects.map(({ name }) => name))
  if (!taken.has(base) && base !== 'Project') return base
  for (let n = 1; ; n++) if (!taken.has(`${base} ${n}`)) return `${base} ${n}`
}

export async function createProject(name: string): Promise<Project> {
  const project = await api.call('projects.create', { name })
  const { projects } = studio.get()
  if (!projects.some(({ id }) => id === project.id)) studio.set({ projects: [...projects, project] })
  return project
}

export async function renameProject(project: Project, name: string): Promise<void> {
  await api.call('projects.rename', { project: project.id, name })
}

export async function deleteProject(project: Project): Promise<void> {
  await api.call('projects.delete', { project: project.id })
}

/** One self-contained file with everything in it. */
export async function exportProject(project: Project): Promise<void> {
  const work = ({ task }: Waiting): Promise<ResultOf<'projects.export'>> =>
    api.call('projects.export', { project: project.id, task })
  download(await waitFor(`Exporting "${project.name}"`, work))
}

export async function importProject(file: File, { task, signal }: Waiting): Promise<Project> {
  const project = await api.call('projects.import', { blob: await api.upload(file, signal), task })
  await openProject(project)
  return project
}
