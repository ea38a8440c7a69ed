/**
 * A model with an adapter as graph values: base weights stored, adapter parameters fed. Gradients are asked of the fed
 * ones alone, so backward computes no gradient of a base weight.
 */
import type { ModelConfig } from '../../shared/model-config.ts'
import type { Graph, InitializerData } from '../graph/graph.ts'
import { add, mul, scale } from '../graph/ops/elementwise.ts'
import { linear, matmul } from '../graph/ops/matmul.ts'
import type { Value } from '../graph/types.ts'
import {
  adapterNames,
  adapterParameters,
  adapterScale,
  rowWeights,
  targetWeights,
  type AdapterConfig,
} from './adapter-config.ts'
import type { StoredModel } from './folder.ts'
import { modelParameters, type ForwardContext } from './forward.ts'
import { storedAccess } from './stored-weights.ts'

/** An adapter under training, on the weights it stands on. */
export interface GraphAdapter {
  readonly config: AdapterConfig
  readonly weights: (name: string) => InitializerData
  /** Weights of a published checkpoint, read where they lie; `weights` is then not asked. */
  readonly stored?: Pick<StoredModel, 'root' | 'weight'>
}

/** A mask fed at each step: entries are 0, or 1 / (1 - dropout). Layers whose inputs have one shape share it. */
export interface DropoutFeed {
  readonly name: string
  readonly shape: readonly [number, number]
}

export interface AdaptedModel {
  /** Fed parameters by name. */
  readonly trainable: ReadonlyMap<string, Value>
  readonly dropouts: DropoutFeed[]
  parameter(this: void, name: string): Value
  /** Products and embedding of weights that stay in their files. */
  readonly product?: NonNullable<ForwardContext['product']>
  readonly lookUp?: NonNullable<ForwardContext['lookUp']>
  /** (alpha / r) B A x for a weight the adapter stands on. */
  adapt(this: void, name: string, x: Value): Value | null
}

export function adaptModel(
  graph: Graph,
  config: ModelConfig,
  { config: adapter, weights, stored }: GraphAdapter,
  options: { readonly dropout: boolean },
): AdaptedModel {
  const specs = adapterParameters(config, adapter)
  const trainable = new Map(specs.map(({ name, shape }) => [name, graph.input(name, 'float32', shape)]))
  const shapes = new Map(modelParameters(config).map(({ name, shape }) => [name, shape]))
  const targets = new Set(targetWeights(config, adapter.targets).map(({ name }) => name))
  const withRows = new Set(adapter.rows.length > 0 ? rowWeights(config) : [])
  const made = new Map<string, Value>()
  const dropouts: DropoutFeed[] = []
  const masks = new Map<string, Value>()

  const mask = (x: Value): Value => {
    const [rows, width] = x.shape as [number, number]
    const name = `dropout:${rows}x${width}`
    const known = masks.get(name)
    if (known) return known
    const value = graph.input(name, 'float32', [rows, width])
    masks.set(name, value)
    dropouts.push({ name, shape: [rows, width] })
    return value
  }

  const held = (name: string): Value => {
    const known = made.get(name)
    if (known) return known
    const shape = shapes.get(name)
    if (!shape) throw new Error(`the model has no parameter ${name}`)
    const base = graph.weight(name, 'float32', shape, weights(name))
    const value = withRows.has(name)
      ? add(base, matmul(rowPlaces(graph, shape[0]!, adapter.rows), trainable.get(adapterNames.rows(name))!))
      : base
    made.set(name, value)
    return value
  }

  return {
    trainable,
    dropouts,
    ...(stored ? storedAccess(graph, stored.weight) : { parameter: held }),
    adapt(name, x) {
      if (!targets.has(name)) return null
      const seen = options.dropout && adapter.dropout > 0 ? mul(x, mask(x)) : x
      const inner = linear(seen, trainable.get(adapterNames.a(name))!)
      return scale(linear(inner, trainable.get(adapterNames.b(name))!), adapterScale(adapter))
    },
  }
}

/** [vocabulary, n] with a 1 where row i of the adapter belongs: a product puts changes into the table. */
function rowPlaces(graph: Graph, vocabulary: number, rows: readonly number[]): Value {
  const places = new Float32Array(vocabulary * rows.length)
  rows.forEach((row, i) => (places[row * rows.length + i] = 1))
  return graph.constant(places, [vocabulary, rows.length])
}
