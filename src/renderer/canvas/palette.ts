/** The theme's colours for what the canvas draws itself, read again when the theme changes. */
export interface Palette {
  readonly accent: string
  readonly surface: string
  readonly ink: string
  readonly line: string
  readonly checkerLight: string
  readonly checkerDark: string
  readonly pinned: string
}

export function readPalette(host: Element): Palette {
  const style = getComputedStyle(host)
  const read = (name: string, other: string): string => style.getPropertyValue(name).trim() || other
  const dark = style.colorScheme.includes('dark')
  return {
    accent: read('--accent', '#3157d5'),
    surface: read('--surface', '#ffffff'),
    ink: read('--ink', '#1b1f27'),
    line: read('--line-strong', '#b4bac5'),
    checkerLight: dark ? '#3a3f47' : '#ffffff',
    checkerDark: dark ? '#2e3239' : '#e3e5e9',
    pinned: read('--token-pinned', '#7a2fb5'),
  }
}

/** Keeps the palette that of the theme. Returns how to stop. */
export function followTheme(host: Element, changed: (palette: Palette) => void): () => void {
  const observer = new MutationObserver(() => changed(readPalette(host)))
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
