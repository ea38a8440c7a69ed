/** What a kind of job is to the service: its title, the engine's spec of it, and what of the engine's answer is kept. */
import type { JobSpec } from '../../../shared/jobs.ts'
import type { StudioJobKind, StudioJobSpec, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import type { Store } from '../../store/store.ts'
import type { Datasets } from '../datasets/datasets.ts'
import type { Folders } from '../folders.ts'
import type { Library } from '../library.ts'
import type { JudgeKeys } from '../bench/keys.ts'
import type { Suites } from '../bench/suites.ts'
import type { Models } from '../models.ts'

/** What a definition may look things up in. */
export interface KindDeps {
  readonly store: Store
  readonly models: Models
  readonly library: Library
  readonly datasets: Datasets
  readonly folders: Folders
  readonly suites: Suites
  readonly keys: JudgeKeys
}

/** What the answer of a job may bring about beside its own result. */
export interface FinishDeps extends KindDeps {
  /** Another job that follows from this one. */
  queue(spec: StudioJobSpec): void
  /** Something the person should know of this one. */
  warn(message: string): void
  /** Rows of a set are to be looked at again. */
  tellRows(dataset: string): void
}

export interface JobPlace {
  readonly id: string
  /** The job's own folder: there from its first start until it is deleted. */
  readonly folder: string
  /** It ran before: it goes on from what lies in the folder. */
  readonly resume: boolean
  /** Set by a definition that holds something for this session, for its own `ended`. */
  held?: boolean
}

export interface JobKindDefinition<K extends StudioJobKind> {
  /** Short work that does not wait for what trains: it runs in a lane of its own. */
  readonly light?: boolean
  title(spec: StudioJobSpecOf<K>, deps: KindDeps): string
  /** Throws a TandemError where something it names is not here. */
  engineSpec(spec: StudioJobSpecOf<K>, deps: KindDeps, place: JobPlace): Promise<JobSpec> | JobSpec
  /** Key of the endpoint that judges, given to the engine apart from its spec; null: it has none. */
  judgeKey?(spec: StudioJobSpecOf<K>, deps: KindDeps): Promise<string | null>
  /** The engine's answer as screens may see it: parsed, and without paths. What it made is taken into the studio here. */
  result(raw: unknown, spec: StudioJobSpecOf<K>, deps: FinishDeps, place: JobPlace): unknown
  /**
   * Of a kind that is asked to rest between its steps, rather than stopped, so that it saves first: whether an answer
   * is that of a job that rests.
   */
  rests?(raw: unknown): boolean
  /** It made or changed models: lists are asked for again. */
  readonly makesModels?: true
  /** After every session, however it ended. */
  ended?(spec: StudioJobSpecOf<K>, deps: KindDeps, place: JobPlace): Promise<void>
}
