/**
 * A run's curves as a TensorBoard event file: records in TFRecord framing (length, masked CRC-32C of the length, data,
 * masked CRC-32C of the data; little-endian), each an Event of tensorflow/core/util/event.proto. The schema below is the
 * part of it that scalars need.
 */
import protobuf from 'protobufjs/light.js'
import { NOISE_BINS, type LossByNoise, type MetricsRow } from '../../shared/training.ts'

const field = (id: number, type: string, repeated = false): protobuf.IField =>
  repeated ? { id, type, rule: 'repeated' } : { id, type }
const root = protobuf.Root.fromJSON({
  nested: {
    Value: { fields: { tag: field(1, 'string'), simpleValue: field(2, 'float') } },
    Summary: { fields: { value: field(1, 'Value', true) } },
    Event: {
      fields: {
        wallTime: field(1, 'double'),
        step: field(2, 'int64'),
        fileVersion: field(3, 'string'),
        summary: field(5, 'Summary'),
      },
    },
  },
})
const Event = root.lookupType('Event')

/** The name TensorBoard looks for; the first number orders the files of a folder. */
export const eventFileName = (startedAt: number): string => `events.out.tfevents.${Math.floor(startedAt)}.tandem`

/** The records of a run, one chunk each, the version first. `startedAt`: when it began, in seconds since 1970. */
export async function* eventRecords(rows: AsyncIterable<MetricsRow>, startedAt: number): AsyncGenerator<Uint8Array> {
  yield record({ wallTime: startedAt, fileVersion: 'brain.Event:2' })
  for await (const row of rows) {
    const value = scalarsOf(row).map(([tag, simpleValue]) => ({ tag, simpleValue }))
    if (value.length > 0) yield record({ wallTime: startedAt + row.seconds, step: row.step, summary: { value } })
  }
}

function scalarsOf(row: MetricsRow): [string, number][] {
  const named = (prefix: string, values: Readonly<Record<string, number | null>>): [string, number][] =>
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[`${prefix}/${name}`, value]]))
  switch (row.kind) {
    case 'train': {
      const { loss, text, image, learningRate: learning_rate, gradientNorm: gradient_norm } = row
      const rest = { learning_rate, gradient_norm, samples_per_second: row.samplesPerSecond }
      return named('train', { loss, text, image, ...rest })
    }
    case 'validation':
      return [...named('validation', { loss: row.loss, text: row.text, image: row.image }), ...byNoise(row.byNoise)]
    case 'memory':
      return [['memory/resident_bytes', row.resident]]
    case 'preview':
    case 'checkpoint':
    case 'end':
      return []
  }
}

/** `validation_by_noise/text/0.3`: mask ratios up to 0.3, from the bin below. */
function byNoise(noise: LossByNoise): [string, number][] {
  return (['text', 'image'] as const).flatMap((modality) =>
    noise[modality].loss.flatMap((value, bin): [string, number][] =>
      value === null ? [] : [[`validation_by_noise/${modality}/${((bin + 1) / NOISE_BINS).toFixed(1)}`, value]],
    ),
  )
}

function record(event: Record<string, unknown>): Uint8Array {
  const data = Event.encode(Event.fromObject(event)).finish()
  const out = Buffer.alloc(16 + data.length)
  out.writeBigUInt64LE(BigInt(data.length), 0)
  out.writeUInt32LE(maskedCrc(out.subarray(0, 8)), 8)
  out.set(data, 12)
  out.writeUInt32LE(maskedCrc(data), 12 + data.length)
  return out
}

/** TFRecord's mask: a CRC over data that holds CRCs would be weak. */
function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Castagnoli's polynomial, reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
