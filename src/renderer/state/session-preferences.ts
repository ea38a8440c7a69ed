/** What a person prefers: shown at once, stored right after; theme and motion as attributes of the page. */
import type { Preferences } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { studio, useStudio } from './store.ts'
import { toastError } from './toasts.ts'

/** As the service has them, and what was changed here since that it has not answered, oldest first. */
let stored = studio.get().preferences
const unanswered = new Set<Partial<Preferences>>()

/** Takes over what the service tells. What is on its way there stays: the service tells of that later. */
export function takePreferences(told: Preferences): void {
  stored = told
  studio.set({ preferences: Object.assign({ ...told }, ...unanswered) as Preferences })
}

/** Changes preferences at once and stores them. What cannot be stored is taken back, with the reason. */
export function setPreferences(change: Partial<Preferences>): void {
  const preferences = { ...studio.get().preferences, ...change }
  unanswered.add(change)
  studio.set({ preferences })
  api
    .call('preferences.set', { preferences })
    .finally(() => unanswered.delete(change))
    .catch((error: unknown) => {
      takePreferences(stored)
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
