/** The one origin of the studio's pages in Electron, and what is compared with it. */
export const SCHEME = 'app'
export const ORIGIN = `${SCHEME}://studio`
export const HOME = `${ORIGIN}/`

/** A page of the studio itself. Node's URL gives custom schemes no origin, so the address is compared as text. */
export const isStudio = (url: string): boolean => url === ORIGIN || url.startsWith(HOME)
