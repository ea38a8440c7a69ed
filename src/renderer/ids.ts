/** Ids made in this window, 128 bits of chance as 32 hexadecimal digits: layers of documents, tasks, the window itself. */
export const newId = (): string =>
  // Not randomUUID: browsers have that for secure pages alone, and `tandem serve --insecure` is none.
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
