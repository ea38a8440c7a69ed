/**
 * State of the screens, in small stores: one concept each, changed by the functions beside it. This one holds what every
 * screen looks at: the session, the open project and document, the runs known so far and which run and step are viewed.
 */
import { create } from 'zustand'
import type { Trajectory } from '../../shared/trajectory.ts'
import type { Document } from '../../shared/document.ts'
import type { ModelInfo, Preferences, Project, QueueItem, Run, Vocabulary } from '../../shared/studio.ts'
import { preferencesSchema } from '../../shared/studio.ts'

export interface StudioState {
  readonly connected: boolean
  readonly host: 'electron' | 'browser'
  readonly version: string
  readonly preferences: Preferences
  readonly projects: readonly Project[]
  readonly project: Project | null
  readonly models: readonly ModelInfo[]
  /** Whether `models` was answered once: until then nobody knows what is not here. */
  readonly modelsKnown: boolean
  /** By model; null where one could not be had. */
  readonly vocabularies: ReadonlyMap<string, Vocabulary | null>
  readonly queue: readonly QueueItem[]
  /** Runs any screen asked for, by id; kept up to date by events. */
  readonly runs: ReadonlyMap<string, Run>
  /** The open document, as it is shown, and whether it can be undone and redone. */
  readonly documentId: string | null
  readonly document: Document | null
  readonly canUndo: string | null
  readonly canRedo: string | null
  /** The run whose trajectory is in the panel and on the timeline. */
  readonly viewedRun: string | null
  /** The step shown; null follows the run as it goes. */
  readonly viewedStep: number | null
  /** Trajectories in memory, growing while their run goes. */
  readonly trajectories: ReadonlyMap<string, Trajectory>
}

export const useStudio = create<StudioState>(() => ({
  connected: true,
  host: 'browser',
  version: '',
  preferences: preferencesSchema.parse({}),
  projects: [],
  project: null,
  models: [],
  modelsKnown: false,
  vocabularies: new Map(),
  queue: [],
  runs: new Map(),
  documentId: null,
  document: null,
  canUndo: null,
  canRedo: null,
  viewedRun: null,
  viewedStep: null,
  trajectories: new Map(),
}))

export const studio = {
  get: (): StudioState => useStudio.getState(),
  set: (change: Partial<StudioState>): void => useStudio.setState(change),
}

/** A map with one entry changed: stores compare by identity. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value)
}
