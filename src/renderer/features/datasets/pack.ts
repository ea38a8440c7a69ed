/**
 * A folder on its way to the studio: its files as one tar, made of pieces that are read from the disk only when they are
 * sent. Names beyond 100 bytes of ASCII stand in a record of their own before the file (POSIX pax).
 */
export interface PackedFile {
  /** Path below the folder, with slashes. */
  readonly name: string
  readonly content: Blob
}

const BLOCK = 512
const text = new TextEncoder()

const padding = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)

function header(name: string, size: number, type: '0' | 'x'): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(BLOCK)
  const put = (value: string, at: number): void => head.set(text.encode(value), at)
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')
  put(name, 0)
  put(octal(0o644, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(size, 11), 124)
  put(octal(0, 11), 136)
  // The checksum is counted with blanks in its place.
  put('        ', 148)
  put(type, 156)
  put('ustar\u000000', 257)
  put(
    `${octal(
      head.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  )
  return head
}

/** "LENGTH path=NAME\n", where the length counts itself. */
function paxRecord(name: string): Uint8Array<ArrayBuffer> {
  const tail = text.encode(` path=${name}\n`)
  let length = tail.length
  while (length !== tail.length + String(length).length) length = tail.length + String(length).length
  return text.encode(`${length} path=${name}\n`)
}

/** The files as a tar. Nothing of them is in memory. */
export function packFolder(files: readonly PackedFile[]): Blob {
  const pieces: BlobPart[] = []
  for (const { name, content } of files) {
    const plain = /^[\x20-\x7e]{1,99}$/.test(name)
    if (!plain) {
      const record = paxRecord(name)
      pieces.push(header('pax', record.length, 'x'), record, padding(record.length))
    }
    pieces.push(header(plain ? name : 'file', content.size, '0'), content, padding(content.size))
  }
  return new Blob([...pieces, new Uint8Array(2 * BLOCK)])
}

/** Files no set needs: hidden ones and what desktops leave behind. */
export const isLitter = (name: string): boolean => /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db)(\/|$)/.test(name)
