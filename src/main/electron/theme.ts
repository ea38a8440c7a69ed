/**
 * The theme in Electron: windows, menus and dialogs of the system follow what the person chose in the studio, and the next
 * start knows it before the service does.
 */
import { nativeTheme } from 'electron'
import { z } from 'zod'
import { preferencesSchema, type Preferences } from '../../shared/studio.ts'
import type { LaunchedService } from '../service-host/launcher.ts'
import { readKept, writeKept } from './kept-file.ts'

type Theme = Preferences['theme']
const keptSchema = z.strictObject({ theme: preferencesSchema.shape.theme })

/** Follows the preferences from now on, and starts with what they were. */
export function followTheme(service: LaunchedService, path: string): void {
  nativeTheme.themeSource = keptSchema.safeParse(readKept(path)).data?.theme ?? 'system'
  const take = (theme: Theme): void => {
    if (theme === nativeTheme.themeSource) return
    nativeTheme.themeSource = theme
    writeKept(path, { theme })
  }
  service.subscribe((event) => {
    if (event.name === 'preferences.changed') take(event.payload.preferences.theme)
  })
  service.ready
    .then(() => service.call('session.open', { since: null }))
    .then((session) => take((session as { preferences: Preferences }).preferences.theme))
    .catch(() => undefined)
}

/** The theme that is shown, for the first paint of a page. */
export const shownTheme = (): 'light' | 'dark' => (nativeTheme.shouldUseDarkColors ? 'dark' : 'light')
