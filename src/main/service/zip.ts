/** Several files as one: a zip in memory, or one that is made while it is written. */
import { zip, Zip, ZipDeflate, ZipPassThrough, type AsyncZippable } from 'fflate'

export const packed = (files: AsyncZippable): Promise<Uint8Array> =>
  new Promise((resolve, reject) => zip(files, (error, data) => (error ? reject(error) : resolve(data))))

export interface ZipPart {
  readonly name: string
  readonly bytes: Uint8Array
  /** Pictures and trajectories are packed already. */
  readonly deflate: boolean
}

/** The bytes of a zip of these parts, of which one at a time is held. */
export async function* zipped(parts: AsyncIterable<ZipPart>): AsyncGenerator<Uint8Array> {
  const made: Uint8Array[] = []
  const archive = new Zip((error, data) => {
    if (error) throw error
    made.push(data)
  })
  for await (const { name, bytes, deflate } of parts) {
    const file = deflate ? new ZipDeflate(name, { level: 6 }) : new ZipPassThrough(name)
    archive.add(file)
    file.push(bytes, true)
    yield* made.splice(0)
  }
  archive.end()
  yield* made.splice(0)
}
