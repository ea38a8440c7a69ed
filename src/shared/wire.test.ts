import { expect, test } from 'vitest'
import fc from 'fast-check'
import { decodeWire, encodeWire } from './wire.ts'

test('what is sent arrives, bytes as bytes', () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.uint8Array(),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node')),
      fc.dictionary(
        fc.string({ minLength: 1 }).map((key) => `k${key}`),
        tie('node'),
      ),
    ),
  })).node
  fc.assert(
    fc.property(value, (sent) => {
      expect(decodeWire(encodeWire(sent))).toEqual(JSON.parse(JSON.stringify(sent), revive(sent)))
    }),
  )
})

/** JSON itself loses -0 and prototypes; bytes it turns into objects, which the wire must not. */
function revive(sent: unknown): (key: string, value: unknown) => unknown {
  const bytes = new Map<string, Uint8Array>()
  JSON.stringify(sent, (_, entry: unknown) => {
    if (entry instanceof Uint8Array) bytes.set(JSON.stringify(entry), entry)
    return entry
  })
  return (_, value) =>
    typeof value === 'object' && value !== null ? (bytes.get(JSON.stringify(value)) ?? value) : value
}

test('large pictures travel whole', () => {
  const rgb = Uint8Array.from({ length: 128 * 128 * 3 }, (_, i) => i % 251)
  expect(decodeWire(encodeWire({ rgb }))).toEqual({ rgb })
})

test('an object that only looks like bytes stays what it is', () => {
  expect(decodeWire('{"$bytes":5}')).toEqual({ $bytes: 5 })
  expect(decodeWire('{"$bytes":"AA==","more":1}')).toEqual({ $bytes: 'AA==', more: 1 })
})
