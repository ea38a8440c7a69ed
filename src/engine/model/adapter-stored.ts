/** Adapters on weights that stay in their files: each adds its own product, times its weight, beside the base's. */
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import type { Graph } from '../graph/graph.ts'
import { add, scale } from '../graph/ops/elementwise.ts'
import { linear } from '../graph/ops/matmul.ts'
import type { Value } from '../graph/types.ts'
import { adapterNames, adapterScale, targetWeights } from './adapter-config.ts'
import type { Adapter } from './adapter.ts'
import type { ForwardContext } from './forward.ts'

export function besideStored(
  config: ModelConfig,
  stack: readonly { readonly adapter: Pick<Adapter, 'name' | 'config' | 'tensor'>; readonly weight: number }[],
): (graph: Graph) => NonNullable<ForwardContext['adapt']> {
  const rows = stack.find(({ adapter }) => adapter.config.rows.length > 0)
  if (rows)
    throw new TandemError(
      `${rows.adapter.name} trains rows of the embedding, which a published checkpoint keeps in its files.`,
      'Use an adapter without trained tokens.',
    )
  const shapes = new Map(
    stack
      .flatMap(({ adapter }) => targetWeights(config, adapter.config.targets))
      .map(({ name, shape }) => [name, shape]),
  )
  return (graph) => (name, x) => {
    const shape = shapes.get(name)
    if (!shape) return null
    let sum: Value | null = null
    for (const [i, { adapter, weight }] of stack.entries()) {
      if (!targetWeights(config, adapter.config.targets).some((spec) => spec.name === name)) continue
      const { rank } = adapter.config
      const stored = (key: string, dims: readonly [number, number]): Value => {
        const floats = adapter.tensor(key)
        const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
        return graph.weight(`adapter ${i} ${key}`, 'float32', dims, { kind: 'inline', bytes })
      }
      const a = stored(adapterNames.a(name), [rank, shape[1]!])
      const b = stored(adapterNames.b(name), [shape[0]!, rank])
      const term = scale(linear(linear(x, a), b), weight * adapterScale(adapter.config))
      sum = sum ? add(sum, term) : term
    }
    return sum
  }
}
