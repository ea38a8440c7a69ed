/**
 * Training runs on the screens: the rows of those that are looked at, read as they grow; what each is in a line of the
 * list; and their previews.
 */
import { useEffect, useState } from 'react'
import { create } from 'zustand'
import type { ResultOf } from '../../shared/ipc.ts'
import type { PictureRef } from '../../shared/studio.ts'
import type { TrainedModel } from '../../shared/studio-training.ts'
import { api } from '../api.ts'
import { runById } from './commands.ts'
import { setSettings } from './documents.ts'
import { download } from './download.ts'
import type { JobOf } from './jobs.ts'
import { withAdapter } from './library.ts'
import { viewRun } from './playback.ts'
import { putRuns } from './runs.ts'
import { studio, useStudio, withEntry } from './store.ts'
import { toast, toastError } from './toasts.ts'
import { noRows, withRows, type TrainingRows } from './training-rows.ts'

export type TrainingJob = JobOf<'sft'>
export type Summary = ResultOf<'training.summary'>

interface Watched {
  readonly rows: TrainingRows
  /** Everything there was when it was asked for is here. */
  readonly loaded: boolean
}

interface Training {
  readonly runs: ReadonlyMap<string, Watched>
  readonly summaries: ReadonlyMap<string, Summary>
}

export const useTraining = create<Training>(() => ({ runs: new Map(), summaries: new Map() }))

interface Reader {
  cursor: string | null
  watchers: number
  reading: boolean
  again: boolean
}

const readers = new Map<string, Reader>()

api.on('training.grew', ({ job }) => {
  void readOn(job)
  soon(job)
})
api.on('job.removed', ({ job }) => {
  readers.delete(job)
  const runs = new Map(useTraining.getState().runs)
  if (runs.delete(job)) useTraining.setState({ runs })
})
// What was told while the connection was away may not be told again.
useStudio.subscribe((now, before) => {
  if (!now.connected || before.connected) return
  for (const job of readers.keys()) void readOn(job)
})

/** Reads what is new of a run that somebody looks at, one answer after the other. */
async function readOn(job: string): Promise<void> {
  const reader = readers.get(job)
  if (!reader) return
  if (reader.reading) {
    reader.again = true
    return
  }
  reader.reading = true
  try {
    do {
      reader.again = false
      await readPage(job, reader)
    } while (reader.again && readers.get(job) === reader)
  } catch (error) {
    if (studio.get().connected) toastError(error)
  } finally {
    reader.reading = false
  }
}

async function readPage(job: string, reader: Reader): Promise<void> {
  const page = await api.call('training.metrics', { job, cursor: reader.cursor })
  if (readers.get(job) !== reader) return
  reader.cursor = page.cursor
  reader.again ||= page.more
  const { runs } = useTraining.getState()
  const before = runs.get(job)?.rows
  if (page.rows.length === 0 && !page.restart && before && runs.get(job)?.loaded) return
  const rows = withRows(page.restart || !before ? noRows() : before, page.rows)
  useTraining.setState({ runs: withEntry(runs, job, { rows, loaded: !page.more }) })
}

function watch(job: string): () => void {
  const reader = readers.get(job) ?? { cursor: null, watchers: 0, reading: false, again: false }
  readers.set(job, reader)
  reader.watchers++
  void readOn(job)
  return () => {
    if (--reader.watchers > 0 || readers.get(job) !== reader) return
    readers.delete(job)
    const runs = new Map(useTraining.getState().runs)
    runs.delete(job)
    useTraining.setState({ runs })
  }
}

/** Rows of these runs, kept up to date while the caller is on screen. */
export function useRuns(jobs: readonly string[]): ReadonlyMap<string, Watched> {
  const key = jobs.join(' ')
  useEffect(() => {
    const stops = key === '' ? [] : key.split(' ').map(watch)
    return () => stops.forEach((stop) => stop())
  }, [key])
  return useTraining((s) => s.runs)
}

/** A list does not need every half second. */
const SUMMARY_MS = 2000
const waiting = new Map<string, ReturnType<typeof setTimeout>>()

function soon(job: string): void {
  if (waiting.has(job) || !useTraining.getState().summaries.has(job)) return
  const timer = setTimeout(() => {
    waiting.delete(job)
    void summarise(job)
  }, SUMMARY_MS)
  waiting.set(job, timer)
}

async function summarise(job: string): Promise<void> {
  const summary = await api.call('training.summary', { job }).catch(() => null)
  if (!summary) return
  const { summaries } = useTraining.getState()
  useTraining.setState({ summaries: withEntry(summaries, job, summary) })
}

/** A run in a line; asked for anew when its state changes. */
export function useSummary({ id, state }: Pick<TrainingJob, 'id' | 'state'>): Summary | null {
  useEffect(() => void summarise(id), [id, state])
  return useTraining((s) => s.summaries.get(id) ?? null)
}

const pictures = new Map<string, Promise<PictureRef>>()

/** The picture of a preview, once it is wanted. Null while it comes; a string says why it cannot. */
export function usePreviewPicture(job: string, step: number, prompt: number, wanted: boolean): PictureRef | null {
  const [picture, setPicture] = useState<PictureRef | null>(null)
  useEffect(() => {
    if (!wanted) return
    let gone = false
    const key = `${job} ${step} ${prompt}`
    const asked = pictures.get(key) ?? api.call('training.picture', { job, step, prompt }).then((r) => r.picture)
    pictures.set(key, asked)
    asked.then(
      (ref) => {
        if (!gone) setPicture(ref)
      },
      () => pictures.delete(key),
    )
    return () => {
      gone = true
    }
  }, [job, step, prompt, wanted])
  return picture
}

/** Opens a preview on the timeline of the editor, as a run of the open project. */
export async function openPreview(job: string, step: number, prompt: number): Promise<void> {
  const { project } = studio.get()
  if (!project) return void toast({ tone: 'warning', message: 'Open a project first.' })
  try {
    const run = await api.call('training.openPreview', { job, step, prompt, project: project.id })
    putRuns([run])
    viewRun(run.id)
    runById('screen.edit')
  } catch (error) {
    toastError(error)
  }
}

/** What a run made becomes that of the open document, an adapter on the model it was trained from; the editor opens. */
export function editWith({ id, kind }: Pick<TrainedModel, 'id' | 'kind'>, base: string): void {
  const { settings } = studio.get().document ?? {}
  if (!settings) return void toast({ tone: 'warning', message: 'No document is open.' })
  setSettings(kind === 'adapter' ? withAdapter(settings, id, base) : { model: id, adapters: undefined })
  runById('screen.edit')
}

/** A run's curves as a file for other tools. */
export async function exportCurves(job: string, form: 'csv' | 'tensorboard'): Promise<void> {
  try {
    download(await api.call('training.exportMetrics', { job, form }))
  } catch (error) {
    toastError(error)
  }
}
