import { describe, expect, it, test } from 'vitest'
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

test('a value without bytes travels as text', () => {
  expect(encodeWire({ a: [1, { b: 'c' }] })).toBe('{"a":[1,{"b":"c"}]}')
})

test('bytes of a larger buffer travel alone, and arrive with memory of their own', () => {
  const part = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4)
  const sent = encodeWire({ part, other: Buffer.from([9]) })
  const got = decodeWire(sent) as Record<string, Uint8Array>
  expect(got).toEqual({ part: Uint8Array.of(2, 3, 4), other: Uint8Array.of(9) })
  expect(got['part']!.buffer.byteLength).toBe(3)
})

test('bytes arrive under a key of any name, and nothing that only looks like them is changed', () => {
  const sent = JSON.parse('{"__proto__":{"__proto__":null},"parts":[],"value":null}') as Record<string, unknown>
  Object.defineProperty(sent['__proto__'], '__proto__', { value: Uint8Array.of(1, 2), enumerable: true })
  const got = decodeWire(encodeWire(sent)) as Record<string, unknown>
  expect(Object.getPrototypeOf(got)).toBe(Object.prototype)
  const inner = Object.getOwnPropertyDescriptor(got, '__proto__')?.value as object
  expect(Object.getOwnPropertyDescriptor(inner, '__proto__')?.value).toEqual(Uint8Array.of(1, 2))
  expect(got['parts']).toEqual([])
  expect(got['value']).toBeNull()
})

describe('a binary message that nobody here wrote', () => {
  const whole = encodeWire({ a: Uint8Array.of(1, 2, 3) }) as Uint8Array<ArrayBuffer>
  const withHeader = (header: string, bytes: readonly number[] = []): Uint8Array => {
    const text = new TextEncoder().encode(header)
    const size = new Uint8Array(4)
    new DataView(size.buffer).setUint32(0, text.length, true)
    return Uint8Array.from([...size, ...text, ...bytes])
  }
  it('is told by how it ends', () => {
    for (let end = 0; end < whole.length; end++) expect(() => decodeWire(whole.slice(0, end))).toThrow(SyntaxError)
    expect(() => decodeWire(Uint8Array.from([...whole, 0]))).toThrow(SyntaxError)
    expect(decodeWire(whole.buffer)).toEqual({ a: Uint8Array.of(1, 2, 3) })
  })
  it.each([
    ['no JSON', '{'],
    ['no object', '5'],
    ['no value', '{"parts":[]}'],
    ['no parts', '{"value":1}'],
    ['a part without a path', '{"value":null,"parts":[{"length":1}]}'],
    ['a path from elsewhere', '{"value":null,"parts":[{"path":["parts"],"length":1}]}'],
    ['a place that is taken', '{"value":{"a":1},"parts":[{"path":["value","a"],"length":1}]}'],
    ['a place that is inherited', '{"value":{},"parts":[{"path":["value","__proto__","x"],"length":1}]}'],
    ['a length below zero', '{"value":null,"parts":[{"path":["value"],"length":-1}]}'],
  ])('is refused with %s', (_what, header) => {
    expect(() => decodeWire(withHeader(header, [7]))).toThrow(SyntaxError)
  })
  it('is refused with a header that is no UTF-8', () => {
    expect(() => decodeWire(Uint8Array.of(1, 0, 0, 0, 0xff))).toThrow(SyntaxError)
  })
})
