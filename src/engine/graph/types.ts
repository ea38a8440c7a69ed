/**
 * The vocabulary of the graph: values, nodes and the definition of an op. A value knows the graph that made it, so op
 * functions (`add(a, b)`) need no builder argument, and a gradient rule is written in the same functions as a forward.
 */
export type DType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float8e4m3'
  | 'float8e5m2'
  | 'int64'
  | 'int32'
  | 'uint8'
  | 'int8'
  | 'bool'

/** A size known at build time, or the name of one known at run time ("rows"). */
export type Dim = number | string
export type Shape = readonly Dim[]

/** Element types are strings too. */
export type AttrValue = number | string | readonly Dim[] | undefined
export type Attrs = Readonly<Record<string, AttrValue>>

/** What a value needs of its graph. The concrete graph lives in graph.ts; ops never import it. */
export interface OpHost {
  op(name: string, inputs: readonly Value[], attrs?: Attrs): Value
  /** A literal; equal small literals are shared. */
  constant(data: Float32Array | BigInt64Array, shape: Shape): Value
}

export interface Value {
  readonly graph: OpHost
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
}

export interface TypeInfo {
  readonly dtype: DType
  readonly shape: Shape
}

/** One ONNX NodeProto to write. Attributes are typed by their JS value: integer, float (wrapped), string, integer list. */
export type OnnxAttr = { i: number } | { f: number } | { ints: readonly number[] } | { s: string }

export interface EmitContext {
  readonly inputs: readonly string[]
  readonly inputTypes: readonly TypeInfo[]
  readonly output: string
  readonly outputType: TypeInfo
  /** The name of an int64 literal. */
  ints(values: readonly number[]): string
  /** The name of a float scalar literal. */
  float(value: number): string
  /** The name of a float literal of one axis. */
  floats(values: readonly number[]): string
  /** `domain`: of an operator that is not ONNX's own. */
  node(
    opType: string,
    inputs: readonly string[],
    output: string,
    attrs?: Readonly<Record<string, OnnxAttr>>,
    domain?: string,
  ): void
  /** The second output of a node: of one of the same inputs and attributes that is written already, where there is one. */
  second(opType: string, inputs: readonly string[], output: string, attrs: Readonly<Record<string, OnnxAttr>>): void
  /** A fresh name for a value inside this emission. */
  temp(): string
}

export interface VjpContext<A extends Attrs> {
  readonly inputs: readonly Value[]
  readonly output: Value
  /** Gradient of the loss with respect to the output; same shape as the output. */
  readonly dy: Value
  readonly attrs: A
  /** Whether the gradient of input i is wanted: rules may return null for the rest. */
  readonly wants: readonly boolean[]
}

/**
 * One op: shape rule, ONNX emission and gradient. `vjp` returns one gradient per input (null where there is none); it
 * may have the broadcast shape, the walker sums it back. `vjp: null` says that the op is not differentiable: its
 * output carries no gradient, as for comparisons and index arithmetic.
 */
export interface OpDefinition<A extends Attrs = Attrs> {
  infer(inputs: readonly TypeInfo[], attrs: A): TypeInfo
  emit(context: EmitContext, attrs: A): void
  vjp: ((context: VjpContext<A>) => readonly (Value | null)[]) | null
}

/** Keeps the attribute type inside one definition while the registry sees a common type. */
export function defineOp<A extends Attrs>(definition: OpDefinition<A>): OpDefinition {
  return definition as unknown as OpDefinition
}

export class GraphError extends Error {
  override readonly name = 'GraphError'
}
