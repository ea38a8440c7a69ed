/** Full logits of a trunk over a sequence, as the published code gives them: [L, V] in single precision. */
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { reshape } from '../graph/ops/shape.ts'
import { forwardHidden, headLogits, type ForwardContext } from '../model/forward.ts'
import { LONG } from '../model/infer-graph.ts'
import { storedAccess, type StoredWeight } from '../model/stored-weights.ts'
import { createSession } from '../runtime/session.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Trunk } from './trunk.ts'

/** A sequence without fields: every position is read and answered. */
const plainLayout = (length: number): ForwardContext['layout'] => ({
  length,
  fields: [],
  segmentOf: new Int32Array(length),
  positions: Int32Array.from({ length }, (_, i) => i),
  outputStart: 0,
})

/** For tests: pieces of other sizes, and attention of one kind or the other. */
export interface LogitsOptions {
  readonly chunk?: number
  readonly fused?: boolean
}

/** One graph for one length. Feeds `tokens` [1, L]; returns `logits` [L, V]. */
export function buildLogitsGraph(
  { config }: Pick<Trunk, 'config'>,
  length: number,
  weight: (name: string) => StoredWeight,
  { chunk, fused = length >= LONG }: LogitsOptions = {},
): Uint8Array {
  const graph = new Graph()
  const context: ForwardContext = {
    graph,
    config,
    layout: plainLayout(length),
    batch: 1,
    fused,
    ...storedAccess(graph, weight, chunk),
  }
  const hidden = forwardHidden(context, graph.input('tokens', 'int64', [1, length]))
  const rows = reshape(hidden, [length, config.dModel])
  graph.output('logits', headLogits(context, rows, 0, config.vocabSize))
  return encodeModel(graph)
}

export async function trunkLogits(
  trunk: Trunk,
  tokens: Int32Array,
  options: LogitsOptions = {},
): Promise<Float32Array> {
  const { vocabSize } = trunk.config
  const outside = tokens.findIndex((id) => id < 0 || id >= vocabSize)
  if (outside >= 0)
    throw new TandemError(
      `Token ${outside} is ${tokens[outside]}; this model has ids 0 to ${vocabSize - 1}.`,
      'Give ids of this model.',
    )
  const graph = buildLogitsGraph(trunk, tokens.length, trunk.weight, options)
  const session = await createSession(graph, { weightsFrom: trunk.root })
  try {
    const data = BigInt64Array.from(tokens, BigInt)
    const { logits } = await session.run({ tokens: { data, dims: [1, tokens.length] } })
    return logits!.data as Float32Array
  } finally {
    await session.dispose()
  }
}
