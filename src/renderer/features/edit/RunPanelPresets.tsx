/** Settings under a name, for every project. The instruction stays what it is when one is applied. */
import { useState, type FormEvent, type ReactElement } from 'react'
import type { Preset, RunSettings } from '../../../shared/studio.ts'
import { takeSettings } from '../../state/documents.ts'
import { modeName } from '../../state/runs-words.ts'
import { setPreferences } from '../../state/session-preferences.ts'
import { studio, useStudio } from '../../state/store.ts'
import { toast } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { TextField } from '../../ui/Field.tsx'

export function RunPresets({ settings }: { readonly settings: RunSettings }): ReactElement {
  const presets = useStudio((s) => s.preferences.presets)
  const [name, setName] = useState('')
  const wanted = name.trim()
  const replaces = presets.some((preset) => preset.name === wanted)
  const save = (event: FormEvent): void => {
    event.preventDefault()
    if (wanted === '') return
    setPreferences({ presets: [...presets.filter((preset) => preset.name !== wanted), { name: wanted, settings }] })
    setName('')
  }
  return (
    <div className="run-fields">
      {presets.length === 0 && (
        <p className="field-hint run-none">
          Mode, steps, temperature and guidance under a name, to apply with one click.
        </p>
      )}
      <ul className="run-presets" aria-label="Presets">
        {presets.map((preset) => (
          <li key={preset.name}>
            <button type="button" className="run-preset" onClick={() => apply(preset)}>
              <span>{preset.name}</span>
              <span className="run-preset-facts">
                {modeName(preset.settings.mode)}, {preset.settings.steps} steps
              </span>
            </button>
            <IconButton small icon="trash" label={`Delete the preset ${preset.name}`} onClick={() => remove(preset)} />
          </li>
        ))}
      </ul>
      <form className="run-preset-new" onSubmit={save}>
        <TextField bare label="Name of the preset" placeholder="Name" value={name} maxLength={80} onChange={setName} />
        <Button submit disabled={wanted === ''}>
          {replaces ? 'Replace' : 'Save'}
        </Button>
      </form>
    </div>
  )
}

/** Everything but what the picture is about. */
function apply({ settings }: Preset): void {
  const { instruction: _, task: __, ...rest } = settings
  takeSettings(rest)
}

function remove(preset: Preset): void {
  const { presets } = studio.get().preferences
  setPreferences({ presets: presets.filter(({ name }) => name !== preset.name) })
  toast({
    tone: 'info',
    message: `The preset "${preset.name}" is deleted.`,
    action: { label: 'Bring it back', run: () => setPreferences({ presets }) },
  })
}
