/** What a kind of job is to the service: its title, the engine's spec of it, and what of the engine's answer is kept. */
import type { JobSpec } from '../../../shared/jobs.ts'
import type { StudioJobKind, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import type { Store } from '../../store/store.ts'
import type { Library } from '../library.ts'
import type { Models } from '../models.ts'

/** What a definition may look things up in. */
export interface KindDeps {
  readonly store: Store
  readonly models: Models
  readonly library: Library
}

export interface JobPlace {
  readonly id: string
  /** The job's own folder: there from its first start until it is deleted. */
  readonly folder: string
  /** It ran before: it goes on from what lies in the folder. */
  readonly resume: boolean
}

export interface JobKindDefinition<K extends StudioJobKind> {
  title(spec: StudioJobSpecOf<K>): string
  /** Throws a TandemError where something it names is not here. */
  engineSpec(spec: StudioJobSpecOf<K>, deps: KindDeps, place: JobPlace): Promise<JobSpec> | JobSpec
  /** The engine's answer as screens may see it: parsed, and without paths. What it made is taken into the studio here. */
  result(raw: unknown, spec: StudioJobSpecOf<K>, deps: KindDeps, place: JobPlace): unknown
  /**
   * Of a kind that is asked to rest between its steps, rather than stopped, so that it saves first: whether an answer
   * is that of a job that rests.
   */
  rests?(raw: unknown): boolean
  /** It made or changed models: lists are asked for again. */
  readonly makesModels?: true
}
