/** Stored weights at the size of 8B: nothing is copied into the graph, and no value of it is a gigabyte. */
import { expect, test } from 'vitest'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { CHUNK, storedAccess, type PlainWeight } from './stored-weights.ts'

const table: PlainWeight = {
  form: 'plain',
  dtype: 'bfloat16',
  shape: [134_656, 4096],
  file: 'model.safetensors',
  offset: 1000,
}

test('the embedding and the head of 8B are used in pieces, each a span of the file', () => {
  const graph = new Graph()
  const { lookUp, product } = storedAccess(graph, () => table)
  const rows = lookUp('wte', graph.input('tokens', 'int64', [1, 8]))
  graph.output('rows', rows)
  graph.output('logits', product('wte', graph.input('x', 'float32', [3, 4096]), 126_349, 134_541))
  expect(rows.shape).toEqual([1, 8, 4096])
  const spans = graph.initializers.flatMap(({ value, data }) => (data.kind === 'external' ? [{ value, data }] : []))
  for (const { value, data } of spans) {
    expect(value.shape.reduce<number>((n, dim) => n * Number(dim), 4)).toBeLessThanOrEqual(CHUNK)
    expect((data.offset - table.offset) % (2 * 4096)).toBe(0)
    expect(data.offset + data.length).toBeLessThanOrEqual(table.offset + 134_656 * 4096 * 2)
  }
  // The pieces of the embedding cover it once; the head's is the codes alone.
  const covered = spans.map(({ value }) => Number(value.shape[0]))
  expect(covered.reduce((a, b) => a + b, 0)).toBe(134_656 + 8192)
  expect(encodeModel(graph).length).toBeLessThan(20_000)
})

test('a token is looked up in the piece that holds it', () => {
  const graph = new Graph()
  const small = { ...table, shape: [10, 4] }
  const { lookUp } = storedAccess(graph, () => small, 4 * 4 * 3)
  lookUp('wte', graph.input('tokens', 'int64', [2, 3]))
  const pieces = graph.initializers.flatMap(({ data }) => (data.kind === 'external' ? [data] : []))
  expect(pieces.map(({ offset, length }) => [(offset - 1000) / 8, length / 8])).toEqual([
    [0, 3],
    [3, 3],
    [6, 3],
    [9, 1],
  ])
})
