/**
 * The graph's specification as a program: what must hold for any graph before it is written. It re-derives every type,
 * so a rewrite that forgot one is caught here and not in the runtime.
 */
import { inferNode, type Graph } from './graph.ts'
import { isOpName } from './ops/registry.ts'
import { formatShape, sameShape } from './shapes.ts'
import { GraphError, type DType, type Value } from './types.ts'

const BYTES: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  float8e4m3: 1,
  float8e5m2: 1,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  uint8: 1,
  int8: 1,
  bool: 1,
}

export const bytesOf = (dtype: DType): number => BYTES[dtype]

/** Throws a GraphError naming the first thing that is wrong. */
export function verifyGraph(graph: Graph): void {
  const known = new Set<Value>()
  const names = new Set<string>()
  const define = (value: Value, what: string): void => {
    if (value.graph !== graph) throw new GraphError(`${what} ${value.name} belongs to another graph`)
    if (names.has(value.name)) throw new GraphError(`two values are called ${value.name}`)
    names.add(value.name)
    known.add(value)
  }
  graph.inputs.forEach((input) => define(input, 'input'))
  for (const { value, data } of graph.initializers) {
    define(value, 'initializer')
    const count = value.shape.reduce<number>((n, dim) => n * Number(dim), 1)
    const length = data.kind === 'inline' ? data.bytes.length : data.length
    if (count * bytesOf(value.dtype) !== length) {
      throw new GraphError(`${value.name} ${formatShape(value.shape)} of ${value.dtype} holds ${length} bytes`)
    }
  }
  for (const node of graph.nodes) {
    if (!isOpName(node.op)) throw new GraphError(`${String(node.op)} is not an op`)
    for (const input of node.inputs) {
      if (!known.has(input)) throw new GraphError(`${node.op} uses ${input.name} before it is made`)
    }
    const { dtype, shape } = inferNode(node.op, node.inputs, node.attrs)
    if (dtype !== node.output.dtype || !sameShape(shape, node.output.shape)) {
      throw new GraphError(
        `${node.op} makes ${dtype} ${formatShape(shape)}, recorded as ${formatShape(node.output.shape)}`,
      )
    }
    define(node.output, 'result')
  }
  if (graph.outputs.size === 0) throw new GraphError('the graph has no output')
  for (const [name, value] of graph.outputs) {
    if (!known.has(value)) throw new GraphError(`output ${name} is never made`)
    if (names.has(name)) throw new GraphError(`output ${name} has the name of another value`)
  }
}
