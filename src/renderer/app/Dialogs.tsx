/** The dialog that is up, if any. */
import type { ReactElement } from 'react'
import { RightDialog } from '../features/datasets/RightDialog.tsx'
import { ProjectsDialog } from '../features/projects/ProjectsDialog.tsx'
import { SettingsDialog } from '../features/settings/SettingsDialog.tsx'
import { AboutDialog } from './AboutDialog.tsx'
import { CommandPalette } from './CommandPalette.tsx'
import { layout, useLayout } from './layout.ts'
import { ShortcutsDialog } from './ShortcutsDialog.tsx'

export function Dialogs(): ReactElement | null {
  const dialog = useLayout((s) => s.dialog)
  switch (dialog) {
    case 'palette':
      return <CommandPalette onClose={layout.close} />
    case 'shortcuts':
      return <ShortcutsDialog onClose={layout.close} />
    case 'projects':
      return <ProjectsDialog onClose={layout.close} />
    case 'settings':
      return <SettingsDialog onClose={layout.close} />
    case 'about':
      return <AboutDialog onClose={layout.close} />
    case null:
      return <RightDialog onOpenData={() => layout.showScreen('data')} />
  }
}
