/** What a run may give up for speed: nothing, or a preset with its measured price beside it. */
import type { ReactElement } from 'react'
import {
  accelerationWords,
  presetLine,
  presetNames,
  presetOf,
  presets,
  type PresetName,
} from '../../../shared/acceleration.ts'
import type { RunSettings } from '../../../shared/studio.ts'
import { setSettings } from '../../state/documents.ts'
import { SegmentedControl } from '../../ui/choices.tsx'

const labels: Readonly<Record<PresetName, string>> = { fast: 'Fast', fastest: 'Fastest' }
const EXACT = 'Every step computes the whole sequence, and nothing is decided early.'

export function SpeedFields({ settings }: { readonly settings: RunSettings }): ReactElement {
  const { acceleration } = settings
  const chosen = presetOf(acceleration)
  const line =
    chosen === 'exact' ? EXACT : chosen === 'custom' ? 'As the run it was taken from.' : presetLine(presets[chosen])
  return (
    <div className="run-fields">
      <SegmentedControl
        label="Speed"
        value={chosen}
        segments={[
          { value: 'exact', label: 'Exact', hint: EXACT },
          ...presetNames.map((name) => ({ value: name, label: labels[name], hint: presetLine(presets[name]) })),
          ...(chosen === 'custom' ? [{ value: 'custom' as const, label: 'Custom' }] : []),
        ]}
        onChange={(next) => {
          if (next !== 'custom')
            setSettings({ acceleration: next === 'exact' ? undefined : presets[next].acceleration })
        }}
      />
      <span className="field-hint">
        {line}
        {acceleration && ` How: ${accelerationWords(acceleration)}.`}
      </span>
    </div>
  )
}
