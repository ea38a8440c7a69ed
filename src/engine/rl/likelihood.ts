/**
 * Log-likelihoods of the tokens a rollout decoded at its sampled steps. A masked diffusion model gives p(o | a partly
 * masked sequence); which sequence is asked is the estimator:
 *
 *   replay       the sequence as it stood before step t: the very distribution the token was drawn from
 *   random-mask  the finished rollout, each output token masked with one probability p ~ U[0, 1] a rollout, and the tokens
 *                in question always (paper: likelihood by random masking; one sequence serves all sampled steps)
 *
 * The same masks serve pi_theta, pi_old and the reference, so that their ratio compares like with like.
 */
import type { FieldName, ModelConfig } from '../../shared/model-config.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import type { Random } from '../data/random.ts'
import type { Layout } from '../model/layout.ts'
import { isOutputField } from '../model/layout.ts'
import type { Tensor } from '../runtime/session.ts'

/** A token whose likelihood is wanted. */
export interface QueryToken {
  readonly position: number
  readonly token: number
  /** Index into the rollout's sampled steps. */
  readonly at: number
}

/** One sequence to be asked about some of its masked positions. */
export interface Query {
  readonly sequence: Int32Array
  readonly tokens: readonly QueryToken[]
}

/** tau(t): what step t decided, of both modalities. */
export const decodedAt = (
  { steps }: Trajectory,
  t: number,
): { positions: readonly number[]; tokens: readonly number[] } => steps[t - 1]!.commits

/** The sequence before step t. */
export function sequenceBefore({ header, steps }: Trajectory, t: number): Int32Array {
  const tokens = Int32Array.from(header.tokens)
  for (const { commits } of steps.slice(0, t - 1)) commits.positions.forEach((p, i) => (tokens[p] = commits.tokens[i]!))
  return tokens
}

const queryTokens = (trajectory: Trajectory, t: number, at: number): QueryToken[] => {
  const { positions, tokens } = decodedAt(trajectory, t)
  return positions.map((position, i) => ({ position, token: tokens[i]!, at }))
}

export function replayQueries(trajectory: Trajectory, sampled: readonly number[]): Query[] {
  return sampled.map((t, at) => ({
    sequence: sequenceBefore(trajectory, t),
    tokens: queryTokens(trajectory, t, at),
  }))
}

export function randomMaskQuery(trajectory: Trajectory, sampled: readonly number[], random: Random): Query {
  const { header, steps } = trajectory
  const sequence = sequenceBefore(trajectory, steps.length + 1)
  const ratio = random.next()
  for (const { name, start, length } of header.fields) {
    if (!isOutputField(name)) continue
    for (let p = start; p < start + length; p++)
      // Given tokens (a region's surroundings, pins) were never the policy's to decide.
      if (random.next() < ratio && header.tokens[p] === header.maskId) sequence[p] = header.maskId
  }
  const tokens = sampled.flatMap((t, at) => queryTokens(trajectory, t, at))
  for (const { position } of tokens) sequence[position] = header.maskId
  return { sequence, tokens }
}

/** Where a query's tokens stand among the rows of a training graph's fields. */
export interface PlacedRow {
  readonly field: FieldName
  readonly row: number
}

/** Feeds of a training graph for up to `batch` queries, without seeds; and the row of every token of every query. */
export function queryFeeds(
  config: ModelConfig,
  layout: Layout,
  batch: number,
  queries: readonly Query[],
): { feeds: Record<string, Tensor>; rows: PlacedRow[][] } {
  const outputs = layout.fields.filter(({ name }) => isOutputField(name))
  const tokens = new BigInt64Array(batch * layout.length)
  for (let b = 0; b < batch; b++) {
    const { sequence } = queries[b] ?? queries[0]!
    for (let i = 0; i < layout.length; i++) tokens[b * layout.length + i] = BigInt(sequence[i]!)
  }
  const feeds: Record<string, Tensor> = { tokens: { data: tokens, dims: [batch, layout.length] } }
  const targets = new Map(outputs.map(({ name, length }) => [name, new BigInt64Array(batch * length)]))
  const rows = queries.map((query, b) =>
    query.tokens.map(({ position, token }): PlacedRow => {
      const field = outputs.find(({ start, length }) => position >= start && position < start + length)!
      const row = b * field.length + position - field.start
      targets.get(field.name)![row] = BigInt(token - (field.modality === 'text' ? 0 : config.image.offset))
      return { field: field.name, row }
    }),
  )
  for (const { name, length } of outputs)
    feeds[`target:${name}`] = { data: targets.get(name)!, dims: [batch * length, 1] }
  return { feeds, rows }
}
