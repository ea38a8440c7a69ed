/** Graphs broken by hand, as a wrong rewrite would leave them: each kind is named before it reaches the runtime. */
import { expect, test } from 'vitest'
import { Graph } from './graph.ts'
import { encodeModel } from './onnx.ts'
import { add, neg } from './ops/elementwise.ts'
import { expand } from './ops/shape.ts'
import { runGraph } from './testing.ts'
import { GraphError, type Value } from './types.ts'
import { bytesOf, verifyGraph } from './verify.ts'

interface Sound {
  readonly graph: Graph
  readonly x: Value
  readonly first: Value
  readonly second: Value
}
function sound(): Sound {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2, 3])
  const first = add(x, graph.weight('w', 'float32', [3], { kind: 'inline', bytes: new Uint8Array(12) }))
  const second = neg(first)
  graph.output('y', second)
  return { graph, x, first, second }
}

const broken: [what: string, breakIt: (s: Sound) => void, says: RegExp][] = [
  ['nodes out of order', ({ graph }) => graph.nodes.reverse(), /Neg uses v0 before it is made/],
  ['a node that was dropped though it is used', ({ graph }) => graph.nodes.shift(), /Neg uses v0 before it is made/],
  ['a node that stands twice', ({ graph }) => graph.nodes.push(graph.nodes[0]!), /two values are called v0/],
  [
    'a shape recorded wrong',
    ({ graph, first }) => (graph.nodes[0] = { ...graph.nodes[0]!, output: { ...first, shape: [3, 2] } }),
    /Add makes float32 \[2, 3\], recorded as \[3, 2\]/,
  ],
  [
    'a type recorded wrong',
    ({ graph, first }) => (graph.nodes[0] = { ...graph.nodes[0]!, output: { ...first, dtype: 'int64' } }),
    /Add makes float32/,
  ],
  [
    'inputs that no longer fit',
    ({ graph, x }) => (graph.nodes[0] = { ...graph.nodes[0]!, inputs: [x, expand(x, [4, 2, 3])] }),
    /before it is made/,
  ],
  [
    'an input and a weight of one name',
    ({ graph }) => graph.weight('x', 'float32', [1], { kind: 'inline', bytes: new Uint8Array(4) }),
    /two values are called x/,
  ],
  [
    'two weights of one name',
    ({ graph }) => graph.weight('w', 'float32', [1], { kind: 'inline', bytes: new Uint8Array(4) }),
    /two values are called w/,
  ],
  ['an input named like a result', ({ graph }) => graph.input('v1', 'float32', [1]), /two values are called v1/],
  [
    'an output named like an input',
    ({ graph, first }) => graph.output('x', first),
    /output x has the name of another value/,
  ],
  [
    'an output named like a result',
    ({ graph, first }) => graph.output('v1', first),
    /output v1 has the name of another value/,
  ],
  [
    'a weight with too few bytes',
    ({ graph }) => graph.weight('b', 'float32', [2, 2], { kind: 'inline', bytes: new Uint8Array(15) }),
    /b \[2, 2\] of float32 holds 15 bytes/,
  ],
  [
    'a half-precision weight with the bytes of a single',
    ({ graph }) => graph.weight('b', 'float16', [4], { kind: 'external', file: 'f', offset: 0, length: 16 }),
    /b \[4\] of float16 holds 16 bytes/,
  ],
  [
    'a value of another graph',
    ({ graph }) =>
      graph.nodes.push({ ...graph.nodes[1]!, inputs: [sound().x], output: graph.input('z', 'float32', [2, 3]) }),
    /Neg uses x before it is made/,
  ],
  [
    'an input that belongs elsewhere',
    ({ graph }) => graph.inputs.push(new Graph().input('z', 'float32', [])),
    /input z belongs to another graph/,
  ],
  [
    'an output that is never made',
    ({ graph }) => graph.outputs.set('z', new Graph().input('q', 'float32', [])),
    /output z is never made/,
  ],
  ['no output', ({ graph }) => graph.outputs.clear(), /the graph has no output/],
]

test('a sound graph passes', () => {
  expect(() => verifyGraph(sound().graph)).not.toThrow()
})

test.each(broken)('refuses %s', (_, breakIt, says) => {
  const parts = sound()
  breakIt(parts)
  expect(() => verifyGraph(parts.graph)).toThrow(GraphError)
  expect(() => verifyGraph(parts.graph)).toThrow(says)
})

test('a broken graph is not written', () => {
  const { graph } = sound()
  graph.weight('x', 'float32', [1], { kind: 'inline', bytes: new Uint8Array(4) })
  graph.output('z', graph.initializers.at(-1)!.value)
  expect(() => encodeModel(graph)).toThrow('two values are called x')
})

test('knows the width of every type', () => {
  const types = ['float32', 'float16', 'bfloat16', 'int64', 'int32', 'uint8', 'bool'] as const
  expect(types.map(bytesOf)).toEqual([4, 2, 2, 8, 4, 1, 1])
})

test('names a model chose itself do not meet the writer’s own', async () => {
  const graph = new Graph()
  const names = ['t0', 'k0', 'k1', 'n0', 'c9']
  const inputs = names.map((name) => graph.input(name, 'float32', [1]))
  // Expand writes a literal of its own.
  graph.output('t1', expand(inputs.reduce(add), [4]))
  const feeds = Object.fromEntries(names.map((name, i) => [name, { data: Float32Array.of(i + 1), dims: [1] }]))
  expect((await runGraph(graph, feeds)).t1!.data).toEqual(Float64Array.of(15, 15, 15, 15))
})
