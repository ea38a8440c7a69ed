/**
 * The page says which theme it has before its first paint: a window that opens light and turns dark a moment later flashes.
 * Policy allows no inline script, so it is an attribute of the page as it is served.
 */
import { readFile } from 'node:fs/promises'
import type { Preferences } from '../../shared/studio.ts'
import type { StaticFile } from './static-files.ts'

/** The page with its theme; `system` leaves it to the style sheet, which asks the browser. */
export const withTheme = (html: string, theme: Preferences['theme']): string =>
  theme === 'system' ? html : html.replace(/<html(?=[\s>])/, `<html data-theme="${theme}"`)

export const isPage = (file: StaticFile): boolean => file.path.endsWith('.html')

/** A page's bytes and headers. */
export async function pageOf(
  file: StaticFile,
  theme: Preferences['theme'],
): Promise<{ readonly body: Buffer; readonly headers: Readonly<Record<string, string>> }> {
  const body = Buffer.from(withTheme(await readFile(file.path, 'utf8'), theme))
  return { body, headers: { ...file.headers, 'Content-Length': String(body.length) } }
}
