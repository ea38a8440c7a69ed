/**
 * The graph under construction: inputs, literals, weights and nodes, in an order that is already topological. Every
 * node has one output and is typed when it is made, so a mistake in a model is an error on its own line.
 */
import { isOpName, ops, type OpName } from './ops/registry.ts'
import { GraphError, type Attrs, type DType, type OpHost, type Shape, type TypeInfo, type Value } from './types.ts'

export interface GraphNode {
  readonly op: OpName
  readonly inputs: readonly Value[]
  readonly attrs: Attrs
  readonly output: Value
  /** What it is a part of, for a profile; absent outside of any part. */
  readonly part?: string
}

/** Bytes in the model, or a span of a file that lies in the model's own folder. */
export type InitializerData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'external'; readonly file: string; readonly offset: number; readonly length: number }

export interface Initializer {
  readonly value: Value
  readonly data: InitializerData
}

export class Graph implements OpHost {
  readonly inputs: Value[] = []
  readonly nodes: GraphNode[] = []
  readonly initializers: Initializer[] = []
  readonly outputs = new Map<string, Value>()
  readonly #producers = new Map<Value, GraphNode>()
  readonly #literals = new Map<string, Value>()
  #next = 0
  #part: string | undefined

  #value(dtype: DType, shape: Shape, name = `v${this.#next++}`): Value {
    return { graph: this, name, dtype, shape }
  }

  /** A value fed at every run. Names are the feed names and must be unique. */
  input(name: string, dtype: DType, shape: Shape): Value {
    if (this.inputs.some((v) => v.name === name)) throw new GraphError(`two inputs are called ${name}`)
    const value = this.#value(dtype, shape, name)
    this.inputs.push(value)
    return value
  }

  /** A weight stored with the model. */
  weight(name: string, dtype: DType, shape: readonly number[], data: InitializerData): Value {
    const value = this.#value(dtype, shape, name)
    this.initializers.push({ value, data })
    return value
  }

  constant(data: Float32Array | BigInt64Array, shape: Shape): Value {
    const dtype: DType = data instanceof Float32Array ? 'float32' : 'int64'
    const key = data.length <= 8 ? `${dtype}:${shape.join(',')}:${data.join(',')}` : ''
    const known = key ? this.#literals.get(key) : undefined
    if (known) return known
    const value = this.#value(dtype, shape, `c${this.#next++}`)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    this.initializers.push({ value, data: { kind: 'inline', bytes } })
    if (key) this.#literals.set(key, value)
    return value
  }

  op(name: string, inputs: readonly Value[], attrs: Attrs = {}): Value {
    if (!isOpName(name)) throw new GraphError(`there is no op called ${name}`)
    for (const input of inputs) {
      if (input.graph !== this) throw new GraphError(`${name} mixes values of two graphs`)
    }
    const { dtype, shape } = inferNode(name, inputs, attrs)
    const output = this.#value(dtype, shape)
    const part = this.#part === undefined ? {} : { part: this.#part }
    const node: GraphNode = { op: name, inputs, attrs, output, ...part }
    this.nodes.push(node)
    this.#producers.set(output, node)
    return output
  }

  /** What `make` adds to the graph is one part of it, whose times a profile adds up. Of parts in parts the inner one counts. */
  within<T>(part: string, make: () => T): T {
    const outer = this.#part
    this.#part = part
    try {
      return make()
    } finally {
      this.#part = outer
    }
  }

  /** Names a result that a run returns. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name)) throw new GraphError(`two outputs are called ${name}`)
    this.outputs.set(name, value)
  }

  producer(value: Value): GraphNode | undefined {
    return this.#producers.get(value)
  }

  /** Drops nodes no output needs, for instance gradients nobody asked for. */
  prune(): void {
    const needed = new Set<Value>(this.outputs.values())
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i]!
      if (needed.has(node.output)) node.inputs.forEach((input) => needed.add(input))
    }
    const nodes = this.nodes.filter((node) => needed.has(node.output))
    this.nodes.splice(0, this.nodes.length, ...nodes)
    const used = this.initializers.filter((init) => needed.has(init.value))
    this.initializers.splice(0, this.initializers.length, ...used)
    // A literal that left the graph must be made anew when it is asked for again.
    for (const [key, value] of this.#literals) if (!needed.has(value)) this.#literals.delete(key)
  }
}

/** The shape rule, with the op's name in front of whatever it complains about. */
export function inferNode(name: OpName, inputs: readonly TypeInfo[], attrs: Attrs): TypeInfo {
  try {
    return ops[name].infer(inputs, attrs)
  } catch (error) {
    throw new GraphError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
