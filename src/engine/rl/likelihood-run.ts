/** Likelihoods asked of the model: queries of any tasks in batches, and gradients seeded by their tokens. */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import type { GraphAdapter } from '../model/adapter-graph.ts'
import { resolveLayout, isOutputField } from '../model/layout.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { buildTrainGraph } from '../model/train-graph.ts'
import type { Tensor } from '../runtime/session.ts'
import { createBatchProgram, type StepProgram } from '../train/parallel-program.ts'
import { createProgram, type Program } from '../train/step.ts'
import { queryFeeds, type PlacedRow, type Query } from './likelihood.ts'

export interface Likelihood {
  readonly batch: number
  /** log p of the tokens of up to `batch` queries of one task. */
  forward(task: Task, queries: readonly Query[], weights: Float32Array): Promise<number[][]>
  /** The same, and the gradient of sum(seed x log p), which overwrites `gradient`. */
  backward(
    task: Task,
    queries: readonly Query[],
    seeds: readonly (readonly number[])[],
    weights: Float32Array,
    gradient: Float32Array,
  ): Promise<number[][]>
  dispose(): Promise<void>
}

export function createLikelihood(
  config: ModelConfig,
  table: ParameterTable,
  options: { readonly batch: number; readonly adapter?: GraphAdapter; readonly threads?: number },
): Likelihood {
  const { batch, adapter, threads } = options
  const forwards = new Map<Task, Promise<Program>>()
  const steps = new Map<Task, Promise<StepProgram>>()
  const build = (task: Task, batch: number, forwardOnly: boolean): Uint8Array =>
    buildTrainGraph(config, task, batch, { forwardOnly, ...(adapter ? { adapter } : {}) }).model
  const opened = <P>(programs: Map<Task, Promise<P>>, task: Task, open: () => Promise<P>): Promise<P> => {
    const program = programs.get(task) ?? open()
    programs.set(task, program)
    return program
  }
  const read = (results: Readonly<Record<string, Tensor>>, rows: readonly (readonly PlacedRow[])[]): number[][] =>
    rows.map((own) => own.map(({ field, row }) => Number(results[`logp:${field}`]!.data[row])))
  return {
    batch,
    async forward(task, queries, weights) {
      const program = await opened(forwards, task, () => createProgram(build(task, batch, true), table, threads))
      const { feeds, rows } = queryFeeds(config, resolveLayout(config, task), batch, queries)
      return read(await program.forward(feeds, weights), rows)
    },
    async backward(task, queries, seeds, weights, gradient) {
      const whole = (part: number): Uint8Array => build(task, part, false)
      const program = await opened(steps, task, () => createBatchProgram(whole, batch, table, threads))
      const layout = resolveLayout(config, task)
      const { feeds, rows } = queryFeeds(config, layout, batch, queries)
      const seeded = new Map<string, Float32Array>()
      for (const { name, length } of layout.fields)
        if (isOutputField(name)) seeded.set(name, new Float32Array(batch * length))
      rows.forEach((own, q) => own.forEach(({ field, row }, i) => (seeded.get(field)![row] = seeds[q]![i]!)))
      for (const [name, data] of seeded) feeds[`seed:${name}`] = { data, dims: [data.length] }
      return read(await program.step(feeds, weights, gradient), rows)
    },
    async dispose() {
      for (const program of [...forwards.values(), ...steps.values()]) await (await program).dispose()
      forwards.clear()
      steps.clear()
    },
  }
}

/** A query with the rollout it belongs to. */
interface Placed {
  readonly rollout: number
  readonly at: number
  readonly query: Query
}

/** All queries, or those that are `wanted`, in batches of one task each, in a fixed order. */
export function* batches(
  tasks: readonly Task[],
  queries: readonly (readonly Query[])[],
  size: number,
  wanted: (rollout: number, at: number) => boolean = () => true,
): Generator<{ task: Task; placed: Placed[] }> {
  const all = queries
    .flatMap((own, rollout) => own.map((query, at): Placed => ({ rollout, at, query })))
    .filter(({ rollout, at }) => wanted(rollout, at))
  for (const [task, own] of Map.groupBy(all, ({ rollout }) => tasks[rollout]!))
    for (let from = 0; from < own.length; from += size) yield { task, placed: own.slice(from, from + size) }
}

/** log p of every token, per rollout, query after query; null for those that are not wanted. */
export async function likelihoodsOf(
  likelihood: Likelihood,
  weights: Float32Array,
  tasks: readonly Task[],
  queries: readonly (readonly Query[])[],
  wanted: (rollout: number) => boolean = () => true,
): Promise<(number[] | null)[]> {
  const out = queries.map((own, rollout) => (wanted(rollout) ? own.map((): number[] => []) : null))
  for (const { task, placed } of batches(tasks, queries, likelihood.batch, wanted)) {
    const found = await likelihood.forward(
      task,
      placed.map(({ query }) => query),
      weights,
    )
    placed.forEach(({ rollout, at }, i) => (out[rollout]![at] = found[i]!))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return out.map((own) => own?.flat() ?? null)
}
