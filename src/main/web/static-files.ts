/** The built screens as files by path. A path that leads out of their folder, by dots or by a link, is no file. */
import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

export interface StaticFile {
  readonly path: string
  readonly size: number
  readonly headers: Readonly<Record<string, string>>
}

/** The file at an address's path below `root`, or null. `/` is the page itself. */
export async function staticFile(root: string, pathname: string): Promise<StaticFile | null> {
  const name = plainName(pathname)
  if (name === null) return null
  try {
    const home = await realpath(root)
    const path = await realpath(join(home, name))
    if (!path.startsWith(home + sep)) return null
    const { size, isFile } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }))
    const type = TYPES[extname(path).toLowerCase()]
    if (!isFile || !type) return null
    // The bundler puts a hash of their content into the names of assets.
    const cache = name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache'
    return { path, size, headers: { 'Content-Type': type, 'Content-Length': String(size), 'Cache-Control': cache } }
  } catch {
    return null
  }
}

/** Decodes a path once; null for one that has no place below a root on any system. */
export function plainName(pathname: string): string | null {
  let name: string
  try {
    name = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (!name.startsWith('/')) return null
  if (name === '/') return 'index.html'
  const parts = name.slice(1).split('/')
  // Characters that Windows gives a meaning to are in no name the bundler makes.
  const fine = parts.every((part) => part !== '' && part !== '.' && part !== '..' && /^[\w@.+-]+$/.test(part))
  return fine ? parts.join('/') : null
}
