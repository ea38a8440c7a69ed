/**
 * Messages of a WebSocket: JSON as text, or where a value holds bytes, a binary message: the length of the header
 * (4 bytes, little-endian), the header in UTF-8 ({"value": the value with null in place of bytes, "parts": [{"path":
 * [...], "length": n}, ...]}), then the bytes of all parts. A picture comes with every step of a run: as text inside the
 * JSON it would be a third larger, and most of a page's garbage. Electron's own channels carry bytes as they are.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean })
  decode(bytes: Uint8Array): string
}

export type WireMessage = string | Uint8Array<ArrayBuffer>

interface Part {
  /** From the root { value } to the place of the bytes. */
  readonly path: readonly (string | number)[]
  readonly length: number
}

const LENGTH_BYTES = 4

export function encodeWire(value: unknown): WireMessage {
  const parts: (Part & { bytes: Uint8Array })[] = []
  const without = takeBytes(value, ['value'], (path, bytes) => parts.push({ path, length: bytes.length, bytes }))
  if (parts.length === 0) return JSON.stringify(value)
  const header = new TextEncoder().encode(
    JSON.stringify({ value: without, parts: parts.map(({ path, length }) => ({ path, length })) }),
  )
  const message = new Uint8Array(parts.reduce((sum, { length }) => sum + length, LENGTH_BYTES + header.length))
  new DataView(message.buffer).setUint32(0, header.length, true)
  message.set(header, LENGTH_BYTES)
  let at = LENGTH_BYTES + header.length
  for (const { bytes } of parts) {
    message.set(bytes, at)
    at += bytes.length
  }
  return message
}

/** Throws a SyntaxError for what `encodeWire` does not write. */
export function decodeWire(message: string | Uint8Array | ArrayBuffer): unknown {
  if (typeof message === 'string') return JSON.parse(message) as unknown
  const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message
  if (bytes.length < LENGTH_BYTES) throw new SyntaxError('a binary message without a header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = LENGTH_BYTES + view.getUint32(0, true)
  if (at > bytes.length) throw new SyntaxError('a binary message that ends inside its header')
  const root = JSON.parse(headerText(bytes.subarray(LENGTH_BYTES, at))) as unknown
  for (const { path, length } of partsOf(root)) {
    if (at + length > bytes.length) throw new SyntaxError('a binary message that ends inside its bytes')
    // Each with memory of its own: a picture that is kept does not keep the message.
    putBytes(root, path, new Uint8Array(bytes.subarray(at, at + length)))
    at += length
  }
  if (at !== bytes.length) throw new SyntaxError('a binary message with bytes of no part')
  return (root as { value?: unknown }).value
}

function headerText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SyntaxError('a binary message whose header is no text')
  }
}

/** The value with null in place of bytes; what holds none is not copied. */
function takeBytes(
  value: unknown,
  path: (string | number)[],
  take: (path: readonly (string | number)[], bytes: Uint8Array) => void,
): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) {
    take([...path], value)
    return null
  }
  let copy: object | null = null
  const visit = (key: string | number, entry: unknown): void => {
    if (typeof entry !== 'object' || entry === null) return
    path.push(key)
    const without = takeBytes(entry, path, take)
    path.pop()
    if (without === entry) return
    copy ??= Array.isArray(value) ? [...(value as unknown[])] : { ...value }
    // Defined, not set: a key may be called __proto__.
    Object.defineProperty(copy, key, { value: without, enumerable: true })
  }
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) visit(i, value[i])
  else for (const key of Object.keys(value)) visit(key, (value as Record<string, unknown>)[key])
  return copy ?? value
}

function partsOf(root: unknown): readonly Part[] {
  const parts = isObject(root) && Object.hasOwn(root, 'value') ? root['parts'] : null
  if (!Array.isArray(parts) || !parts.every(isPart)) throw new SyntaxError('a binary message without its parts')
  return parts
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const isPart = (part: unknown): part is Part =>
  isObject(part) &&
  Array.isArray(part['path']) &&
  part['path'][0] === 'value' &&
  Number.isSafeInteger(part['length']) &&
  (part['length'] as number) >= 0

function putBytes(root: unknown, path: Part['path'], bytes: Uint8Array): void {
  let place = root
  for (const key of path.slice(0, -1)) place = isObject(place) && Object.hasOwn(place, key) ? place[key] : null
  const last = path.at(-1)!
  if (!isObject(place) || !Object.hasOwn(place, last) || place[last] !== null)
    throw new SyntaxError('a binary message with bytes for no place')
  Object.defineProperty(place, last, { value: bytes })
}
