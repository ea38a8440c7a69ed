/** The tray in the order it is shown: backgrounds, then sprites by category, each found by a search. Pure. */
import type { Tray } from '../../../shared/studio.ts'
import type { Placeable } from '../../canvas/sprites.ts'

export interface TrayGroup {
  readonly name: string
  readonly items: readonly Placeable[]
}

export function groupTray(tray: Tray, query: string): TrayGroup[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (...names: readonly string[]): boolean =>
    words.every((word) => names.some((name) => name.toLowerCase().includes(word)))
  const { cells } = tray
  const backgrounds = tray.backgrounds
    .filter(({ name }) => fits(name, 'background'))
    .map(({ name, picture }): Placeable => ({ kind: 'background', name, picture, cells }))
  const categories = new Map<string, Placeable[]>()
  for (const { name, category, picture } of tray.sprites) {
    if (!fits(name, category)) continue
    const items = categories.get(category) ?? []
    categories.set(category, items)
    items.push({ kind: 'sprite', name, picture, cells })
  }
  const groups: TrayGroup[] = [...categories].map(([name, items]) => ({ name: capital(name), items }))
  return backgrounds.length > 0 ? [{ name: 'Backgrounds', items: backgrounds }, ...groups] : groups
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
