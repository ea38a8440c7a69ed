/** The form of a new run: what it learns from, what it starts from, how; what it will cost, measured, beside it. */
import type { ReactElement } from 'react'
import { trainingPresets } from '../../../shared/training-settings.ts'
import { choosePreset, setForm, setTraining, useForm } from '../../state/training-form.ts'
import { SegmentedControl } from '../../ui/choices.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { DataChoice } from './DataChoice.tsx'
import { ModelChoice, NameOfModel } from './fields.tsx'
import { MoreSettings } from './MoreSettings.tsx'
import { PreflightCard } from './PreflightCard.tsx'

export function NewRun({ onStarted }: { readonly onStarted: (job: string) => void }): ReactElement {
  const spec = useForm((s) => s.spec)
  const { settings } = spec
  return (
    <div className="new-run">
      <div className="new-run-form">
        <h2>New run</h2>
        <section className="new-run-part" aria-label="What from">
          <DataChoice
            data={spec.data}
            model={spec.model}
            unheld="Without validation rows, validation, the best weights, early stopping and previews go by rows it trains on."
            onChange={(data) => setForm({ data })}
          />
          <ModelChoice value={spec.model} onChange={(model) => setForm({ model })} />
        </section>
        <Presets chosen={spec.preset} />
        <section className="new-run-part new-run-row" aria-label="How">
          <div className="field">
            <span className="field-label">What trains</span>
            <SegmentedControl
              label="What trains"
              value={settings.method}
              segments={[
                {
                  value: 'lora',
                  label: 'An adapter',
                  hint: 'Low-rank matrices beside the model, which stays as it is.',
                },
                { value: 'full', label: 'The whole model', hint: 'Every weight. Learns most and forgets most.' },
              ]}
              onChange={(method) => setTraining({ method })}
            />
          </div>
          {settings.method === 'lora' && (
            <NumberField
              label="Rank"
              min={1}
              max={1024}
              value={settings.rank}
              onChange={(rank) => setTraining({ rank })}
            />
          )}
          <NumberField
            label="Steps"
            min={1}
            max={1e8}
            value={settings.steps}
            onChange={(steps) => setTraining({ steps })}
          />
          <NumberField
            label="Batch"
            min={1}
            max={1024}
            value={settings.batch}
            onChange={(batch) => setTraining({ batch })}
          />
          <NameOfModel
            value={settings.name}
            auto={`${spec.model}-${settings.method === 'lora' ? 'lora' : 'sft'}`}
            onChange={(name) => setTraining({ name })}
          />
        </section>
        <MoreSettings settings={settings} />
      </div>
      <PreflightCard onStarted={onStarted} />
    </div>
  )
}

function Presets({ chosen }: { readonly chosen: string | null }): ReactElement {
  return (
    <fieldset className="presets">
      <legend className="field-label">Preset</legend>
      <div className="presets-grid">
        {trainingPresets.map(({ id, name, words }) => (
          <label key={id} className="preset" data-chosen={id === chosen}>
            <input type="radio" name="preset" checked={id === chosen} onChange={() => choosePreset(id)} />
            <span className="preset-name">{name}</span>
            <span className="preset-words">{words}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
