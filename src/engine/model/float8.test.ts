/** The values of the 8-bit floats: those the format documents, and that the runtime widens to. */
import { expect, test } from 'vitest'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { cast } from '../graph/ops/logic.ts'
import { createSession } from '../runtime/session.ts'
import { float8Values } from './float8.ts'

test.each([
  ['float8e4m3', { 0x00: 0, 0x01: 2 ** -9, 0x38: 1, 0x7e: 448, 0x7f: NaN, 0x80: -0, 0xb8: -1, 0xff: NaN }],
  ['float8e5m2', { 0x01: 2 ** -16, 0x3c: 1, 0x7b: 57_344, 0x7c: Infinity, 0x7d: NaN, 0xbc: -1, 0xfc: -Infinity }],
] as const)('%s has the values of its definition', (dtype, some) => {
  const values = float8Values(dtype)
  for (const [byte, value] of Object.entries(some)) expect([byte, values[Number(byte)]]).toEqual([byte, value])
})

test.each(['float8e4m3', 'float8e5m2'] as const)('%s is widened by the runtime to the same', async (dtype) => {
  const graph = new Graph()
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  const stored = graph.weight('w', dtype, [256], { kind: 'inline', bytes })
  graph.output('y', cast(stored, 'float32'))
  const session = await createSession(encodeModel(graph), { threads: 1 })
  const { y } = await session.run({})
  await session.dispose()
  expect([...y!.data].map(Number)).toEqual([...float8Values(dtype)])
})
