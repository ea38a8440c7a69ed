/** Writes a graph as an ONNX ModelProto (IR 10, opset 21). The schema below is the part of onnx.proto3 that we use. */
import protobuf from 'protobufjs/light.js'
import type { Graph } from './graph.ts'
import { ONNX_DTYPE } from './ops/logic.ts'
import { ops } from './ops/registry.ts'
import type { OnnxAttr, Shape, Value } from './types.ts'
import { verifyGraph } from './verify.ts'

const OPSET = 21
const IR_VERSION = 10
/** TensorProto.DataLocation.EXTERNAL and AttributeProto.AttributeType values of onnx.proto3. */
const EXTERNAL = 1
const ATTR_TYPE = { f: 1, i: 2, s: 3, ints: 7 } as const

const field = (id: number, type: string, repeated = false): protobuf.IField =>
  repeated ? { id, type, rule: 'repeated' } : { id, type }

const root = protobuf.Root.fromJSON({
  nested: {
    AttributeProto: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        ints: field(8, 'int64', true),
        type: field(20, 'int32'),
      },
    },
    NodeProto: {
      fields: {
        input: field(1, 'string', true),
        output: field(2, 'string', true),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: field(5, 'AttributeProto', true),
        domain: field(7, 'string'),
      },
    },
    StringStringEntryProto: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    TensorProto: {
      fields: {
        dims: field(1, 'int64', true),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
        externalData: field(13, 'StringStringEntryProto', true),
        dataLocation: field(14, 'int32'),
      },
    },
    Dimension: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
    TensorShapeProto: { fields: { dim: field(1, 'Dimension', true) } },
    TypeTensor: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') } },
    TypeProto: { fields: { tensorType: field(1, 'TypeTensor') } },
    ValueInfoProto: { fields: { name: field(1, 'string'), type: field(2, 'TypeProto') } },
    GraphProto: {
      fields: {
        node: field(1, 'NodeProto', true),
        name: field(2, 'string'),
        initializer: field(5, 'TensorProto', true),
        input: field(11, 'ValueInfoProto', true),
        output: field(12, 'ValueInfoProto', true),
      },
    },
    OperatorSetIdProto: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    ModelProto: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'GraphProto'),
        opsetImport: field(8, 'OperatorSetIdProto', true),
      },
    },
  },
})
const ModelProto = root.lookupType('ModelProto')

/** Verifies, prunes and serialises. The bytes are what a runtime session is made from. */
export function encodeModel(graph: Graph): Uint8Array {
  graph.prune()
  verifyGraph(graph)
  const { domains, body } = graphProto(graph)
  return ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: 'tandem-studio',
    opsetImport: [{ domain: '', version: OPSET }, ...domains.map((domain) => ({ domain, version: 1 }))],
    graph: body,
  }).finish()
}

function graphProto(graph: Graph): { domains: string[]; body: object } {
  const values = [...graph.inputs, ...graph.initializers.map((init) => init.value)]
  const writer = new NodeWriter([...values.map((value) => value.name), ...graph.outputs.keys()])
  for (const node of widenedFirst(graph)) {
    writer.part = node.part
    ops[node.op].emit(
      {
        inputs: node.inputs.map((v) => v.name),
        inputTypes: node.inputs,
        output: node.output.name,
        outputType: node.output,
        ints: (values) => writer.ints(values),
        float: (value) => writer.float(value),
        floats: (values) => writer.floats(values),
        node: (opType, inputs, output, attrs, domain) => writer.node(opType, inputs, output, attrs ?? {}, domain),
        second: (opType, inputs, output, attrs) => writer.second(opType, inputs, output, attrs),
        temp: () => writer.temp(),
      },
      node.attrs,
    )
  }
  writer.part = undefined
  // Outputs get their public names through Identity, so that one value may be returned twice or be an input.
  for (const [name, value] of graph.outputs) writer.node('Identity', [value.name], name, {})
  const body = {
    name: 'tandem',
    node: writer.nodes,
    initializer: [...graph.initializers.map(tensorProto), ...writer.literals],
    input: graph.inputs.map((v) => valueInfo(v.name, v)),
    output: [...graph.outputs].map(([name, v]) => valueInfo(name, v)),
  }
  return { domains: [...writer.domains], body }
}

/**
 * Nodes with the casts of stored weights in front. The runtime walks the graph depth first, and takes of two inputs the
 * one whose node stands later: a cast at its place of use would be run, with all others, before the first product, and
 * every weight would be held in single precision at once. In front, each is run just before it is used.
 */
function widenedFirst(graph: Graph): readonly Graph['nodes'][number][] {
  const stored = new Set(graph.initializers.map((init) => init.value))
  const widens = ({ op, inputs }: Graph['nodes'][number]): boolean => op === 'Cast' && stored.has(inputs[0]!)
  return [...graph.nodes.filter(widens), ...graph.nodes.filter((node) => !widens(node))]
}

interface NodeProto {
  readonly opType: string
  readonly input: readonly string[]
  readonly output: string[]
  readonly name: string
  readonly attribute: readonly object[]
  readonly domain?: string
}

class NodeWriter {
  readonly nodes: NodeProto[] = []
  readonly literals: object[] = []
  /** Operator sets beside ONNX's own. */
  readonly domains = new Set<string>()
  /** Of the nodes that follow: the front of their names, up to a colon. */
  part: string | undefined
  readonly #known = new Map<string, string>()
  readonly #taken: Set<string>
  #next = 0

  /** Names a model chose itself: no temporary or literal takes one of them. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  node(
    opType: string,
    input: readonly string[],
    output: string,
    attrs: Readonly<Record<string, OnnxAttr>>,
    domain?: string,
  ): void {
    const attribute = attributeProtos(attrs)
    if (domain !== undefined) this.domains.add(domain)
    const own = domain === undefined ? {} : { domain }
    this.nodes.push({ opType, input, output: [output], name: this.#nameNode(), attribute, ...own })
  }

  second(opType: string, input: readonly string[], output: string, attrs: Readonly<Record<string, OnnxAttr>>): void {
    const wanted = JSON.stringify([input, attributeProtos(attrs)])
    const same = (node: NodeProto): boolean =>
      node.opType === opType && node.output.length === 1 && JSON.stringify([node.input, node.attribute]) === wanted
    let node = this.nodes.find(same)
    if (!node) {
      this.node(opType, input, this.temp(), attrs)
      node = this.nodes.at(-1)!
    }
    node.output.push(output)
  }

  #nameNode(): string {
    const name = `n${this.nodes.length}`
    return this.part === undefined ? name : `${this.part}:${name}`
  }

  temp(): string {
    return this.#fresh('t')
  }

  ints(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt)
    return this.#literal(`i:${values.join(',')}`, ONNX_DTYPE.int64, [values.length], new Uint8Array(data.buffer))
  }

  float(value: number): string {
    return this.#literal(`f:${value}`, ONNX_DTYPE.float32, [], new Uint8Array(Float32Array.of(value).buffer))
  }

  floats(values: readonly number[]): string {
    const data = new Uint8Array(Float32Array.from(values).buffer)
    return this.#literal(`l:${values.join(',')}`, ONNX_DTYPE.float32, [values.length], data)
  }

  #fresh(prefix: string): string {
    let name = `${prefix}${this.#next++}`
    while (this.#taken.has(name)) name = `${prefix}${this.#next++}`
    return name
  }

  #literal(key: string, dataType: number, dims: number[], rawData: Uint8Array): string {
    const known = this.#known.get(key)
    if (known) return known
    const name = this.#fresh('k')
    this.literals.push({ name, dataType, dims, rawData })
    this.#known.set(key, name)
    return name
  }
}

const attributeProtos = (attrs: Readonly<Record<string, OnnxAttr>>): object[] =>
  Object.entries(attrs).map(([name, value]) => attributeProto(name, value))

function attributeProto(name: string, value: OnnxAttr): object {
  if ('ints' in value) return { name, ints: value.ints, type: ATTR_TYPE.ints }
  if ('i' in value) return { name, i: value.i, type: ATTR_TYPE.i }
  if ('f' in value) return { name, f: value.f, type: ATTR_TYPE.f }
  return { name, s: new TextEncoder().encode(value.s), type: ATTR_TYPE.s }
}

function tensorProto({ value, data }: Graph['initializers'][number]): object {
  const base = { name: value.name, dims: value.shape, dataType: ONNX_DTYPE[value.dtype] }
  if (data.kind === 'inline') return { ...base, rawData: data.bytes }
  const entries = { location: data.file, offset: String(data.offset), length: String(data.length) }
  return {
    ...base,
    dataLocation: EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  }
}

function valueInfo(name: string, { dtype, shape }: { dtype: Value['dtype']; shape: Shape }): object {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }))
  return { name, type: { tensorType: { elemType: ONNX_DTYPE[dtype], shape: { dim } } } }
}
