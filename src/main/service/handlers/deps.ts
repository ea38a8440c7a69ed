/** What handlers work with, and the shape of a group of them. */
import type { Method, ParsedArgsOf, ResultOf } from '../../../shared/ipc.ts'
import type { Datasets } from '../datasets/datasets.ts'
import type { Folders } from '../folders.ts'
import type { JobRunner } from '../jobs/runner.ts'
import type { JudgeKeys } from '../bench/keys.ts'
import type { Suites } from '../bench/suites.ts'
import type { Lanes } from '../lanes.ts'
import type { Library } from '../library.ts'
import type { Models } from '../models.ts'
import type { Publisher } from '../publisher.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Store } from '../../store/store.ts'
import type { Tasks } from '../tasks.ts'
import type { ServiceOptions } from '../types.ts'

export interface HandlerDeps {
  readonly options: ServiceOptions
  readonly store: Store
  readonly lanes: Lanes
  readonly models: Models
  readonly library: Library
  readonly publisher: Publisher
  readonly scheduler: Scheduler
  readonly jobs: JobRunner
  readonly datasets: Datasets
  readonly folders: Folders
  readonly suites: Suites
  readonly keys: JudgeKeys
  readonly tasks: Tasks
  /** Where jobs put what they make, before it is taken into the store. */
  readonly work: string
  /** The studio closes: what goes on outside the queue ends. */
  readonly closing: AbortSignal
  readonly notices: readonly { message: string; remedy: string }[]
}

/** A handler for every method that starts with the prefix: one that is missing does not compile. */
export type Handlers<P extends string> = {
  readonly [M in Method as M extends `${P}.${string}` ? M : never]: (args: ParsedArgsOf<M>) => Promise<ResultOf<M>>
}
export type AllHandlers = { readonly [M in Method]: (args: ParsedArgsOf<M>) => Promise<ResultOf<M>> }
