/** A run as a file: its picture, both tracks moving, every frame, or the trajectory itself. */
import type { ReactElement } from 'react'
import { exportRun } from '../../state/runs.ts'
import { useStudio } from '../../state/store.ts'
import { MenuButton, type MenuItem } from '../../ui/Menu.tsx'

export function ExportMenu({ run }: { readonly run: string | null }): ReactElement {
  const known = useStudio((s) => (run === null ? undefined : s.runs.get(run)))
  const recorded = run !== null && (known?.hasTrajectory ?? false)
  const metadata = useStudio((s) => s.preferences.exportMetadata)
  const item = (label: string, kind: Parameters<typeof exportRun>[1], disabled: boolean): MenuItem => ({
    label,
    icon: kind === 'trajectory' ? 'download' : 'picture',
    disabled,
    onSelect: () => {
      if (run !== null) void exportRun(run, kind)
    },
  })
  const items: MenuItem[] = [
    item(metadata ? 'Picture with its recipe (PNG)' : 'Picture without its recipe (PNG)', 'png', !known?.picture),
    'divider',
    item('Animation, both tracks (GIF)', 'gif', !recorded),
    item('Animation, both tracks (WebP)', 'webp', !recorded),
    item('Every frame (ZIP)', 'frames', !recorded),
    'divider',
    item('Trajectory (.tdm)', 'trajectory', !recorded),
  ]
  return <MenuButton icon="download" label="Export this run" items={items} />
}
