/** The two 8-bit floats of safetensors, by all of their values. */

/** `exponent` and `mantissa` in bits; `infinities`: whether the largest exponent is theirs and that of NaN. */
const formats = {
  float8e4m3: { exponent: 4, mantissa: 3, infinities: false },
  float8e5m2: { exponent: 5, mantissa: 2, infinities: true },
} as const
export type Float8 = keyof typeof formats

export const isFloat8 = (dtype: string): dtype is Float8 => Object.hasOwn(formats, dtype)

/** What each of the 256 bytes means. */
export function float8Values(dtype: Float8): Float32Array {
  const { exponent, mantissa, infinities } = formats[dtype]
  const bias = 2 ** (exponent - 1) - 1
  const top = 2 ** exponent - 1
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const sign = byte >= 128 ? -1 : 1
    const e = (byte & 127) >> mantissa
    const m = byte & (2 ** mantissa - 1)
    if (e === top && infinities) return m === 0 ? sign * Infinity : NaN
    // Without infinities one value alone is no number.
    if (e === top && m === 2 ** mantissa - 1) return NaN
    const part = m / 2 ** mantissa
    return sign * (e === 0 ? part * 2 ** (1 - bias) : (1 + part) * 2 ** (e - bias))
  })
}
