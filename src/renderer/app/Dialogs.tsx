/** The dialog that is up, if any. All but the palette, which has to be there with the key, are loaded when first asked for. */
import { lazy, Suspense, type ReactElement } from 'react'
import { RightDialog } from '../features/datasets/RightDialog.tsx'
import { CommandPalette } from './CommandPalette.tsx'
import { layout, useLayout, type DialogName } from './layout.ts'

const dialogs = {
  palette: CommandPalette,
  shortcuts: lazy(async () => ({ default: (await import('./ShortcutsDialog.tsx')).ShortcutsDialog })),
  projects: lazy(async () => ({ default: (await import('../features/projects/ProjectsDialog.tsx')).ProjectsDialog })),
  settings: lazy(async () => ({ default: (await import('../features/settings/SettingsDialog.tsx')).SettingsDialog })),
  served: lazy(async () => ({ default: (await import('./ServedFileDialog.tsx')).ServedFileDialog })),
  about: lazy(async () => ({ default: (await import('../features/settings/AboutDialog.tsx')).AboutDialog })),
} as const satisfies Record<DialogName, unknown>

export function Dialogs(): ReactElement {
  const name = useLayout((s) => s.dialog)
  if (name === null) return <RightDialog onOpenData={() => layout.showScreen('data')} />
  const Dialog = dialogs[name]
  return (
    <Suspense fallback={null}>
      <Dialog onClose={layout.close} />
    </Suspense>
  )
}
