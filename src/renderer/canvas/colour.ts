/** Colours as a picker needs them: hue, saturation and value, and the "#rrggbb" a document stores. Pure. */
export interface Hsv {
  /** Degrees, 0 <= h < 360. */
  readonly h: number
  /** 0..1 */
  readonly s: number
  /** 0..1 */
  readonly v: number
}

export function hsvToHex({ h, s, v }: Hsv): string {
  const channel = (n: number): string => {
    const k = (n + h / 60) % 6
    const value = v - v * s * Math.max(0, Math.min(k, 4 - k, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(5)}${channel(3)}${channel(1)}`
}

/** `kept` gives the hue and saturation that a grey or black does not have. */
export function hexToHsv(hex: string, kept: Pick<Hsv, 'h' | 's'> = { h: 0, s: 0 }): Hsv {
  const value = parseInt(hex.slice(1), 16)
  const r = ((value >> 16) & 255) / 255
  const g = ((value >> 8) & 255) / 255
  const b = (value & 255) / 255
  const v = Math.max(r, g, b)
  const chroma = v - Math.min(r, g, b)
  if (v === 0) return { ...kept, v }
  if (chroma === 0) return { h: kept.h, s: 0, v }
  const h = v === r ? ((g - b) / chroma + 6) % 6 : v === g ? (b - r) / chroma + 2 : (r - g) / chroma + 4
  return { h: h * 60, s: chroma / v, v }
}

/** What a person types as a colour: with or without #, three digits or six. Null where it is none. */
export function parseHex(text: string): string | null {
  const digits = text.trim().replace(/^#/, '').toLowerCase()
  if (/^[0-9a-f]{6}$/.test(digits)) return `#${digits}`
  if (/^[0-9a-f]{3}$/.test(digits)) return `#${[...digits].map((d) => d + d).join('')}`
  return null
}

/** The colour put first among the recent ones, each once, at most `most`. */
export const withRecent = (recent: readonly string[], colour: string, most = 12): string[] =>
  [colour, ...recent.filter((other) => other !== colour)].slice(0, most)
