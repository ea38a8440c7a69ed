/**
 * The writer, read back by a decoder of the protobuf wire format that knows only onnx.proto's field numbers, and by the
 * runtime with weights that stay inside a safetensors file.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { floatTensor, openSafetensors, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { createSession } from '../runtime/session.ts'
import { Graph } from './graph.ts'
import { encodeModel } from './onnx.ts'
import { add } from './ops/elementwise.ts'
import { scatterAdd } from './ops/gather.ts'
import { cast } from './ops/logic.ts'
import { gemm, linear } from './ops/matmul.ts'
import { softmax } from './ops/reduce.ts'
import { rmsInverse, rmsNorm } from './ops/rms-norm.ts'
import { slice } from './ops/shape.ts'
import { floats, make, spreadNumbers } from './testing.ts'

/** A message as field number -> values: bigint for varints, bytes for the rest. */
type Message = Map<number, (bigint | Uint8Array)[]>

function decode(bytes: Uint8Array): Message {
  const message: Message = new Map()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const wire = key & 7
    let value: bigint | Uint8Array
    if (wire === 0) value = varint()
    else {
      const length = wire === 2 ? Number(varint()) : wire === 5 ? 4 : 8
      value = bytes.subarray(at, at + length)
      at += length
    }
    const field = key >> 3
    message.set(field, [...(message.get(field) ?? []), value])
  }
  expect(at).toBe(bytes.length)
  return message
}

const bytesAt = (m: Message, field: number): Uint8Array[] => (m.get(field) ?? []).map((v) => v as Uint8Array)
const messages = (m: Message, field: number): Message[] => bytesAt(m, field).map(decode)
const texts = (m: Message, field: number): string[] => bytesAt(m, field).map((b) => new TextDecoder().decode(b))
/** Repeated integers, packed or not. */
const numbers = (m: Message, field: number): number[] =>
  (m.get(field) ?? []).flatMap((v) => {
    if (typeof v === 'bigint') return [Number(v)]
    const out: number[] = []
    let value = 0
    let scale = 1
    for (const byte of v) {
      value += (byte & 127) * scale
      scale *= 128
      if (byte < 128) {
        out.push(value)
        value = 0
        scale = 1
      }
    }
    return out
  })

describe('a written model, by onnx.proto’s field numbers', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['n', 4])
  const w = graph.weight('w', 'float32', [3, 4], {
    kind: 'inline',
    bytes: Uint8Array.from({ length: 48 }, (_, i) => i),
  })
  const far = graph.weight('far', 'bfloat16', [3], {
    kind: 'external',
    file: 'model.safetensors',
    offset: 4097,
    length: 6,
  })
  graph.output('y', softmax(add(linear(x, w), cast(far, 'float32'))))
  graph.output('part', slice(w, 1, 1, 3))
  graph.output('again', scatterAdd(w, graph.constant(new BigInt64Array(12), [3, 4]), w, 0))
  const model = decode(encodeModel(graph))
  const [body] = messages(model, 7)
  const nodes = messages(body!, 1)
  const initializers = new Map(messages(body!, 5).map((tensor) => [texts(tensor, 8)[0]!, tensor]))
  const node = (type: string): Message => nodes.find((n) => texts(n, 4)[0] === type)!
  const attribute = (n: Message, name: string): Message => messages(n, 5).find((a) => texts(a, 1)[0] === name)!

  test('says IR 10 and opset 21 of the default domain', () => {
    expect(numbers(model, 1)).toEqual([10])
    const [opset, ...rest] = messages(model, 8)
    expect(rest).toEqual([])
    expect(texts(opset!, 1).join('')).toBe('')
    expect(numbers(opset!, 2)).toEqual([21])
  })

  test('lists nodes in order, with distinct names, every input made before it is used', () => {
    const made = new Set<string>(
      [...messages(body!, 11), ...messages(body!, 12)].map((v) => texts(v, 1)[0]!).filter((n) => n === 'x'),
    )
    for (const name of initializers.keys()) made.add(name)
    for (const n of nodes) {
      for (const input of texts(n, 1)) expect(made).toContain(input)
      for (const output of texts(n, 2)) {
        expect(made).not.toContain(output)
        made.add(output)
      }
    }
    expect(new Set(nodes.map((n) => texts(n, 3)[0])).size).toBe(nodes.length)
    for (const output of messages(body!, 12)) expect(made).toContain(texts(output, 1)[0])
  })

  test('types inputs and outputs, run-time sizes by name', () => {
    const described = (info: Message): unknown[] => {
      const [tensor] = messages(messages(info, 2)[0]!, 1)
      const dims = messages(messages(tensor!, 2)[0]!, 1).map((d) => texts(d, 2)[0] ?? numbers(d, 1)[0])
      return [texts(info, 1)[0], numbers(tensor!, 1)[0], dims]
    }
    expect(messages(body!, 11).map(described)).toEqual([['x', 1, ['n', 4]]])
    expect(messages(body!, 12).map(described)).toEqual([
      ['y', 1, ['n', 3]],
      ['part', 1, [3, 2]],
      ['again', 1, [3, 4]],
    ])
  })

  test('writes attributes with their types: integers, strings', () => {
    const transB = attribute(node('Gemm'), 'transB')
    expect([numbers(transB, 3), numbers(transB, 20)]).toEqual([[1], [2]])
    const axis = attribute(node('Softmax'), 'axis')
    expect([BigInt.asIntN(64, axis.get(3)![0] as bigint), numbers(axis, 20)]).toEqual([-1n, [2]])
    const reduction = attribute(node('ScatterElements'), 'reduction')
    expect([texts(reduction, 4), numbers(reduction, 20)]).toEqual([['add'], [3]])
    expect(numbers(attribute(node('Cast'), 'to'), 3)).toEqual([1])
  })

  test('keeps inline bytes, and refers to external ones by file, offset and length', () => {
    const inline = initializers.get('w')!
    expect([numbers(inline, 1), numbers(inline, 2), [...bytesAt(inline, 9)[0]!]]).toEqual([
      [3, 4],
      [1],
      Array.from({ length: 48 }, (_, i) => i),
    ])
    const external = initializers.get('far')!
    expect([numbers(external, 1), numbers(external, 2), numbers(external, 14), bytesAt(external, 9)]).toEqual([
      [3],
      [16],
      [1],
      [],
    ])
    const entries = messages(external, 13).map((e) => [texts(e, 1)[0], texts(e, 2)[0]])
    expect(Object.fromEntries(entries)).toEqual({ location: 'model.safetensors', offset: '4097', length: '6' })
  })

  test('never scatters with ScatterND, whose additions race', () => {
    expect(nodes.map((n) => texts(n, 4)[0])).not.toContain('ScatterND')
  })

  test('a norm and the inverse of its root mean square are one node with two outputs; other norms keep one', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2, 4])
    const scales = graph.input('scales', 'float32', [4])
    graph.output('y', rmsNorm(x, scales, 1e-5))
    graph.output('other', rmsNorm(x, scales, 0.5))
    graph.output('inverse', rmsInverse(x, scales, 1e-5))
    const [body] = messages(decode(encodeModel(graph)), 7)
    const norms = messages(body!, 1).filter((n) => texts(n, 4)[0] === 'SimplifiedLayerNormalization')
    expect(norms.map((n) => texts(n, 2).length)).toEqual([2, 1])
  })

  test('the same graph gives the same bytes', () => {
    expect(encodeModel(graph)).toEqual(encodeModel(graph))
  })
})

describe('weights inside a safetensors file', () => {
  let folder: string
  const weights = { single: spreadNumbers([3, 4], 1), half: spreadNumbers([3, 4], 2), brain: spreadNumbers([3, 4], 3) }
  /** The upper half of a single, rounded towards zero. */
  const brainBytes = (data: Float64Array): Uint8Array =>
    new Uint8Array(Uint16Array.from(new Uint32Array(Float32Array.from(data).buffer), (word) => word >>> 16).buffer)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-onnx-'))
    const tensors = new Map<string, StoredTensor>([
      ['odd', { dtype: 'U8', shape: [3], bytes: Uint8Array.of(1, 2, 3) }], // every offset after it is odd
      ['single', floatTensor(Float32Array.from(weights.single.data), [3, 4])],
      ['half', floatTensor(Float32Array.from(weights.half.data), [3, 4], 'F16')],
      ['brain', { dtype: 'BF16', shape: [3, 4], bytes: brainBytes(weights.brain.data) }],
    ])
    await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test.each([
    ['single', 'float32', 1e-6],
    ['half', 'float16', 2e-3],
    ['brain', 'bfloat16', 2e-2],
  ] as const)('%s precision is read in place and gives the right product', async (name, dtype, tolerance) => {
    const file = await openSafetensors(join(folder, 'model.safetensors'))
    const { offset, length } = file.tensors.get(name)!
    expect(offset % 2).toBe(1)
    const graph = new Graph()
    const stored = graph.weight(name, dtype, [3, 4], { kind: 'external', file: 'model.safetensors', offset, length })
    graph.output('y', gemm(graph.input('x', 'float32', [2, 4]), cast(stored, 'float32'), false, true))
    const path = join(folder, `${name}.onnx`)
    await writeFile(path, encodeModel(graph))
    const x = spreadNumbers([2, 4], 9)
    const session = await createSession(path, { threads: 1 })
    const { y } = await session.run({ x: floats(x) })
    await session.dispose()
    const w = weights[name]
    const expected = make([2, 3], ([i, j]) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + x.data[i! * 4 + k]! * w.data[j! * 4 + k]!, 0),
    )
    expected.data.forEach((value, i) => expect(Math.abs(Number(y!.data[i]) - value)).toBeLessThan(tolerance))
  })
})
