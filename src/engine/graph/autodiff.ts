/**
 * Reverse-mode differentiation over the graph: the gradient is more graph. Rules give gradients of the broadcast
 * shape; the walker here, and nothing else, sums them back over broadcast axes.
 */
import type { Graph } from './graph.ts'
import { add } from './ops/elementwise.ts'
import { ops } from './ops/registry.ts'
import { reduceSum } from './ops/reduce.ts'
import { reshape } from './ops/shape.ts'
import { formatShape, sameShape } from './shapes.ts'
import { GraphError, type Shape, type Value } from './types.ts'

/**
 * Vector-Jacobian product: for seeds s_i = dLoss/d(output_i), returns dLoss/d(wrt_j), shaped like wrt_j.
 * A wrt that no output depends on is an error: it is a weight that would never train.
 */
export function gradients(
  graph: Graph,
  outputs: readonly { value: Value; seed: Value }[],
  wrt: readonly Value[],
): Value[] {
  const depends = new Set<Value>(wrt)
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => depends.has(input))) depends.add(node.output)
  }
  const collected = new Map<Value, Value>()
  const accumulate = (value: Value, gradient: Value): void => {
    const own = sumToShape(gradient, value.shape)
    const known = collected.get(value)
    collected.set(value, known ? add(known, own) : own)
  }
  for (const { value, seed } of outputs) accumulate(value, seed)

  // The node list grows while we walk it backwards: only what stood before is differentiated.
  for (const node of [...graph.nodes].reverse()) {
    const dy = collected.get(node.output)
    if (!dy || !depends.has(node.output)) continue
    const rule = ops[node.op].vjp
    if (!rule) continue
    const wants = node.inputs.map((input) => depends.has(input))
    const parts = rule({ inputs: node.inputs, output: node.output, dy, attrs: node.attrs, wants })
    parts.forEach((part, i) => {
      if (part && wants[i]) accumulate(node.inputs[i]!, part)
    })
  }
  return wrt.map((value) => {
    const gradient = collected.get(value)
    if (!gradient) throw new GraphError(`no gradient reaches ${value.name} ${formatShape(value.shape)}`)
    return gradient
  })
}

/** Sums a gradient over the axes its input was broadcast along. */
function sumToShape(gradient: Value, shape: Shape): Value {
  if (sameShape(gradient.shape, shape)) return gradient
  const extra = gradient.shape.length - shape.length
  const axes = gradient.shape.flatMap((dim, i) => (i < extra || (shape[i - extra] === 1 && dim !== 1) ? [i] : []))
  const summed = axes.length > 0 ? reduceSum(gradient, axes, true) : gradient
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape)
}
