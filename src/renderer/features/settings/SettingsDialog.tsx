/** Preferences: look, exports, disk. Each holds at once; there is nothing to confirm. */
import type { ReactElement } from 'react'
import { setPreferences } from '../../state/session-preferences.ts'
import { useStudio } from '../../state/store.ts'
import { SegmentedControl, Switch } from '../../ui/choices.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { DialogFooter } from './DialogFooter.tsx'
import { SettingsModels } from './SettingsModels.tsx'
import './settings.css'

const GB = 2 ** 30

export function SettingsDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const preferences = useStudio((s) => s.preferences)
  return (
    <Dialog title="Preferences" onClose={onClose} footer={<DialogFooter leave="Done" onClose={onClose} />}>
      <div className="settings">
        <section aria-label="Look">
          <h3>Look</h3>
          <SegmentedControl
            label="Theme"
            value={preferences.theme}
            segments={[
              { value: 'system', label: 'As the system' },
              { value: 'light', label: 'Light', icon: 'sun' },
              { value: 'dark', label: 'Dark', icon: 'moon' },
            ]}
            onChange={(theme) => setPreferences({ theme })}
          />
          <Switch
            label="Reduce motion"
            hint="Nothing slides or pulses. The system's own wish is followed in any case."
            checked={preferences.reducedMotion}
            onChange={(reducedMotion) => setPreferences({ reducedMotion })}
          />
        </section>
        <section aria-label="Exports">
          <h3>Exports</h3>
          <Switch
            label="Pictures of runs carry what made them"
            hint="Instruction, reasoning, seed, mode and model travel inside the exported PNG of a run, and come back when it is dropped here. Off: they are stripped. The document exported as a picture is bare in any case: no one run makes it again."
            checked={preferences.exportMetadata}
            onChange={(exportMetadata) => setPreferences({ exportMetadata })}
          />
        </section>
        <SettingsModels />
        <section aria-label="Disk">
          <h3>Disk</h3>
          <NumberField
            label="Space for projects"
            unit="GB"
            value={Number((preferences.diskBudget / GB).toFixed(1))}
            min={0.5}
            max={4000}
            step={0.5}
            onChange={(value) => setPreferences({ diskBudget: Math.round(value * GB) })}
          />
          <p className="field-hint">
            Above this, pictures that no document and no run uses any more are removed, oldest first. What you made
            stays: if that alone takes more, you are told.
          </p>
        </section>
      </div>
    </Dialog>
  )
}
