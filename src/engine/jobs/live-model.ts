/** The model under training as one that can be run: the flat array laid over its base, whole or as an adapter. */
import type { AdapterConfig } from '../model/adapter-config.ts'
import { adaptedWeight, type Adapter } from '../model/adapter.ts'
import { adapterNames, rowWeights } from '../model/adapter-config.ts'
import { besideStored } from '../model/adapter-stored.ts'
import { floatsOf, type ModelFolder, type WeightSource } from '../model/folder.ts'
import { viewOf, type ParameterTable } from '../model/parameters.ts'

export interface LiveModel {
  readonly base: ModelFolder
  /** The base's weights as they are with `flat` trained. */
  at(flat: Float32Array): Pick<ModelFolder, 'weights' | 'stored'>
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
  const { stored, ...rest } = base
  // What is trained as a whole is in the flat array, wherever it came from.
  if (!adapter) return { base: rest, at: (flat) => ({ weights: (name) => inline(trained(flat, name)) }) }
  // What stays in its files is not added to: the adapter's product stands beside it, as when it is put to use.
  if (stored)
    return {
      base,
      at(flat) {
        const beside = { name: base.name, config: adapter, tensor: (name: string) => trained(flat, name) }
        return {
          weights: base.weights,
          stored: { ...stored, adapt: besideStored(base.config, [{ adapter: beside, weight: 1 }]) },
        }
      },
    }
  const { dModel } = base.config
  const baseOf = (name: string): Float32Array => floatsOf(base.weights(name))
  const rowsOf = new Map(rowWeights(base.config).map((weight) => [adapterNames.rows(weight), weight]))
  return {
    base,
    at(flat) {
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
      const stack = [{ adapter: adapted, weight: 1 }]
      return { weights: (name) => inline(adaptedWeight(base.config, name, baseOf(name), stack)) }
    },
  }
}
