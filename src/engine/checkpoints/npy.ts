/** NumPy's .npy, version 1.0: a magic word, a header padded to 64 bytes, then float32 in C order. */

export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((n, dim) => n * dim, 1)
  if (count !== data.length) throw new Error(`${data.length} numbers are not [${shape.join(', ')}]`)
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`
  const padded = text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 10 - 1) + '\n'
  const head = new Uint8Array(10 + padded.length)
  head.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8])
  head.set(new TextEncoder().encode(padded), 10)
  const out = new Uint8Array(head.length + data.byteLength)
  out.set(head)
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), head.length)
  return out
}
