/** What a person prefers: shown at once, stored right after; theme and motion as attributes of the page. */
import type { Preferences } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { studio, useStudio } from './store.ts'
import { toastError } from './toasts.ts'

/** Changes preferences at once and stores them. What cannot be stored is taken back, with the reason. */
export function setPreferences(change: Partial<Preferences>): void {
  const before = studio.get().preferences
  const preferences = { ...before, ...change }
  studio.set({ preferences })
  api.call('preferences.set', { preferences }).catch((error: unknown) => {
    if (studio.get().preferences === preferences) studio.set({ preferences: before })
    toastError(error)
  })
}

/** The theme that is shown. */
export const shownTheme = (theme: Preferences['theme'], systemDark: boolean): 'light' | 'dark' =>
  theme === 'system' ? (systemDark ? 'dark' : 'light') : theme

/** Theme and motion as attributes of the page, which the styles read. */
export function followLook(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const apply = (): void => {
    const { theme, reducedMotion } = studio.get().preferences
    document.documentElement.dataset['theme'] = shownTheme(theme, dark.matches)
    document.documentElement.dataset['reducedMotion'] = String(reducedMotion)
  }
  // A page that was served with its theme has it right before the preferences are known.
  if (document.documentElement.dataset['theme'] === undefined) apply()
  dark.addEventListener('change', apply)
  useStudio.subscribe((now, before) => {
    if (now.preferences !== before.preferences) apply()
  })
}
