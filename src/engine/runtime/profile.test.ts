import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { matmul } from '../graph/ops/matmul.ts'
import { softmax } from '../graph/ops/reduce.ts'
import { partTimes, profileRuns } from './profile.ts'

const leftovers = async (): Promise<number> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('tandem-profile-')).length

function model(): Uint8Array {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [64, 64])
  const y = graph.within('products', () =>
    matmul(
      x,
      graph.within('inner', () => matmul(x, x)),
    ),
  )
  graph.output('y', softmax(y))
  return encodeModel(graph)
}
const feeds = { x: { data: new Float32Array(64 * 64).fill(0.1), dims: [64, 64] } }

test('times of nodes come by the parts of the graph they were made in, and no file is left', async () => {
  const before = await leftovers()
  const { runs, parts } = await profileRuns(model(), feeds, { runs: 3, threads: 1 })
  expect(runs).toHaveLength(3)
  expect(Object.keys(parts).sort()).toEqual(['', 'inner', 'products'])
  for (const ms of Object.values(parts)) expect(ms).toBeGreaterThanOrEqual(0)
  expect(await leftovers()).toBe(before)
})

test('a measurement that is stopped leaves no file either', async () => {
  const before = await leftovers()
  const stop = (): never => {
    throw new Error('stopped')
  }
  await expect(profileRuns(model(), feeds, { runs: 3, threads: 1, onRun: stop })).rejects.toThrow('stopped')
  expect(await leftovers()).toBe(before)
})

test('runs of the warm-up do not count, nor does what is no kernel', () => {
  const node = (name: string, ts: number, dur: number): object => ({ cat: 'Node', name, ts, dur })
  const run = (ts: number): object => ({ cat: 'Session', name: 'model_run', ts, dur: 90 })
  const events = [
    run(0),
    node('mlp:n1_kernel_time', 10, 7000),
    run(100),
    node('mlp:n1_kernel_time', 110, 2000),
    node('mlp:n1/QuickGeluFusion/_kernel_time', 120, 1000),
    node('n2_kernel_time', 130, 500),
    node('mlp:n1_fence_before', 131, 9000),
    { cat: 'Node', name: 'broken' },
    run(200),
    node('mlp:n1_kernel_time', 210, 1000),
  ]
  expect(partTimes(events, 1, 2)).toEqual({ mlp: 2, '': 0.25 })
})
