/** The model under training as one that can be run: the flat array laid over its base, whole or as an adapter. */
import type { AdapterConfig } from '../model/adapter-config.ts'
import { adaptedWeight, type Adapter } from '../model/adapter.ts'
import { adapterNames, rowWeights } from '../model/adapter-config.ts'
import { floatsOf, type ModelFolder, type WeightSource } from '../model/folder.ts'
import { viewOf, type ParameterTable } from '../model/parameters.ts'

export interface LiveModel {
  readonly base: ModelFolder
  /** Weights as they are with `flat` trained. */
  weights(flat: Float32Array): WeightSource
}

export function liveModel(base: ModelFolder, table: ParameterTable, adapter: AdapterConfig | null): LiveModel {
  const spans = new Map(table.spans.map((span) => [span.name, span]))
  const trained = (flat: Float32Array, name: string): Float32Array => {
    const span = spans.get(name)
    if (!span) throw new Error(`${name} is not trained`)
    return viewOf(flat, span)
  }
  const inline = (floats: Float32Array): ReturnType<WeightSource> => ({
    kind: 'inline',
    bytes: new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength),
  })
  if (!adapter) return { base, weights: (flat) => (name) => inline(trained(flat, name)) }
  const { dModel } = base.config
  const baseOf = (name: string): Float32Array => floatsOf(base.weights(name))
  const rowsOf = new Map(rowWeights(base.config).map((weight) => [adapterNames.rows(weight), weight]))
  return {
    base,
    weights(flat) {
      const adapted: Pick<Adapter, 'config' | 'tensor'> = {
        config: adapter,
        tensor(name) {
          const floats = trained(flat, name)
          const weight = rowsOf.get(name)
          if (!weight) return floats
          // The trainer holds rows as changes, an adapter the rows themselves.
          const table = baseOf(weight)
          return floats.map((v, i) => v + table[adapter.rows[Math.floor(i / dModel)]! * dModel + (i % dModel)]!)
        },
      }
      return (name) => inline(adaptedWeight(base.config, name, baseOf(name), [{ adapter: adapted, weight: 1 }]))
    },
  }
}
