/**
 * A training graph ready to run: parameters fed as spans of one flat array, gradients written into another. Several
 * programs (one per sequence layout) share the same flat arrays.
 */
import { gradientName, type ParameterTable } from '../model/parameters.ts'
import { createSession, type Session, type Tensor } from '../runtime/session.ts'

export interface Program {
  /** Runs forward and backward; `gradient` (laid out by the table) is overwritten, with zeros where nothing flows. */
  step(
    feeds: Readonly<Record<string, Tensor>>,
    weights: Float32Array,
    gradient: Float32Array,
  ): Promise<Record<string, Tensor>>
  /** Runs without gradients wanted: for a forward-only program. */
  forward(feeds: Readonly<Record<string, Tensor>>, weights: Float32Array): Promise<Record<string, Tensor>>
  dispose(): Promise<void>
}

/** `weightsFrom`: the folder from which the graph names weights that stay in their files. */
export async function createProgram(
  model: Uint8Array,
  table: ParameterTable,
  threads?: number,
  weightsFrom?: string,
): Promise<Program> {
  const session: Session = await createSession(model, {
    ...(threads === undefined ? {} : { threads }),
    ...(weightsFrom === undefined ? {} : { weightsFrom }),
  })
  const outputs = new Set(session.outputNames)
  const parameterFeeds = (weights: Float32Array): Record<string, Tensor> => {
    const feeds: Record<string, Tensor> = {}
    for (const { name, offset, size, shape } of table.spans) {
      feeds[name] = { data: weights.subarray(offset, offset + size), dims: shape }
    }
    return feeds
  }
  return {
    step(feeds, weights, gradient) {
      const into: Record<string, Tensor<Float32Array>> = {}
      for (const { name, offset, size, shape } of table.spans) {
        const span = gradient.subarray(offset, offset + size)
        const key = gradientName(name)
        if (outputs.has(key)) into[key] = { data: span, dims: shape }
        else span.fill(0)
      }
      return session.run({ ...feeds, ...parameterFeeds(weights) }, into)
    },
    forward: (feeds, weights) => session.run({ ...feeds, ...parameterFeeds(weights) }),
    dispose: () => session.dispose(),
  }
}
