import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TandemError } from './errors.ts'
import { asciiJson, ByteReader, ByteWriter, crc32 } from './trajectory-bytes.ts'
import { decodeTrajectory, encodeTrajectory, migrate, type Compression } from './trajectory-codec.ts'
import { chance, randomRun, testHeader, type RunShape } from './trajectory-fixtures.ts'
import { canonicalTrajectory, frame } from './trajectory-frame.ts'
import { BadTrajectory, type Trajectory } from './trajectory.ts'

/** Sections stored as they are: whatever a fuzzer changes reaches the readers behind the compression. */
const stored: Compression = { deflate: (bytes) => bytes, inflate: (bytes) => bytes }

const shapes: fc.Arbitrary<RunShape> = fc.record({
  seed: fc.nat(),
  length: fc.integer({ min: 1, max: 40 }),
  steps: fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 12 }) }, { weight: 1, arbitrary: fc.constant(300) }),
  vocabSize: fc.constantFrom(2, 300, 65535, 65536, 134656, 2 ** 24 + 5, 2 ** 31 - 1),
  remaskRate: fc.constantFrom(0, 0.1, 0.6),
  editRate: fc.constantFrom(0, 0.05),
})

function sealed(bytes: Uint8Array): Uint8Array {
  const out = new ByteWriter()
  out.append(bytes.subarray(0, -4))
  out.uint(crc32(bytes.subarray(0, -4)), 4)
  return out.finish()
}

/** Only a TandemError or a trajectory may come of any bytes. */
function readsOrRefuses(bytes: Uint8Array): Trajectory | undefined {
  try {
    return decodeTrajectory(bytes, stored, 'run.tdm')
  } catch (error) {
    expect(error).toBeInstanceOf(TandemError)
    return undefined
  }
}

describe('the compacted form', () => {
  test('gives back what went in, and every frame equals a naive replay', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { trajectory, snapshots } = randomRun(shape)
        const back = decodeTrajectory(encodeTrajectory(trajectory, stored), stored)
        expect(back).toEqual(canonicalTrajectory(trajectory))
        expect(encodeTrajectory(back, stored)).toEqual(encodeTrajectory(trajectory, stored))
        const ks = shape.steps > 20 ? [0, 1, shape.steps] : snapshots.keys()
        for (const k of ks) {
          const f = frame(back, k)
          expect(snapshots[k]).toEqual(
            Array.from(f.tokens, (t, p) => [
              t,
              f.confidence[p],
              f.committedAt[p],
              f.candidates[p],
              f.candidateConfidence[p],
              f.pinned[p],
            ]),
          )
        }
      }),
      { numRuns: 60 },
    )
  })
  test('does not depend on the order in which a header was put together', () => {
    const header = testHeader({
      id: 'a',
      createdAt: '2026-01-02T03:04:05Z',
      region: [0, 3],
      parent: { hash: 'abcdef01', step: 3 },
    })
    const reversed = Object.fromEntries(Object.entries(header).reverse()) as typeof header
    const encode = (h: typeof header): Uint8Array => encodeTrajectory({ header: h, steps: [], events: [] }, stored)
    expect(encode(reversed)).toEqual(encode(header))
    expect(decodeTrajectory(encode(header), stored).header).toEqual(header)
  })
  test('refuses to write what makes no sense, as a defect of ours', () => {
    const broken: Trajectory = { header: testHeader({ length: 3 }), steps: [], events: [] }
    expect(() => encodeTrajectory(broken, stored)).toThrow(
      expect.objectContaining({ name: 'TandemError', kind: 'internal' }),
    )
  })
})

describe('bytes that are not what they should be', () => {
  const bytes = encodeTrajectory(
    randomRun({ seed: 5, length: 20, steps: 6, vocabSize: 70000, remaskRate: 0.2, editRate: 0.1 }).trajectory,
    stored,
  )
  test('cut at any byte are refused', () => {
    for (let n = 0; n < bytes.length; n++) expect(readsOrRefuses(bytes.subarray(0, n))).toBeUndefined()
  })
  test('changed in one byte are refused', () => {
    for (let n = 0; n < bytes.length; n++) {
      const changed = bytes.slice()
      changed[n]! ^= 0x41
      expect(readsOrRefuses(changed)).toBeUndefined()
    }
  })
  test('changed behind a correct checksum never fail in another way', () => {
    const random = chance(11)
    for (let round = 0; round < 4000; round++) {
      const changed = bytes.slice()
      for (let hits = 1 + Math.floor(random() * 3); hits > 0; hits--) {
        changed[4 + Math.floor(random() * (bytes.length - 8))] = [0, 255, 127, 128, Math.floor(random() * 256)][
          Math.floor(random() * 5)
        ]!
      }
      readsOrRefuses(sealed(changed))
    }
  })
  test('of pure chance never fail in another way', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => void readsOrRefuses(noise)))
    const magic = [...'TDM1'].map((c) => c.charCodeAt(0))
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 200 }),
        (n) => void readsOrRefuses(sealed(Uint8Array.of(...magic, 1, 0, ...n))),
      ),
    )
  })
  test('from a newer version are refused in plain words', () => {
    const newer = bytes.slice()
    newer[4] = 9
    expect(() => decodeTrajectory(newer, stored, 'run.tdm')).toThrow(
      'run.tdm was written by a newer version of Tandem (format 9; this one reads up to 1).',
    )
  })
  test('that claim an enormous size are refused before anything is allocated', () => {
    for (const [at, what] of [
      [8, 'length'],
      [12, 'steps'],
      [16, 'header'],
    ] as const) {
      const claim = bytes.slice()
      claim.set([0xff, 0xff, 0xff, 0x7f], at)
      expect(readsOrRefuses(sealed(claim)), what).toBeUndefined()
    }
    const json = new ByteReader(bytes.subarray(16)).uint(4)
    const claim = bytes.slice()
    claim.set([0xff, 0xff, 0xff, 0x7f], 20 + json)
    const compression: Compression = { ...stored, inflate: () => expect.fail('must not be asked') }
    expect(() => decodeTrajectory(sealed(claim), compression)).toThrow(/impossible size/)
  })
})

test('migrations run one after the other, and a missing one is noticed', () => {
  const raw = { header: 'old', steps: [], events: [] }
  const seen = migrate(raw, 0, { 0: (r) => ({ ...r, header: `${String(r.header)} to 1` }) })
  expect(seen.header).toBe('old to 1')
  expect(() => migrate(raw, 0, {})).toThrow(BadTrajectory)
  expect(migrate(raw, 1, {})).toBe(raw)
})

test('numbers of every width survive', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffffffff })), (values) => {
      const out = new ByteWriter()
      for (const v of values) {
        out.varint(v)
        out.uint(v, 4)
      }
      out.planes(values, 4)
      const reader = new ByteReader(out.finish())
      for (const v of values) expect([reader.varint(), reader.uint(4)]).toEqual([v, v])
      expect(reader.planes(values.length, 4)).toEqual(values)
      reader.end()
    }),
  )
  expect(crc32(Uint8Array.from('123456789', (c) => c.charCodeAt(0)))).toBe(0xcbf43926)
  expect(JSON.parse(asciiJson({ a: 'é\u{1f989}\u007f' }))).toEqual({ a: 'é\u{1f989}\u007f' })
})
