import { describe, expect, test } from 'vitest'
import { Graph } from './graph.ts'
import { encodeModel } from './onnx.ts'
import { add, exp, mul, neg, scale } from './ops/elementwise.ts'
import { cumsum } from './ops/logic.ts'
import { matmul } from './ops/matmul.ts'
import { reduceSum } from './ops/reduce.ts'
import { concat, expand, pad, reshape, slice, transpose } from './ops/shape.ts'
import { floats, runGraph, spreadNumbers } from './testing.ts'
import { GraphError, type Value } from './types.ts'

describe('building', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2, 3])
  const ids = graph.input('ids', 'int64', [2])
  const wide = graph.input('wide', 'float32', ['n', 3])

  const mistakes: [what: string, make: () => Value, says: RegExp][] = [
    ['an op that does not exist', () => graph.op('Frobnicate', [x]), /no op called Frobnicate/],
    ['an inherited name as an op', () => graph.op('toString', [x]), /no op called toString/],
    ['values of two graphs', () => add(x, new Graph().input('y', 'float32', [2, 3])), /Add mixes values of two graphs/],
    [
      'shapes that do not broadcast',
      () => add(x, graph.constant(new Float32Array(2), [2])),
      /Add: .*\[2, 3\] and \[2\] do not broadcast/,
    ],
    [
      'a run-time size against a fixed one',
      () => add(wide, graph.constant(new Float32Array(12), [4, 3])),
      /do not broadcast/,
    ],
    ['a float op on integers', () => exp(ids), /Exp is int64, expected float32/],
    ['a float plus an integer', () => add(x, ids), /Add right is int64/],
    ['inner sizes that differ', () => matmul(x, x), /cannot multiply \[2, 3\] by \[2, 3\]/],
    ['a reshape that loses elements', () => reshape(x, [2, 2]), /cannot reshape \[2, 3\] to \[2, 2\]/],
    ['a reshape that loses a run-time size', () => reshape(wide, ['m', 3]), /cannot reshape \[n, 3\] to \[m, 3\]/],
    ['a permutation with a repeated axis', () => transpose(x, [0, 0]), /not a permutation/],
    ['a slice past the end', () => slice(x, 1, 2, 4), /slice 2:4 of an axis of 3/],
    ['an empty slice', () => slice(x, 1, 2, 2), /slice 2:2/],
    ['an axis that is not there', () => pad(x, 2, 1, 1), /axis 2 is outside rank 2/],
    ['an expansion of an axis that is not 1', () => expand(x, [4, 3]), /cannot expand/],
    ['a concatenation of unlike shapes', () => concat([x, reshape(x, [3, 2])], 0), /cannot concatenate/],
    ['a slice of a run-time axis', () => slice(wide, 0, 0, 1), /sliced axis must be a fixed size, not n/],
    ['a sum over no axis', () => reduceSum(x, []), /no axis to reduce/],
    ['a running sum of integers', () => cumsum(ids), /CumSum is int64/],
  ]
  test.each(mistakes)('refuses %s where it is written', (_, make, says) => {
    expect(make).toThrow(GraphError)
    expect(make).toThrow(says)
  })

  test('refuses two inputs and two outputs of one name', () => {
    expect(() => graph.input('x', 'float32', [])).toThrow('two inputs are called x')
    graph.output('y', x)
    expect(() => graph.output('y', x)).toThrow('two outputs are called y')
  })

  test('shares equal small literals, and tells shapes, types and values apart', () => {
    const literal = graph.constant(Float32Array.of(2), [])
    expect(graph.constant(Float32Array.of(2), [])).toBe(literal)
    expect(graph.constant(Float32Array.of(2), [1])).not.toBe(literal)
    expect(graph.constant(Float32Array.of(3), [])).not.toBe(literal)
    expect(graph.constant(BigInt64Array.of(2n), [])).not.toBe(literal)
  })

  test('copies a literal when it is made', async () => {
    const own = new Graph()
    const data = Float32Array.from({ length: 20 }, (_, i) => i)
    own.output('y', scale(own.constant(data, [20]), 1))
    data.fill(-1)
    expect((await runGraph(own, {})).y!.data[19]).toBe(19)
  })

  test('knows which node made a value', () => {
    const sum = add(x, x)
    expect(graph.producer(sum)).toMatchObject({ op: 'Add', inputs: [x, x] })
    expect(graph.producer(x)).toBeUndefined()
  })
})

describe('pruning', () => {
  test('drops nodes and weights that no output needs, and keeps every input', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2])
    graph.input('unused', 'float32', [2])
    graph.weight('w', 'float32', [2], { kind: 'inline', bytes: new Uint8Array(8) })
    const dead = exp(x)
    mul(dead, scale(dead, 7))
    graph.output('y', neg(x))
    graph.prune()
    expect(graph.nodes.map((node) => node.op)).toEqual(['Neg'])
    expect(graph.initializers).toEqual([])
    expect(graph.inputs.map((input) => input.name)).toEqual(['x', 'unused'])
  })

  test('leaves a graph that can grow on: a dropped literal is made again', async () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2])
    scale(x, 7)
    graph.output('y', x)
    encodeModel(graph)
    graph.output('z', scale(x, 7))
    const { z } = await runGraph(graph, { x: floats(spreadNumbers([2], 1)) })
    expect(z!.data[0]).toBeCloseTo(7 * spreadNumbers([2], 1).data[0]!, 5)
  })
})

test('a run-time size flows from the feeds through reshape, broadcast and product', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['n', 2, 3])
  const flat = reshape(x, ['n', 6])
  const w = graph.constant(
    Float32Array.from({ length: 12 }, (_, i) => i),
    [6, 2],
  )
  graph.output('y', add(matmul(flat, w), graph.constant(Float32Array.of(1), [])))
  for (const n of [1, 5]) {
    const { y } = await runGraph(graph, { x: { data: new Float32Array(n * 6).fill(1), dims: [n, 2, 3] } })
    expect(y!.shape).toEqual([n, 2])
    expect([...y!.data.slice(-2)]).toEqual([31, 37])
  }
})
