import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSample, simplify, tracePolygon, traceStroke, type PathSink } from './stroke.ts'

const line = fc
  .array(fc.integer({ min: -200, max: 200 }), { minLength: 2, maxLength: 80 })
  .map((v) => v.slice(0, v.length & ~1))

function distance(px: number, py: number, points: readonly number[]): number {
  let least = Infinity
  for (let i = 0; i + 3 < points.length || i === 0; i += 2) {
    const [ax, ay] = [points[i]!, points[i + 1]!]
    const [bx, by] = [points[i + 2] ?? ax, points[i + 3] ?? ay]
    const squared = (bx - ax) ** 2 + (by - ay) ** 2
    const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / squared))
    least = Math.min(least, Math.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay)))
    if (points.length <= 2) break
  }
  return least
}

/** Records what is traced. */
function recorder(): PathSink & { readonly calls: (string | number)[][] } {
  const calls: (string | number)[][] = []
  return {
    calls,
    moveTo: (x, y) => calls.push(['M', x, y]),
    lineTo: (x, y) => calls.push(['L', x, y]),
    quadraticCurveTo: (cx, cy, x, y) => calls.push(['Q', cx, cy, x, y]),
    closePath: () => calls.push(['Z']),
  }
}

test('a simpler line keeps its ends, and leaves no point further off than it may', () => {
  fc.assert(
    fc.property(line, fc.double({ min: 0, max: 20, noNaN: true }), (points, tolerance) => {
      const fewer = simplify(points, tolerance)
      expect(fewer.slice(0, 2)).toEqual(points.slice(0, 2))
      expect(fewer.slice(-2)).toEqual(points.slice(-2))
      expect(fewer.length).toBeLessThanOrEqual(points.length)
      for (let i = 0; i < points.length; i += 2)
        expect(distance(points[i]!, points[i + 1]!, fewer)).toBeLessThanOrEqual(tolerance + 1e-9)
    }),
  )
})

test('samples on the spot are not kept', () => {
  const points = [0, 0]
  expect(addSample(points, { x: 0.3, y: 0.3 }, 1)).toBe(false)
  expect(addSample(points, { x: 1.234567, y: 0 }, 1)).toBe(true)
  expect(points).toEqual([0, 0, 1.23, 0])
})

test('a single press is a dot', () => {
  const sink = recorder()
  traceStroke(sink, [5, 6])
  expect(sink.calls[0]).toEqual(['M', 5, 6])
  expect(sink.calls[1]?.[0]).toBe('L')
})

test('a stroke begins at its first point and ends at its last', () => {
  fc.assert(
    fc.property(line, (points) => {
      const sink = recorder()
      traceStroke(sink, points)
      expect(sink.calls[0]?.slice(1)).toEqual(points.slice(0, 2))
      if (points.length > 2) expect(sink.calls.at(-1)?.slice(-2)).toEqual(points.slice(-2))
    }),
  )
})

test('a polygon is closed', () => {
  const sink = recorder()
  tracePolygon(sink, [0, 0, 4, 0, 4, 4])
  expect(sink.calls).toEqual([['M', 0, 0], ['L', 4, 0], ['L', 4, 4], ['Z']])
})
