/**
 * Every op at full size on two threads, where work that is cut and put together again would show: its numbers against plain
 * JavaScript, its gradient against differences of the same along one random direction an input.
 */
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../data/random.ts'
import { gradients } from '../autodiff.ts'
import { Graph } from '../graph.ts'
import { floats, integers, runGraph, spreadNumbers, worstError, type Plain } from '../testing.ts'
import { fullSizeCases } from './full-size-fixtures.ts'
import type { OpName } from './registry.ts'

const THREADS = 2
/** Sums over hundreds of numbers, in single precision. */
const FORWARD = 5e-5
/** Of what a wrong gradient would be off by on average: one wrong element among a hundred thousand is 2e-3. */
const BACKWARD = 2e-4
const STEP = 1e-4

/** Of unit length. */
function direction(shape: readonly number[], seed: number): Plain {
  const random = seededRandom('direction', seed)
  const data = Float64Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => random.normal())
  const length = Math.sqrt(data.reduce((total, v) => total + v * v, 0))
  return { shape, data: data.map((v) => v / length) }
}
const dot = (a: Plain, b: Plain): number => a.data.reduce((total, v, i) => total + v * b.data[i]!, 0)

describe.each(Object.entries(fullSizeCases).map(([name, c]) => [name as OpName, c] as const))('%s', (name, c) => {
  const domain = c.domain ?? ((x: number): number => x)
  const plain = c.floats.map((shape, i): Plain => {
    const { data } = spreadNumbers(shape, i)
    return { shape, data: data.map((x) => Math.fround(domain(x))) }
  })
  const inputs = [...plain, ...(c.integers ?? [])]

  test(`at ${c.what}`, async () => {
    const graph = new Graph()
    const values = inputs.map(({ shape }, i) => graph.input(`x${i}`, i < plain.length ? 'float32' : 'int64', shape))
    const output = c.build(...values)
    graph.output('y', output)
    expect(graph.nodes.some((node) => node.op === name)).toBe(true)
    const expected = c.reference(...inputs)
    const weights = spreadNumbers(expected.shape, 99)
    const wrt = c.stops ? [] : values.slice(0, plain.length)
    const feeds = Object.fromEntries(inputs.map((x, i) => [`x${i}`, i < plain.length ? floats(x) : integers(x)]))
    if (wrt.length > 0) {
      const seed = graph.input('seed', 'float32', output.shape)
      gradients(graph, [{ value: output, seed }], wrt).forEach((g, i) => graph.output(`g${i}`, g))
      feeds['seed'] = floats(weights)
    }
    const results = await runGraph(graph, feeds, { threads: THREADS })
    expect(worstError(results['y']!, expected)).toBeLessThan(FORWARD)
    wrt.forEach((_value, i) => {
      const [x, g] = [inputs[i]!, results[`g${i}`]!]
      const v = direction(x.shape, i)
      const along = (step: number): number => {
        const moved = { shape: x.shape, data: x.data.map((value, j) => value + step * v.data[j]!) }
        return dot(c.reference(...inputs.map((input, at) => (at === i ? moved : input))), weights)
      }
      const difference = (along(STEP) - along(-STEP)) / (2 * STEP)
      const size = Math.sqrt(dot(g, g) / x.data.length)
      expect(Math.abs(difference - dot(g, v)) / size, `input ${i}`).toBeLessThan(c.coarse ?? BACKWARD)
    })
  })
})
