/**
 * Takes a key out of what an endpoint says, before anything of it is parsed, kept or shown: an endpoint that repeats its
 * request must not carry the key into a cache, a report or a log. It is found in plain, in any case, escaped as JSON at
 * any usual depth, URL-encoded, and in base64 wherever it stands there. An endpoint that wants to hide it in another way
 * can: it has the key.
 */

/** A shorter key is a placeholder ("none", "x") whose letters stand in ordinary words: it goes from an echoed header alone. */
const SHORTEST_SECRET = 8
const SCRUBBED = '***'

/** A function that replaces every form of `key` in a text; without a key the text stays. Linear in the text's length. */
export function keyScrubber(key: string | undefined): (text: string) => string {
  if (!key) return (text) => text
  if (key.length < SHORTEST_SECRET) {
    const header = new RegExp(`(bearer\\s+)${[...key].map(anyForm).join('')}(?![\\w-])`, 'gi')
    return (text) => text.replace(header, `$1${SCRUBBED}`)
  }
  const forms = [key, ...base64Cores(key)].map((form) => [...form].map(anyForm).join(''))
  const anywhere = new RegExp(forms.join('|'), 'gi')
  return (text) => text.replace(anywhere, SCRUBBED)
}

/**
 * A pattern for one character as it stands in plain text, JSON in JSON, a URL, or the URL-safe alphabet of base64. Repeats
 * are bounded, so that no text makes the search slow.
 */
function anyForm(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
  const plain = character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  const written = character === '\\' ? '\\\\{1,8}' : `"/'`.includes(character) ? `\\\\{0,8}${plain}` : plain
  const inUrls = { '+': '|-', '/': '|_' }[character] ?? ''
  return `(?:${written}|\\\\{1,8}u00${hex}|%(?:25){0,3}${hex}${inUrls})`
}

/** What of the key's base64 is the same whatever stands around it: one for each place it can have among three bytes. */
function base64Cores(key: string): string[] {
  const bytes = Buffer.from(key)
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const whole = Math.floor(((offset + bytes.length) * 8) / 6)
    return text.slice(Math.ceil((offset * 8) / 6), whole)
  })
}
