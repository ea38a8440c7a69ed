/**
 * A training graph on several threads at once, each with its own part of the batch and a session of one thread. Small
 * operations are not worth two threads, and many are not parallel in the runtime at all: halves of the batch side by side
 * leave no core waiting for them. Gradients of the parts are added in order, so a run repeats itself to the last bit.
 */
import { Worker } from 'node:worker_threads'
import { availableParallelism } from 'node:os'
import { TandemError } from '../../shared/errors.ts'
import type { ParameterTable } from '../model/parameters.ts'
import type { Tensor } from '../runtime/session.ts'
import { createProgram, type Program } from './step.ts'

/** What a helping thread is made with; `weights` and `gradient` are memory of both sides. */
export interface HelperData {
  readonly model: Uint8Array
  readonly table: ParameterTable
  readonly weights: Float32Array
  readonly gradient: Float32Array
}

export type HelperReply =
  { readonly ready: true } | { readonly results: Readonly<Record<string, Tensor>> } | { readonly error: string }

/** A program that only steps. */
export type StepProgram = Pick<Program, 'step' | 'dispose'>

/** More bytes of stored weights than this are not held once for every thread. */
const MOST_STORED = 64 * 2 ** 20

/** Into how many equal parts a batch is cut: a divisor of it, at most one for each thread. */
export function partsOf(batch: number, threads = availableParallelism()): number {
  for (let parts = Math.min(threads, batch); parts > 1; parts--) if (batch % parts === 0) return parts
  return 1
}

/**
 * `build` makes the graph of a batch of that size. Feeds are cut along their first axis, results joined along theirs, so
 * all of them count the batch there.
 */
export async function createBatchProgram(
  build: (batch: number) => Uint8Array,
  batch: number,
  table: ParameterTable,
  threads?: number,
  weightsFrom?: string,
): Promise<StepProgram> {
  const parts = partsOf(batch, threads)
  // Weights that stay in their files are widened as they are used: one session does so, not one a thread.
  if (weightsFrom !== undefined) return createProgram(build(batch), table, threads, weightsFrom)
  const model = build(batch / parts)
  if (parts === 1) return createProgram(model, table, threads)
  if (model.byteLength > MOST_STORED) return createProgram(build(batch), table, threads)
  const own = await createProgram(model, table, 1)
  const helpers = await Promise.all(Array.from({ length: parts - 1 }, () => openHelper(model, table)))

  async function every(
    feeds: Readonly<Record<string, Tensor>>,
    weights: Float32Array,
    gradient: Float32Array,
  ): Promise<Record<string, Tensor>> {
    const cut = cutFeeds(feeds, parts)
    const away = helpers.map((helper, i) => helper.step(cut[i + 1]!, weights))
    // Whatever fails first, nobody may still be writing when the call returns.
    const settled = await Promise.allSettled([own.step(cut[0]!, weights, gradient), ...away])
    const results = settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
    for (const helper of helpers) addTo(gradient, helper.gradient)
    return joinResults(results)
  }

  return {
    step: every,
    async dispose() {
      await Promise.all(helpers.map((helper) => helper.dispose()))
      await own.dispose()
    },
  }
}

interface Helper {
  readonly gradient: Float32Array
  step(feeds: Readonly<Record<string, Tensor>>, weights: Float32Array): Promise<Readonly<Record<string, Tensor>>>
  dispose(): Promise<void>
}

async function openHelper(model: Uint8Array, table: ParameterTable): Promise<Helper> {
  const shared = (): Float32Array => new Float32Array(new SharedArrayBuffer(table.size * 4))
  const [weights, gradient] = [shared(), shared()]
  const data: HelperData = { model, table, weights, gradient }
  // Sources are run as they are; what was built lies beside this module under the other ending.
  const file = import.meta.url.endsWith('.ts') ? './parallel-worker.ts' : './parallel-worker.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData: data })
  // A run that is over is not kept alive by its helpers.
  worker.unref()
  let waiting: { resolve: (reply: HelperReply) => void; reject: (error: Error) => void } | null = null
  let dead: Error | null = null
  const die = (error: Error): void => {
    dead ??= error
    waiting?.reject(dead)
  }
  worker.on('message', (reply: HelperReply) => waiting?.resolve(reply))
  worker.on('error', die)
  worker.on('exit', () => die(new TandemError('A training thread ended.', 'Resume the run.', 'internal')))
  const next = (): Promise<HelperReply> =>
    new Promise<HelperReply>((resolve, reject) => {
      if (dead) reject(dead)
      else {
        waiting = { resolve, reject }
        worker.ref()
      }
    }).finally(() => {
      waiting = null
      worker.unref()
    })
  await next()
  return {
    gradient,
    async step(feeds, from) {
      weights.set(from)
      const reply = next()
      worker.postMessage(feeds)
      const answer = await reply
      if ('results' in answer) return answer.results
      throw new TandemError('error' in answer ? answer.error : 'A training thread was out of step.', 'Resume the run.')
    },
    async dispose() {
      dead ??= new Error('disposed')
      await worker.terminate()
    },
  }
}

/** Equal parts of every feed, along the first axis. */
function cutFeeds(feeds: Readonly<Record<string, Tensor>>, parts: number): Record<string, Tensor>[] {
  return Array.from({ length: parts }, (_, part) => {
    const cut: Record<string, Tensor> = {}
    for (const [name, { data, dims }] of Object.entries(feeds)) {
      const rows = dims[0]! / parts
      const size = data.length / parts
      if (!Number.isInteger(rows)) throw new Error(`${name} of ${dims.join(' x ')} does not fall into ${parts} parts`)
      cut[name] = { data: data.slice(part * size, (part + 1) * size), dims: [rows, ...dims.slice(1)] }
    }
    return cut
  })
}

function joinResults(parts: readonly Readonly<Record<string, Tensor>>[]): Record<string, Tensor> {
  const joined: Record<string, Tensor> = {}
  // Of the first part the gradients are among the results as well: they are not rows of a batch.
  for (const name of Object.keys(parts.at(-1)!)) {
    const tensors = parts.map((part) => part[name]!)
    const [{ data: first, dims }] = tensors as [Tensor]
    const length = tensors.reduce((n, { data }) => n + data.length, 0)
    const data = first instanceof Float32Array ? new Float32Array(length) : new BigInt64Array(length)
    let at = 0
    for (const tensor of tensors) {
      ;(data as Float32Array).set(tensor.data as Float32Array, at)
      at += tensor.data.length
    }
    joined[name] = { data, dims: [dims[0]! * parts.length, ...dims.slice(1)] }
  }
  return joined
}

function addTo(sum: Float32Array, more: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + more[i]!
}
