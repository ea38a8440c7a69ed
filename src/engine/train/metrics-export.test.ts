/** A run's curves for other tools: the event file read by a decoder that shares nothing with the writer, and the CSV. */
import { describe, expect, test } from 'vitest'
import { trainRow, validationRow } from '../../shared/training-fixtures.ts'
import type { MetricsRow } from '../../shared/training.ts'
import { csvLines } from './metrics-csv.ts'
import { crc32c, eventFileName, eventRecords } from './tensorboard.ts'

const rows: MetricsRow[] = [
  { kind: 'memory', step: 0, seconds: 0, samples: 0, resident: 3e9, free: 1 },
  trainRow({ step: 1, loss: 0.5, text: null }),
  validationRow({ step: 1, loss: 0.25 }),
  trainRow({ step: 300, loss: 0.125 }),
  { kind: 'end', step: 300, seconds: 150, samples: 4800, reason: 'done', why: '' },
]
async function* stream(): AsyncGenerator<MetricsRow> {
  for (const row of rows) yield await Promise.resolve(row)
}

/** Castagnoli's CRC bit by bit, most significant bit first on reflected bytes: not the writer's table. */
function slowCrc(data: Uint8Array): number {
  const reflect = (value: number, bits: number): number => {
    let out = 0
    for (let i = 0; i < bits; i++) if (value & (1 << i)) out |= 1 << (bits - 1 - i)
    return out >>> 0
  }
  let crc = 0xffffffff
  for (const byte of data) {
    crc = (crc ^ (reflect(byte, 8) << 24)) >>> 0
    for (let i = 0; i < 8; i++) crc = (crc & 0x80000000 ? (crc << 1) ^ 0x1edc6f41 : crc << 1) >>> 0
  }
  return reflect(~crc >>> 0, 32)
}

interface Field {
  readonly number: number
  readonly value: bigint | Uint8Array
}
/** Protobuf's wire format, nothing more. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n]
    for (;;) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
      shift += 7n
    }
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const [number, type] = [key >>> 3, key & 7]
    if (type === 0) fields.push({ number, value: varint() })
    else {
      const length = type === 2 ? Number(varint()) : type === 1 ? 8 : 4
      fields.push({ number, value: bytes.subarray(at, at + length) })
      at += length
    }
  }
  expect(view.byteLength).toBe(at)
  return fields
}

interface Decoded {
  wallTime: number
  step: number
  version?: string
  scalars: Record<string, number>
}
function decode(file: Uint8Array): Decoded[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const masked = (data: Uint8Array): number => {
    const crc = slowCrc(data)
    return Number((((BigInt(crc) >> 15n) | ((BigInt(crc) << 17n) & 0xffffffffn)) + 0xa282ead8n) & 0xffffffffn)
  }
  const events: Decoded[] = []
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true))
    expect(view.getUint32(at + 8, true)).toBe(masked(file.subarray(at, at + 8)))
    const data = file.subarray(at + 12, at + 12 + length)
    expect(view.getUint32(at + 12 + length, true)).toBe(masked(data))
    at += 16 + length
    const event: Decoded = { wallTime: 0, step: 0, scalars: {} }
    for (const { number, value } of fieldsOf(data)) {
      if (number === 1) event.wallTime = Buffer.from(value as Uint8Array).readDoubleLE()
      if (number === 2) event.step = Number(value)
      if (number === 3) event.version = Buffer.from(value as Uint8Array).toString()
      if (number !== 5) continue
      for (const summary of fieldsOf(value as Uint8Array)) {
        const parts = fieldsOf(summary.value as Uint8Array)
        const of = (n: number): Buffer => Buffer.from(parts.find((part) => part.number === n)!.value as Uint8Array)
        event.scalars[of(1).toString()] = of(2).readFloatLE()
      }
    }
    events.push(event)
  }
  return events
}

describe('the event file', () => {
  test('is read back by an independent decoder, every checksum right', async () => {
    const events = decode(Buffer.concat(await Array.fromAsync(eventRecords(stream(), 1000))))
    expect(events[0]).toEqual({ wallTime: 1000, step: 0, version: 'brain.Event:2', scalars: {} })
    expect(events.slice(1).map(({ step, wallTime }) => [step, wallTime])).toEqual([
      [0, 1000],
      [1, 1000.5],
      [1, 1000.5],
      [300, 1150],
    ])
    expect(events[1]!.scalars).toEqual({ 'memory/resident_bytes': 3e9 })
    // The image's loss of the fixture is half of the whole; the text has none in that step.
    expect(events[2]!.scalars).toMatchObject({ 'train/loss': 0.5, 'train/image': 0.25, 'train/samples_per_second': 32 })
    expect(events[2]!.scalars).not.toHaveProperty('train/text')
    expect(events[3]!.scalars).toMatchObject({
      'validation/loss': 0.25,
      'validation_by_noise/text/0.1': 0.25,
      'validation_by_noise/image/1.0': 0.125,
    })
  })

  test.each([
    ['', 0],
    ['123456789', 0xe3069283],
    ['a', 0xc1d04330],
  ])('CRC-32C of %j is the known one', (text, expected) => {
    expect(crc32c(Buffer.from(text))).toBe(expected)
    expect(slowCrc(Buffer.from(text))).toBe(expected)
  })

  test('bears the name TensorBoard looks for', () => {
    expect(eventFileName(1764000000.5)).toBe('events.out.tfevents.1764000000.tandem')
  })
})

test('the CSV has a line a step and a validation, empty where there is no number', async () => {
  const lines = (await Array.fromAsync(csvLines(stream()))).join('').split('\r\n')
  const [header, ...cells] = lines.filter((line) => line !== '').map((line) => line.split(','))
  expect(cells.map((line) => line.length)).toEqual([header!.length, header!.length, header!.length])
  const cell = (line: number, column: string): string => cells[line]![header!.indexOf(column)]!
  expect([cell(0, 'kind'), cell(0, 'step'), cell(0, 'loss'), cell(0, 'text')]).toEqual(['train', '1', '0.5', ''])
  expect([cell(1, 'kind'), cell(1, 'best'), cell(1, 'learning_rate'), cell(1, 'text_t0.1')]).toEqual([
    'validation',
    '1',
    '',
    '0.25',
  ])
})
