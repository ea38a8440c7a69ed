/** `1.3 GB`, `240 MB`: decimal units, two digits that count. */
export function bytesInWords(bytes: number): string {
  if (bytes >= 9.95e9) return `${Math.round(bytes / 1e9)} GB`
  if (bytes >= 0.95e9) return `${(bytes / 1e9).toFixed(1)} GB`
  return bytes >= 0.95e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`
}
