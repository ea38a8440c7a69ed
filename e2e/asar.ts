/** Writes Electron's archive format, as far as a starter of two files needs it. */

/** An archive of text files at its top level. */
export function packArchive(files: Readonly<Record<string, string>>): Buffer {
  const contents = Object.entries(files).map(([name, text]) => ({ name, bytes: Buffer.from(text) }))
  const entries: Record<string, { size: number; offset: string }> = {}
  let offset = 0
  for (const { name, bytes } of contents) {
    entries[name] = { size: bytes.length, offset: String(offset) }
    offset += bytes.length
  }
  const header = Buffer.from(JSON.stringify({ files: entries }))
  const padded = Buffer.alloc(Math.ceil(header.length / 4) * 4)
  header.copy(padded)
  // Two of Chromium's pickles: the size of the second one, then the header with its length.
  return Buffer.concat([
    uint32(4, padded.length + 8, padded.length + 4, header.length),
    padded,
    ...contents.map((file) => file.bytes),
  ])
}

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4))
  return bytes
}
