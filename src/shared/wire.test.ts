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
      expect(decodeWire(encodeWire(sent))).toEqual(plain(sent))
    }),
  )
})

/** The same value with ordinary objects throughout: fast-check makes some without a prototype. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]))
}

test('large pictures travel whole', () => {
  const rgb = Uint8Array.from({ length: 128 * 128 * 3 }, (_, i) => i % 251)
  expect(decodeWire(encodeWire({ rgb }))).toEqual({ rgb })
})

test('an object that only looks like bytes stays what it is', () => {
  expect(decodeWire('{"$bytes":5}')).toEqual({ $bytes: 5 })
  expect(decodeWire('{"$bytes":"AA==","more":1}')).toEqual({ $bytes: 'AA==', more: 1 })
})
