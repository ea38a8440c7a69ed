/** Several files as one: a zip in memory. */
import { zip, type AsyncZippable } from 'fflate'

export const packed = (files: AsyncZippable): Promise<Uint8Array> =>
  new Promise((resolve, reject) => zip(files, (error, data) => (error ? reject(error) : resolve(data))))
