/**
 * The trajectories in memory: fetched once, then followed by events while their run goes. Every record is kept; the
 * screens are told at most once a painted frame. A record that does not follow what is known makes the whole be fetched.
 */
import { deflateSync, inflateSync } from 'fflate'
import { useEffect, useMemo } from 'react'
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import { decodeTrajectory, type Compression } from '../../shared/trajectory-codec.ts'
import type { Frame } from '../../shared/trajectory-frame.ts'
import { BadTrajectory, type Trajectory, type TrajectoryHeader, type TrajectoryStep } from '../../shared/trajectory.ts'
import type { RunError, Vocabulary } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { withNextFrame } from '../frames.ts'
import { studio, useStudio, withEntry } from './store.ts'
import { FrameIndex } from './trajectories-frames.ts'
import { appendRecords, begun, perTrajectory, remasksOf, tracksOf } from './trajectories-log.ts'
import { baseOf } from './settings-here.ts'
import { lexiconOf, matchModel, type Lexicon, type ModelMatch } from './trajectories-vocabulary.ts'

/** Trajectories kept besides the one viewed; a small run takes tens of kilobytes, a large one a few megabytes. */
const KEPT = 48

export type Load = { readonly state: 'loading' } | { readonly state: 'failed'; readonly error: RunError }
/** What is on its way or could not be had, by run; a run that is in memory has no entry. */
export const useLoads = create<{ readonly loads: ReadonlyMap<string, Load> }>(() => ({ loads: new Map() }))

const compression: Compression = {
  deflate: (bytes) => deflateSync(bytes),
  inflate: (bytes, maxBytes) => inflateSync(bytes, { out: new Uint8Array(maxBytes) }),
}

const indices = new Map<string, FrameIndex>()
const fetches = new Map<string, Promise<void>>()
/** Records that came since the screens were told last, by run. */
const waiting = new Map<string, TrajectoryStep[]>()
/** Runs a panel looks at besides the viewed one, with how many do. */
const held = new Map<string, number>()
/** The latest step heard of runs that go on, since the service was told. */
const heard = new Map<string, number>()
/** The screens were told something since the last frame; and more has come after that. */
let told = false
let late = false

export const tracks = perTrajectory(tracksOf)
export const remasks = perTrajectory(remasksOf)

export function asRunError(error: unknown): RunError {
  if (error instanceof TandemError) return { message: error.message, remedy: error.remedy }
  const message = error instanceof Error ? error.message : String(error)
  return { message: 'The trajectory cannot be shown.', remedy: 'Try again.', details: message }
}

function setLoad(run: string, load: Load | null): void {
  const loads = new Map(useLoads.getState().loads)
  if (load) loads.set(run, load)
  else loads.delete(run)
  useLoads.setState({ loads })
}

function put(run: string, trajectory: Trajectory): void {
  const map = new Map(studio.get().trajectories)
  map.delete(run)
  map.set(run, trajectory)
  for (const other of map.keys()) {
    if (map.size <= KEPT) break
    if (other === run || other === studio.get().viewedRun || held.has(other)) continue
    map.delete(other)
    indices.delete(other)
  }
  studio.set({ trajectories: map })
}

/** Has the run's trajectory in memory, fetching it where it is not. Failures are told in `useLoads`. */
export function ensureTrajectory(run: string, again = false): Promise<void> {
  const going = fetches.get(run)
  if (going) return going
  if (!again && studio.get().trajectories.has(run)) return Promise.resolve()
  const fetched = fetchTrajectory(run).finally(() => fetches.delete(run))
  fetches.set(run, fetched)
  return fetched
}

/** After events were lost: what is behind the step that its run has come to is asked for again. */
export function renewTrajectories(): void {
  const { trajectories, runs } = studio.get()
  for (const [id, { steps }] of trajectories)
    if (steps.length < (runs.get(id)?.step ?? 0)) void ensureTrajectory(id, true)
}

async function fetchTrajectory(run: string): Promise<void> {
  const known = studio.get().trajectories.get(run)
  if (!known) setLoad(run, { state: 'loading' })
  try {
    const { bytes } = await api.call('runs.trajectory', { run })
    const trajectory = decodeTrajectory(bytes, compression, 'The trajectory of this run')
    // Records told meanwhile may be newer than the file.
    const late = [...(studio.get().trajectories.get(run)?.steps ?? []), ...(waiting.get(run) ?? [])]
    waiting.delete(run)
    const merged = appendRecords(trajectory, late).trajectory
    put(run, follows(run, merged) ? merged : trajectory)
    setLoad(run, null)
  } catch (error) {
    // A run that goes on and is followed by events is shown all the same.
    setLoad(run, studio.get().trajectories.has(run) ? null : { state: 'failed', error: asRunError(error) })
  }
}

/** The state of a run after step k, or null where its trajectory is not in memory. */
export function frameOf(run: string, k: number): Frame | null {
  const trajectory = studio.get().trajectories.get(run)
  return trajectory ? indexOf(run, trajectory).at(k) : null
}

function indexOf(run: string, trajectory: Trajectory): FrameIndex {
  const known = indices.get(run)
  if (known?.extend(trajectory)) return known
  const made = new FrameIndex(trajectory)
  indices.set(run, made)
  return made
}

function onStarted(run: string, header: TrajectoryHeader): void {
  const known = studio.get().trajectories.get(run)
  // A continued run starts again with the steps it has.
  if (known && known.steps.length > 0) return
  put(run, begun(header))
  setLoad(run, null)
  // The steps shared with the run it branched from, and what a person changed, are told by the record alone.
  if (header.parent) void ensureTrajectory(run, true)
}

function onRecord(run: string, record: TrajectoryStep): void {
  const list = waiting.get(run)
  if (list) list.push(record)
  else waiting.set(run, [record])
  heard.set(run, record.step)
  planFlush()
}

/** At once for the first record of a frame, so that the canvas draws it in that frame; those behind it come with the next. */
function planFlush(): void {
  if (told) {
    late = true
    return
  }
  told = true
  const frame = (): void => {
    tellHeard()
    told = late
    late = false
    if (!told) return
    withNextFrame(frame)
    flush()
  }
  // Planned before what the first record has the canvas plan: that draws what this frame brings, once.
  withNextFrame(frame)
  flush()
}

/** Runs wait for a screen that is looked at: they do not go far ahead of what it has come to. */
function tellHeard(): void {
  const isSeen = typeof document !== 'undefined' && document.visibilityState === 'visible'
  if (isSeen) for (const [run, step] of heard) api.call('runs.heard', { run, step }).catch(() => undefined)
  heard.clear()
}

function flush(): void {
  const { trajectories, viewedRun } = studio.get()
  for (const [run, records] of [...waiting]) {
    const known = trajectories.get(run)
    // While the whole is being fetched its answer takes these in.
    if (fetches.has(run)) continue
    if (!known) {
      // What nobody looks at is fetched when somebody does; otherwise its records wait for the whole.
      if (run === viewedRun || held.has(run)) void ensureTrajectory(run)
      else waiting.delete(run)
      continue
    }
    waiting.delete(run)
    const { trajectory, gap } = appendRecords(known, records)
    const fits = follows(run, trajectory)
    if (fits && trajectory !== known) put(run, trajectory)
    if (fits && !gap) continue
    waiting.set(run, records)
    void ensureTrajectory(run, true)
  }
}

/** Whether the new records fit what is known; where they do not, the record itself decides. */
function follows(run: string, trajectory: Trajectory): boolean {
  try {
    indexOf(run, trajectory)
    return true
  } catch (error) {
    if (!(error instanceof BadTrajectory)) throw error
    indices.delete(run)
    return false
  }
}

/** Follows runs by the service's events. Returns how to stop. */
export function followTrajectories(): () => void {
  const stops = [
    api.on('run.started', ({ run, header }) => onStarted(run, header)),
    api.on('run.step', ({ run, record }) => onRecord(run, record)),
    api.on('run.changed', ({ run }) => {
      if (run.state === 'queued' || run.state === 'running') return
      flush()
      const known = studio.get().trajectories.get(run.id)
      if (known && known.steps.length < run.step) void ensureTrajectory(run.id, true)
      else if (!known && run.hasTrajectory && (run.id === studio.get().viewedRun || held.has(run.id)))
        void ensureTrajectory(run.id)
    }),
    api.on('run.removed', ({ runs }) => {
      const map = new Map(studio.get().trajectories)
      for (const run of runs) {
        map.delete(run)
        indices.delete(run)
        waiting.delete(run)
      }
      studio.set({ trajectories: map })
    }),
  ]
  return () => stops.forEach((stop) => stop())
}

/** Keeps a run's trajectory in memory while a component looks at it. */
export function useTrajectory(run: string | null): { trajectory: Trajectory | null; load: Load | null } {
  const trajectory = useStudio((s) => (run === null ? null : (s.trajectories.get(run) ?? null)))
  const load = useLoads((s) => (run === null ? null : (s.loads.get(run) ?? null)))
  const known = useStudio((s) => (run === null ? undefined : s.runs.get(run)))
  const fetchable = known === undefined || known.hasTrajectory
  useEffect(() => {
    if (run === null) return
    held.set(run, (held.get(run) ?? 0) + 1)
    if (fetchable) void ensureTrajectory(run)
    return () => {
      const left = (held.get(run) ?? 1) - 1
      if (left > 0) held.set(run, left)
      else held.delete(run)
    }
  }, [run, fetchable])
  return { trajectory, load }
}

const vocabularyFetches = new Map<string, Promise<void>>()
/** Has a model's vocabulary in the store. A failure leaves tokens shown by number; asking again tries again. */
function ensureVocabulary(model: string): Promise<void> {
  const going = vocabularyFetches.get(model)
  if (going) return going
  if (studio.get().vocabularies.get(model)) return Promise.resolve()
  const put = (vocabulary: Vocabulary | null): void =>
    studio.set({ vocabularies: withEntry(studio.get().vocabularies, model, vocabulary) })
  const fetched = api
    .call('models.vocabulary', { model })
    .then(put, () => put(null))
    .finally(() => vocabularyFetches.delete(model))
  vocabularyFetches.set(model, fetched)
  return fetched
}

/** The words of a run and whether its model is at hand, once that is known; asks for the vocabulary where it is. */
export function useLexicon(
  trajectory: Trajectory | null,
  run: string | null,
): { lexicon: Lexicon | null; match: ModelMatch | null } {
  const header = trajectory?.header ?? null
  const models = useStudio((s) => s.models)
  const base = useStudio((s) => (run === null ? null : baseOf(s.runs.get(run))))
  const known = useStudio((s) => s.modelsKnown)
  const match = useMemo(
    () => (header && known ? matchModel(header.model, models, base) : null),
    [header, known, models, base],
  )
  const id = match && match.kind !== 'absent' ? match.model.id : null
  /** Undefined while it is on its way: a number that stands for a word until then would read as a run without words. */
  const vocabulary = useStudio((s) => (id === null ? null : s.vocabularies.get(id)))
  useEffect(() => {
    if (id !== null) void ensureVocabulary(id)
  }, [id])
  const lexicon = useMemo(
    () => (header && match && vocabulary !== undefined ? lexiconOf(header, vocabulary, match.kind) : null),
    [header, vocabulary, match],
  )
  return { lexicon, match }
}
