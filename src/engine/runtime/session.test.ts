import { afterEach, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { add, exp, scale } from '../graph/ops/elementwise.ts'
import { argmax, cast, less } from '../graph/ops/logic.ts'
import { linear } from '../graph/ops/matmul.ts'
import { createSession, type Session } from './session.ts'

const opened: Session[] = []
afterEach(async () => {
  for (const session of opened.splice(0)) await session.dispose()
})
async function open(build: (graph: Graph) => void, options = {}): Promise<Session> {
  const graph = new Graph()
  build(graph)
  const session = await createSession(encodeModel(graph), { threads: 1, ...options })
  opened.push(session)
  return session
}
const double = (graph: Graph): void => graph.output('y', scale(graph.input('x', 'float32', ['n']), 2))
const x = { data: Float32Array.of(1, -2, 3), dims: [3] }

test('names its inputs and outputs, and returns results with their dims', async () => {
  const session = await open((graph) => {
    const x = graph.input('x', 'float32', ['n', 2])
    graph.output('twice', scale(x, 2))
    graph.output('best', argmax(x))
  })
  expect([session.inputNames, session.outputNames]).toEqual([['x'], ['twice', 'best']])
  const results = await session.run({ x: { data: Float32Array.of(1, 2, 4, 3), dims: [2, 2] } })
  expect(results['twice']).toEqual({ data: Float32Array.of(2, 4, 8, 6), dims: [2, 2] })
  expect(results['best']).toEqual({ data: BigInt64Array.of(1n, 0n), dims: [2, 1] })
})

describe('preallocated outputs', () => {
  test('are written in place, also as spans of a larger array, and nothing around them is', async () => {
    const session = await open(double)
    const flat = new Float32Array(7).fill(9)
    const into = { y: { data: flat.subarray(2, 5), dims: [3] } }
    const results = await session.run({ x }, into)
    expect([...flat]).toEqual([9, 9, 2, -4, 6, 9, 9])
    expect(results['y']!.data).toEqual(Float32Array.of(2, -4, 6))
  })

  test('of the wrong size are refused', async () => {
    const session = await open(double)
    await expect(session.run({ x }, { y: { data: new Float32Array(2), dims: [2] } })).rejects.toThrow()
  })

  test('survive many runs, each with its own numbers', async () => {
    const session = await open(double)
    const data = new Float32Array(3)
    for (let i = 0; i < 20; i++) {
      await session.run({ x: { data: Float32Array.of(i, i + 1, i + 2), dims: [3] } }, { y: { data, dims: [3] } })
      expect([...data]).toEqual([2 * i, 2 * i + 2, 2 * i + 4])
    }
  })
})

test('feeds may be spans of a larger array', async () => {
  const session = await open(double)
  const flat = Float32Array.of(0, 0, 5, 6, 7, 0)
  expect((await session.run({ x: { data: flat.subarray(2, 5), dims: [3] } }))['y']!.data).toEqual(
    Float32Array.of(10, 12, 14),
  )
})

test('a run after dispose is refused in words, and dispose is harmless twice', async () => {
  const session = await open(double)
  await session.dispose()
  await session.dispose()
  const refusal = session.run({ x })
  await expect(refusal).rejects.toBeInstanceOf(TandemError)
  await expect(refusal).rejects.toThrow('closed while in use')
})

describe('mistakes are refused, and the session lives on', () => {
  test.each([
    ['a missing feed', {}],
    ['a feed of another type', { x: { data: BigInt64Array.of(1n), dims: [1] } }],
    ['dims that do not fit the data', { x: { data: Float32Array.of(1, 2), dims: [3] } }],
    ['another rank', { x: { data: Float32Array.of(1, 2), dims: [1, 2] } }],
  ])('%s', async (_, feeds) => {
    const session = await open(double)
    await expect(session.run(feeds)).rejects.toThrow()
    expect((await session.run({ x }))['y']!.data[0]).toBe(2)
  })

  test('a model that is no model', async () => {
    await expect(createSession(Uint8Array.of(1, 2, 3))).rejects.toThrow()
    await expect(createSession('/nonexistent/model.onnx')).rejects.toThrow()
  })

  test('a result of a type that does not cross', async () => {
    const session = await open((graph) => {
      const x = graph.input('x', 'float32', ['n'])
      graph.output('y', less(x, exp(x)))
    })
    await expect(session.run({ x })).rejects.toThrow('The model returned bool for y')
  })
})

test.each([{ disablePrepacking: true }, { arena: false }, { threads: 2 }])(
  'gives the same numbers with %o',
  async (options) => {
    const build = (graph: Graph): void => {
      const w = graph.constant(
        Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
        [8, 8],
      )
      graph.output('y', cast(cast(linear(graph.input('x', 'float32', ['n', 8]), w), 'float32'), 'float32'))
    }
    const feeds = { x: { data: Float32Array.from({ length: 16 }, (_, i) => i / 7), dims: [2, 8] } }
    const [plain, other] = [await open(build), await open(build, options)]
    const [a, b] = [(await plain.run(feeds))['y']!, (await other.run(feeds))['y']!]
    b.data.forEach((value, i) => expect(Number(value)).toBeCloseTo(Number(a.data[i]), 5))
  },
)

test('opening and closing again and again does not grow memory without bound', async () => {
  const graph = new Graph()
  const weight = graph.constant(new Float32Array(1 << 18), [512, 512]) // 1 MB
  const x = graph.input('x', 'float32', [1, 512])
  graph.output('y', add(linear(x, weight), x))
  const model = encodeModel(graph)
  const cycle = async (): Promise<void> => {
    const session = await createSession(model, { threads: 1 })
    await session.run({ x: { data: new Float32Array(512), dims: [1, 512] } })
    await session.dispose()
  }
  // What the allocator keeps of freed memory differs from round to round and settles; a leak of each session's
  // megabyte would add 60 in every one of them.
  const round = async (): Promise<number> => {
    const before = process.memoryUsage.rss()
    for (let i = 0; i < 60; i++) await cycle()
    return (process.memoryUsage.rss() - before) / 2 ** 20
  }
  const grown: number[] = []
  do grown.push(await round())
  while (grown.at(-1)! >= 30 && grown.length < 5)
  expect(Math.min(...grown)).toBeLessThan(30)
})
