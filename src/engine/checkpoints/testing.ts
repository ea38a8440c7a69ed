/** For tests: the parity data, and files damaged on purpose. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export const parityFolder = (name: string): string => fileURLToPath(new URL(`parity/${name}`, import.meta.url))

export async function readJsonFile<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

/** A .npy of float32 in C order. */
export async function readNpy(path: string): Promise<{ shape: number[]; data: Float32Array }> {
  const bytes = await readFile(path)
  const length = bytes.readUInt16LE(8)
  const header = bytes.subarray(10, 10 + length).toString('latin1')
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) throw new Error(header)
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((text) => text.trim() !== '')
    .map(Number)
  const body = bytes.subarray(10 + length)
  return { shape, data: new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length)) }
}

/** Largest difference as a share of the largest expected number: 1e-4 is the bar. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Infinity
  let worst = 0
  let largest = 0
  expected.forEach((value, i) => {
    const error = Math.abs(found[i]! - value)
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
    largest = Math.max(largest, Math.abs(value))
  })
  return worst / largest
}

export const PARITY = 1e-4
