import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testHeader } from '../../shared/trajectory-fixtures.ts'
import { nearestMissing, pictureSteps, RasterCache } from './rasters-cache.ts'

const raster = (bytes: number): { width: number; height: number; rgb: Uint8Array } => ({
  width: 1,
  height: 1,
  rgb: new Uint8Array(bytes),
})

describe('the raster cache', () => {
  it('never holds more bytes than allowed, but for one picture larger than that', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 60 }))), (puts) => {
        const cache = new RasterCache(100)
        for (const [step, bytes] of puts) {
          cache.put('a', step, raster(bytes))
          expect(cache.bytes).toBeLessThanOrEqual(100)
          expect(cache.get('a', step)?.rgb.length).toBe(bytes)
        }
        const held = Array.from({ length: 10 }, (_, step) => cache.get('a', step)?.rgb.length ?? 0)
        expect(cache.bytes).toBe(held.reduce((a, b) => a + b, 0))
      }),
    )
    const small = new RasterCache(10)
    small.put('a', 1, raster(50))
    expect(small.has('a', 1)).toBe(true)
  })

  it('drops what was used longest ago, and a whole run when it is removed', () => {
    const cache = new RasterCache(30)
    for (const step of [1, 2, 3]) cache.put('a', step, raster(10))
    cache.get('a', 1)
    cache.put('b', 1, raster(10))
    expect([1, 2, 3].map((step) => cache.has('a', step))).toEqual([true, false, true])
    cache.forget('a')
    expect(cache.bytes).toBe(10)
  })
})

describe('asking for pictures', () => {
  it('takes equal pictures of neighbouring steps as one', () => {
    const none = { positions: [], tokens: [], confidence: [] }
    const one = (p: number): typeof none => ({ positions: [p], tokens: [1], confidence: [1] }) as never
    const header = testHeader({
      fields: [
        { name: 'outputImage', start: 0, length: 3, modality: 'image' },
        { name: 'outputText', start: 3, length: 3, modality: 'text' },
      ],
    })
    const steps = [
      { step: 1, commits: one(4), remasked: [], candidates: none, forwards: 1 },
      { step: 2, commits: one(0), remasked: [], candidates: none, forwards: 1 },
      { step: 3, commits: one(5), remasked: [], candidates: none, forwards: 1 },
      { step: 4, commits: none, remasked: [], candidates: none, forwards: 1 },
    ]
    expect(pictureSteps({ header, steps, events: [] })).toEqual([0, 0, 2, 2, 2])
    expect(pictureSteps({ header, steps, events: [{ kind: 'remask', step: 4, position: 0 }] })).toEqual([0, 0, 2, 2, 4])
  })

  it('goes outwards from where the person looks, ahead first', () => {
    const all = [0, 1, 2, 3, 4, 5, 6]
    expect(nearestMissing(3, all, () => false, 4)).toEqual([3, 4, 2, 5])
    expect(nearestMissing(3, all, (step) => step !== 0, 4)).toEqual([0])
    expect(nearestMissing(3, [0, 0, 2, 2, 2], () => false, 9)).toEqual([2, 0])
  })
})
