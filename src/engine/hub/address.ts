/** What a person wrote, as a place on a host; and paths a host names, as paths below a folder. Pure. */
import { TandemError } from '../../shared/errors.ts'
import type { HubAddress } from '../../shared/hub.ts'

export interface HubPlace {
  /** Origin, and a path prefix where a mirror has one; without a slash at its end. */
  readonly base: URL
  readonly repository: string
  readonly revision: string
  readonly folder: string
}

const NAME = /^[\w][\w.-]{0,95}$/

/** `owner/name[/folder]`, or a page's URL with `tree/REVISION/FOLDER`. Throws a TandemError for anything else. */
export function placeOf({ repository, host, revision }: HubAddress): HubPlace {
  const page = /^https?:\/\//i.test(repository) ? hostUrl(repository) : null
  const base = page ? new URL(page.origin) : hostUrl(host)
  const parts = (page ? decoded(page.pathname) : repository).split('/').filter((part) => part !== '')
  if (parts[0] === 'models') parts.shift()
  const [owner, name, ...rest] = parts
  if (!owner || !name || !NAME.test(owner) || !NAME.test(name) || name.includes('..') || owner.includes('..'))
    throw new TandemError(
      `"${repository.slice(0, 100)}" names no repository.`,
      'Write OWNER/NAME as on the page of the model, or the address of that page.',
    )
  const inside = page && (rest[0] === 'tree' || rest[0] === 'blob' || rest[0] === 'resolve') ? rest.slice(1) : null
  const folder = inside ? inside.slice(1) : rest
  const place = folder.join('/')
  if (place !== '') safePath(place)
  return { base, repository: `${owner}/${name}`, revision: revision ?? inside?.[0] ?? 'main', folder: place }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** A host a person named. Throws for one that is none, or that would put a secret into an address. */
export function hostUrl(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new TandemError(
      `"${text.slice(0, 100)}" is not the address of a host.`,
      'Write one like https://huggingface.co.',
    )
  if (url.username || url.password || url.search)
    throw new TandemError('The address of the host holds credentials or a query.', 'Set TANDEM_HUB_TOKEN instead.')
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** Names no system makes a file of, or that mean a device on one. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** The parts of a path below a folder. Throws for one that leads out of it, or that some system reads otherwise. */
export function safePath(path: string): string[] {
  const parts = path.split('/')
  const bad = parts.some(
    (part) =>
      part === '' ||
      part === '.' ||
      part === '..' ||
      part.length > 200 ||
      // eslint-disable-next-line no-control-regex -- control characters are what is refused
      /[\u0000-\u001f\\:*?"<>|]/.test(part) ||
      /[. ]$/.test(part) ||
      RESERVED.test(part),
  )
  if (bad || parts.length > 16)
    throw new TandemError(
      `The host names a file "${path.slice(0, 120)}", which leads out of its folder or is no file name.`,
      'Nothing was downloaded. Report it to the host; do not use this repository.',
    )
  return parts
}
