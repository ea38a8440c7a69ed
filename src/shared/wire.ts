/**
 * JSON with bytes, for transports that carry text (a WebSocket): a Uint8Array travels as {"$bytes": base64}. Electron's
 * own channels carry bytes as they are and need none of this.
 */
const KEY = '$bytes'

declare const btoa: (text: string) => string
declare const atob: (text: string) => string
/** Newer engines do it themselves; a picture comes with every step. */
const native = Uint8Array as unknown as { readonly fromBase64?: (packed: string) => Uint8Array }

export function encodeWire(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    entry instanceof Uint8Array ? { [KEY]: toBase64(entry) } : entry,
  )
}

/** Throws a SyntaxError for text that is not JSON. */
export function decodeWire(text: string): unknown {
  return JSON.parse(text, (_, entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !(KEY in entry)) return entry
    const packed = entry[KEY]
    return typeof packed === 'string' && Object.keys(entry).length === 1 ? fromBase64(packed) : entry
  }) as unknown
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(text)
}

function fromBase64(packed: string): Uint8Array {
  if (native.fromBase64) return native.fromBase64(packed)
  const text = atob(packed)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
