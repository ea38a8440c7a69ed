/** Every op of the registry, through the real runtime: its numbers against plain JavaScript, its gradient against differences. */
import { describe, expect, test } from 'vitest'
import { gradients } from '../autodiff.ts'
import { Graph } from '../graph.ts'
import { finiteDifference, floats, integers, runGraph, spreadNumbers, worstError, type Plain } from '../testing.ts'
import { GraphError, type Value } from '../types.ts'
import type { OpCase } from './case-fixtures.ts'
import { opCases } from './op-fixtures.ts'
import { dilatedConvolution } from './tensor-fixtures.ts'
import { ops, type OpName } from './registry.ts'

const FORWARD = 2e-6
const BACKWARD = 1e-5

interface Built {
  readonly graph: Graph
  readonly inputs: Value[]
  readonly output: Value
  readonly plain: readonly Plain[]
}

function build(c: OpCase): Built {
  const domain = c.domain ?? ((x: number): number => x)
  const graph = new Graph()
  const plain = c.floats.map((shape, i) => {
    const { data } = spreadNumbers(shape, i)
    return { shape, data: data.map((x) => Math.fround(domain(x))) }
  })
  const all = [...plain, ...(c.integers ?? [])]
  const inputs = all.map(({ shape }, i) => graph.input(`x${i}`, i < plain.length ? 'float32' : 'int64', shape))
  return { graph, inputs, output: c.build(...inputs), plain: all }
}

const feedsOf = (c: OpCase, plain: readonly Plain[]): Record<string, ReturnType<typeof floats>> =>
  Object.fromEntries(plain.map((x, i) => [`x${i}`, i < c.floats.length ? floats(x) : integers(x)]))

test('every op of the registry has a case', () => {
  expect(Object.keys(opCases).sort()).toEqual(Object.keys(ops).sort())
  for (const cases of Object.values(opCases)) expect(cases.length).toBeGreaterThan(0)
})

describe.each(Object.keys(ops) as OpName[])('%s', (name) => {
  const cases = opCases[name]

  test.each(cases.map((c) => [c.what, c] as const))('makes what it should of %s', async (_, c) => {
    const { graph, output, plain } = build(c)
    expect(graph.nodes.some((node) => node.op === name)).toBe(true)
    graph.output('y', output)
    const { y } = await runGraph(graph, feedsOf(c, plain))
    expect(output.shape).toEqual(y!.shape)
    expect(worstError(y!, c.reference(...plain))).toBeLessThan(FORWARD)
  })

  const flowing = cases.filter((c) => !c.stops)
  if (flowing.length > 0) {
    test.each(flowing.map((c) => [c.what, c] as const))('has the gradient of %s', async (_, c) => {
      const { graph, inputs, output, plain } = build(c)
      const weights = spreadNumbers(c.reference(...plain).shape, 99)
      const wrt = inputs.slice(0, c.floats.length)
      const seed = graph.input('seed', 'float32', output.shape)
      gradients(graph, [{ value: output, seed }], wrt).forEach((g, i) => graph.output(`g${i}`, g))
      const results = await runGraph(graph, { ...feedsOf(c, plain), seed: floats(weights) })
      wrt.forEach((_value, i) => {
        const expected = finiteDifference((xs) => c.reference(...xs), plain, i, weights)
        expect(worstError(results[`g${i}`]!, expected)).toBeLessThan(c.coarse ?? BACKWARD)
      })
    })
  }

  const stopped = cases.filter((c) => c.stops && c.floats.length > 0)
  if (stopped.length > 0) {
    test.each(stopped.map((c) => [c.what, c] as const))('refuses a gradient of %s', (_, c) => {
      const { graph, inputs, output } = build(c)
      const seed = graph.input('seed', 'float32', output.shape)
      expect(() => gradients(graph, [{ value: output, seed }], [inputs[0]!])).toThrow(GraphError)
    })
  }
})

test('a dilated convolution is computed, and its gradient refused', async () => {
  const { graph, inputs, output, plain } = build(dilatedConvolution)
  graph.output('y', output)
  const seed = graph.input('seed', 'float32', output.shape)
  expect(() => gradients(graph, [{ value: output, seed }], [inputs[0]!])).toThrow('dilated convolution is not defined')
  const { y } = await runGraph(graph, {
    ...feedsOf(dilatedConvolution, plain),
    seed: floats(spreadNumbers([1, 2, 5, 5], 1)),
  })
  expect(worstError(y!, dilatedConvolution.reference(...plain))).toBeLessThan(FORWARD)
})
