/** What a file is, by its first bytes. Names and claims of a sender are not asked. */
const signatures: readonly (readonly [type: string, offset: number, bytes: readonly number[]])[] = [
  ['image/png', 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['image/jpeg', 0, [0xff, 0xd8, 0xff]],
  ['image/gif', 0, [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', 8, [0x57, 0x45, 0x42, 0x50]],
  ['application/zip', 0, [0x50, 0x4b, 0x03, 0x04]],
]

/** Only types a browser may show are named; everything else is bytes, so that nothing uploaded can run as a page. */
export function sniffType(head: Uint8Array): string {
  const found = signatures.find(([, offset, bytes]) => bytes.every((byte, i) => head[offset + i] === byte))
  return found?.[0] ?? 'application/octet-stream'
}
