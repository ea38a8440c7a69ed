/** What every answer of either host says about itself: the same rules in Electron and in a browser. */

/**
 * Nothing but our own files runs or loads. Styles that scripts set on elements are no inline styles to a policy, so none
 * are allowed; `blob:` and `data:` are pictures the screens made themselves.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A blob is data, whatever is in it: opened as a page it can do nothing. */
const blobSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

const always = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const

/** For pages and what belongs to them. */
export const pageHeaders: Readonly<Record<string, string>> = {
  ...always,
  'Content-Security-Policy': contentSecurityPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), midi=(), payment=()',
}

/** Types that a page may show; anything else is bytes to be saved. */
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif'])

/** For a stored blob; with a name it is a file to be saved under it. */
export function blobHeaders(type: string, size: number, name: string | null): Record<string, string> {
  const shown = SHOWN.has(type)
  return {
    ...always,
    'Content-Type': shown ? type : 'application/octet-stream',
    'Content-Length': String(size),
    'Content-Security-Policy': blobSecurityPolicy,
    // Its name is the hash of its content: it never changes.
    'Cache-Control': 'private, max-age=31536000, immutable',
    ...(name !== null || !shown ? { 'Content-Disposition': attachment(name) } : {}),
  }
}

/** RFC 6266: a plain name for old readers, the real one for the others. */
function attachment(name: string | null): string {
  if (name === null) return 'attachment'
  const safe = name.replace(/[\p{Cc}\p{Cf}/\\]/gu, '_').slice(0, 200)
  const plain = safe.replace(/[^\x20-\x7e]|["%]/g, '_')
  const encoded = encodeURIComponent(safe.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
