import { TandemError } from './errors.ts'

/** The most a file may hold that comes in or goes out, project files among them: what is exported can be imported. */
export const MAX_FILE_BYTES = 2 ** 31

/** Refuses a file with more than `limit` bytes. */
export function tooLarge(limit: number): TandemError {
  const words = limit >= 2 ** 30 ? `${Math.floor(limit / 2 ** 30)} GB` : `${Math.floor(limit / 2 ** 20)} MB`
  return new TandemError(`The file is larger than ${words}.`, 'Choose a smaller one.')
}

/** `1.3 GB`, `240 MB`: decimal units, two digits that count. */
export function bytesInWords(bytes: number): string {
  if (bytes >= 9.95e9) return `${Math.round(bytes / 1e9)} GB`
  if (bytes >= 0.95e9) return `${(bytes / 1e9).toFixed(1)} GB`
  return bytes >= 0.95e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`
}
