/**
 * Operations on a mask: one grey byte a pixel, white may change. All of them are pure and take time in proportion to the
 * pixels, whatever the radius.
 */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

/** Above this a pixel counts as white: the rule of the engine. */
export const WHITE = 127

export const blankPlane = (width: number, height: number): Plane => ({
  width,
  height,
  data: new Uint8ClampedArray(width * height),
})

const like = (plane: Plane, data: Uint8ClampedArray): Plane => ({ width: plane.width, height: plane.height, data })

export function invertPlane(plane: Plane): Plane {
  const data = new Uint8ClampedArray(plane.data.length)
  for (let i = 0; i < data.length; i++) data[i] = 255 - plane.data[i]!
  return like(plane, data)
}

/**
 * Widens the white by `by` pixels in a circle, or narrows it where `by` is negative. Whatever lies past the edge of the
 * plane has no say, so an all-white mask stays all white. The result has hard edges at whole pixels.
 */
export function growPlane(plane: Plane, by: number): Plane {
  if (by === 0) return plane
  const outwards = by > 0
  const squared = squaredDistances(plane, (value) => value > WHITE === outwards)
  const data = new Uint8ClampedArray(plane.data.length)
  const limit = by * by
  for (let i = 0; i < data.length; i++) data[i] = squared[i]! <= limit === outwards ? 255 : 0
  return like(plane, data)
}

const FAR = 1e12

/**
 * For every pixel the squared distance, pixel centre to pixel centre, to the nearest pixel that `isSource` (Felzenszwalb
 * and Huttenlocher: the lower envelope of parabolas, rows after columns).
 */
export function squaredDistances(plane: Plane, isSource: (value: number) => boolean): Float64Array {
  const { width, height, data } = plane
  const field = new Float64Array(width * height)
  for (let i = 0; i < field.length; i++) field[i] = isSource(data[i]!) ? 0 : FAR
  const longest = Math.max(width, height)
  const line = new Float64Array(longest)
  const hull = new Int32Array(longest)
  const from = new Float64Array(longest + 1)
  for (let x = 0; x < width; x++) lowerEnvelope(field, x, width, height, line, hull, from)
  for (let y = 0; y < height; y++) lowerEnvelope(field, y * width, 1, width, line, hull, from)
  return field
}

function lowerEnvelope(
  field: Float64Array,
  start: number,
  stride: number,
  count: number,
  line: Float64Array,
  hull: Int32Array,
  from: Float64Array,
): void {
  for (let i = 0; i < count; i++) line[i] = field[start + i * stride]!
  let k = 0
  hull[0] = 0
  from[0] = -Infinity
  from[1] = Infinity
  for (let q = 1; q < count; q++) {
    let cut = meeting(line, q, hull[k]!)
    while (cut <= from[k]!) cut = meeting(line, q, hull[--k]!)
    hull[++k] = q
    from[k] = cut
    from[k + 1] = Infinity
  }
  k = 0
  for (let q = 0; q < count; q++) {
    while (from[k + 1]! < q) k++
    const apart = q - hull[k]!
    field[start + q * stride] = Math.min(FAR, apart * apart + line[hull[k]!]!)
  }
}

/** Where the parabolas over p and q meet. */
const meeting = (line: Float64Array, q: number, p: number): number =>
  (line[q]! + q * q - (line[p]! + p * p)) / (2 * q - 2 * p)

/** Softens edges: three box blurs, which together are close to a Gaussian that reaches `radius` pixels each way. */
export function featherPlane(plane: Plane, radius: number): Plane {
  const reach = Math.round(radius)
  if (reach < 1) return plane
  const radii = [0, 1, 2].map((i) => Math.floor((reach + i) / 3)).filter((r) => r > 0)
  let { data } = plane
  for (const r of radii) {
    data = blurLines(data, plane.height, plane.width, plane.width, 1, r)
    data = blurLines(data, plane.width, plane.height, 1, plane.width, r)
  }
  return like(plane, data)
}

/** A running mean along lines; the last pixel goes on past the edge, so an even plane stays even. */
function blurLines(
  source: Uint8ClampedArray,
  lines: number,
  count: number,
  lineStride: number,
  stride: number,
  radius: number,
): Uint8ClampedArray {
  const target = new Uint8ClampedArray(source.length)
  const share = 1 / (2 * radius + 1)
  for (let line = 0; line < lines; line++) {
    const base = line * lineStride
    const at = (i: number): number => source[base + (i < 0 ? 0 : i >= count ? count - 1 : i) * stride]!
    let sum = 0
    for (let i = -radius; i <= radius; i++) sum += at(i)
    for (let i = 0; i < count; i++) {
      target[base + i * stride] = sum * share
      sum += at(i + radius + 1) - at(i - radius)
    }
  }
  return target
}

/** The part of a plane in a box of whole pixels; black outside. */
export function cropPlane(plane: Plane, x: number, y: number, width: number, height: number): Plane {
  const data = new Uint8ClampedArray(width * height)
  const left = Math.max(0, -x)
  const right = Math.min(width, plane.width - x)
  for (let row = Math.max(0, -y); row < Math.min(height, plane.height - y); row++) {
    if (right <= left) break
    const start = (row + y) * plane.width + x
    data.set(plane.data.subarray(start + left, start + right), row * width + left)
  }
  return { width, height, data }
}
