/**
 * A foreign ONNX file looked into before it is run: operators of known sets only, external data inside its own folder,
 * sizes within reason. What is read here is the part of onnx.proto3 that says so; weights are skipped over.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import protobuf from 'protobufjs/light.js'
import { TandemError } from '../../../shared/errors.ts'

/** A protobuf message cannot be larger than 2 GiB. */
const MAX_FILE = 2 * 2 ** 30 - 1
const MAX_EXTERNAL = 16 * 2 ** 30
/** Operator sets that ONNX Runtime brings along; anything else is code we do not have and would not load. */
const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'])
/** Graphs within graphs (If, Loop) deeper than this are no model of the kind. */
const MAX_DEPTH = 8

const field = (id: number, type: string, repeated = false): protobuf.IField =>
  repeated ? { id, type, rule: 'repeated' } : { id, type }

const ModelProto = protobuf.Root.fromJSON({
  nested: {
    Entry: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    Tensor: {
      fields: { name: field(8, 'string'), externalData: field(13, 'Entry', true), dataLocation: field(14, 'int32') },
    },
    Attribute: { fields: { t: field(5, 'Tensor'), g: field(6, 'Graph'), graphs: field(11, 'Graph', true) } },
    Node: {
      fields: { opType: field(4, 'string'), attribute: field(5, 'Attribute', true), domain: field(7, 'string') },
    },
    ValueInfo: { fields: { name: field(1, 'string') } },
    Graph: {
      fields: {
        node: field(1, 'Node', true),
        initializer: field(5, 'Tensor', true),
        input: field(11, 'ValueInfo', true),
        output: field(12, 'ValueInfo', true),
      },
    },
    Function: { fields: { node: field(7, 'Node', true) } },
    OperatorSet: { fields: { domain: field(1, 'string') } },
    Model: {
      fields: {
        graph: field(7, 'Graph'),
        opsetImport: field(8, 'OperatorSet', true),
        functions: field(25, 'Function', true),
      },
    },
  },
}).lookupType('Model')

interface TensorProto {
  readonly name?: string
  readonly externalData?: readonly { readonly key?: string; readonly value?: string }[]
  readonly dataLocation?: number
}
interface NodeProto {
  readonly opType?: string
  readonly domain?: string
  readonly attribute?: readonly {
    readonly t?: TensorProto
    readonly g?: GraphProto
    readonly graphs?: readonly GraphProto[]
  }[]
}
interface GraphProto {
  readonly node?: readonly NodeProto[]
  readonly initializer?: readonly TensorProto[]
  readonly input?: readonly { readonly name?: string }[]
  readonly output?: readonly { readonly name?: string }[]
}

export interface OnnxSummary {
  readonly path: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Files beside it that hold weights, links resolved. */
  readonly external: readonly string[]
}

/** Reads and checks a file; throws a TandemError that names it. */
export async function inspectOnnx(path: string): Promise<OnnxSummary> {
  const name = basename(path)
  const bad = (cause: string, remedy: string): TandemError => new TandemError(`${name} ${cause}.`, remedy)
  const info = await stat(path).catch(() => null)
  if (!info?.isFile()) throw bad('is missing', 'Export the model again, or check the folder.')
  if (info.size === 0) throw bad('is empty', 'Export or download it again.')
  if (info.size > MAX_FILE) throw bad('is larger than an ONNX file can be (2 GiB)', 'Export it with external data.')
  const bytes = await readFile(path)
  let model: { graph?: GraphProto; functions?: readonly { node?: readonly NodeProto[] }[] }
  try {
    model = ModelProto.decode(bytes) as unknown as typeof model
  } catch (error) {
    throw new TandemError(
      `${name} is not an ONNX model, or it is cut short.`,
      'Export or download it again.',
      'input',
      {
        cause: error,
      },
    )
  }
  const { graph } = model
  if (!graph?.node?.length) throw bad('is not an ONNX model: it has no graph', 'Export or download it again.')
  const tensors: TensorProto[] = []
  const visit = (nodes: readonly NodeProto[], depth: number): void => {
    if (depth > MAX_DEPTH) throw bad('nests graphs too deeply', 'Export it without control flow.')
    for (const { opType, domain, attribute } of nodes) {
      if (!KNOWN_DOMAINS.has(domain ?? ''))
        throw bad(
          `uses the custom operator ${opType ?? '?'} of ${domain ?? ''}`,
          'Only standard operators are run: export it again without extensions.',
        )
      for (const { t, g, graphs } of attribute ?? []) {
        if (t) tensors.push(t)
        for (const inner of [...(g ? [g] : []), ...(graphs ?? [])]) {
          tensors.push(...(inner.initializer ?? []))
          visit(inner.node ?? [], depth + 1)
        }
      }
    }
  }
  tensors.push(...(graph.initializer ?? []))
  visit(graph.node, 0)
  for (const { node } of model.functions ?? []) visit(node ?? [], 1)
  const external = await checkExternal(path, tensors, bad)
  const given = (values: GraphProto['input']): string[] => (values ?? []).flatMap((value) => value.name ?? [])
  const stored = new Set((graph.initializer ?? []).map((tensor) => tensor.name))
  return {
    path,
    inputs: given(graph.input).filter((input) => !stored.has(input)),
    outputs: given(graph.output),
    external,
  }
}

/** The files weights are kept in, once it is sure that they are there, inside the folder, whole and not too large. */
async function checkExternal(
  path: string,
  tensors: readonly TensorProto[],
  bad: (cause: string, remedy: string) => TandemError,
): Promise<string[]> {
  const folder = await realpath(dirname(path))
  const ends = new Map<string, number>()
  for (const { dataLocation, externalData } of tensors) {
    // TensorProto.DataLocation.EXTERNAL
    if (dataLocation !== 1) continue
    const entry = (key: string): string | undefined => externalData?.find((e) => e.key === key)?.value
    const location = entry('location') ?? ''
    const outside = bad(`keeps weights outside its folder (${location})`, 'Put them beside it and export it again.')
    if (location === '' || isAbsolute(location)) throw outside
    const real = await realpath(join(folder, location)).catch(() => null)
    if (real === null) throw bad(`misses its weights ${location}`, 'Copy that file along with it.')
    const within = relative(folder, real)
    if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within)) throw outside
    const end = Number(entry('offset') ?? 0) + Number(entry('length') ?? 0)
    ends.set(real, Math.max(ends.get(real) ?? 0, end))
  }
  let total = 0
  for (const [file, end] of ends) {
    const { size } = await stat(file)
    if (!Number.isFinite(end) || end > size)
      throw bad(`needs ${end} bytes of ${basename(file)}, which has ${size}`, 'Copy that file again: it is cut short.')
    total += size
  }
  if (total > MAX_EXTERNAL) throw bad('has more than 16 GiB of weights', 'Use a smaller model as a reward.')
  return [...ends.keys()]
}
