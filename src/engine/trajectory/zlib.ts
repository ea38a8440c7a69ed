/** Node's raw deflate as the trajectory codec wants it: bounded when it unpacks. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Compression } from '../../shared/trajectory-codec.ts'

export const nodeCompression: Compression = {
  deflate: (bytes) => deflateRawSync(bytes, { level: 9 }),
  inflate: (bytes, maxBytes) => inflateRawSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }),
}
