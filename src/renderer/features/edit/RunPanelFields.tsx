/** How a run is denoised: mode and steps, seed, temperature, guidance, model. */
import { useState, type ReactElement } from 'react'
import { MAX_GUIDANCE, MAX_STEPS, MAX_TEMPERATURE } from '../../../shared/jobs.ts'
import type { RunSettings } from '../../../shared/studio.ts'
import { setSettings } from '../../state/documents.ts'
import { ownNumbers } from '../../state/library.ts'
import { modes } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { IconButton } from '../../ui/Button.tsx'
import { SegmentedControl, Select, Switch } from '../../ui/choices.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { Slider } from '../../ui/Slider.tsx'

interface Props {
  readonly settings: RunSettings
}

const MOST_STEPS = 64
const MAX_SEED = 0xffffffff
const drawSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]!

export function SamplingFields({ settings }: Props): ReactElement {
  const { mode, steps, imageSteps } = settings
  const chosen = modes.find((entry) => entry.mode === mode)
  return (
    <div className="run-fields">
      <div className="field">
        <span className="field-label">Mode</span>
        <SegmentedControl
          label="Mode"
          value={mode}
          segments={modes.map(({ mode: value, short, name, line }) => ({
            value,
            label: short,
            hint: name === short ? line : `${name}. ${line}`,
          }))}
          onChange={(next) => setSettings({ mode: next })}
        />
        <span className="field-hint">{chosen?.line}</span>
      </div>
      <Slider
        label="Steps"
        value={steps}
        min={1}
        max={MOST_STEPS}
        hardMax={MAX_STEPS}
        step={1}
        initial={16}
        onChange={(value) => setSettings({ steps: value })}
      />
      {mode !== 'image-only' && (
        <Switch
          label="The picture has steps of its own"
          checked={imageSteps !== undefined}
          onChange={(own) => setSettings({ imageSteps: own ? steps : undefined })}
        />
      )}
      {mode !== 'image-only' && imageSteps !== undefined && (
        <Slider
          label="Picture steps"
          value={imageSteps}
          min={1}
          max={MOST_STEPS}
          hardMax={MAX_STEPS}
          step={1}
          initial={steps}
          onChange={(value) => setSettings({ imageSteps: value })}
        />
      )}
    </div>
  )
}

export function SeedFields({ settings }: Props): ReactElement {
  const { seed } = settings
  const last = useStudio((s) => (s.viewedRun === null ? null : (s.runs.get(s.viewedRun)?.seed ?? null)))
  /** What locking goes back to. */
  const [kept, setKept] = useState<number | null>(null)
  return (
    <div className="run-seed">
      <SegmentedControl
        label="Seed"
        value={seed === null ? 'random' : 'locked'}
        segments={[
          { value: 'random', label: 'Random', icon: 'dice', hint: 'Drawn anew for every run, and recorded.' },
          { value: 'locked', label: 'Locked', icon: 'lock', hint: 'The same seed gives the same run.' },
        ]}
        onChange={(next) => {
          if (next === 'random') setKept(seed)
          setSettings({ seed: next === 'random' ? null : (last ?? kept ?? drawSeed()) })
        }}
      />
      {seed !== null && (
        <div className="run-seed-number">
          <NumberField
            bare
            label="Seed number"
            value={seed}
            min={0}
            max={MAX_SEED}
            onChange={(value) => setSettings({ seed: value })}
          />
          <IconButton icon="dice" label="Draw another seed" onClick={() => setSettings({ seed: drawSeed() })} />
        </div>
      )}
      {seed === null && last !== null && (
        <button type="button" className="run-link" onClick={() => setSettings({ seed: last })}>
          Lock the viewed run's seed, {last}
        </button>
      )}
    </div>
  )
}

export function TemperatureFields({ settings }: Props): ReactElement {
  const { temperatures, mode } = settings
  return (
    <div className="run-fields">
      <Slider
        label="Words"
        value={temperatures.text}
        min={0}
        max={2}
        hardMax={MAX_TEMPERATURE}
        step={0.05}
        initial={0}
        disabled={mode === 'image-only'}
        onChange={(text) => setSettings({ temperatures: { ...temperatures, text } })}
      />
      <Slider
        label="Picture"
        value={temperatures.image}
        min={0}
        max={2}
        hardMax={MAX_TEMPERATURE}
        step={0.05}
        initial={0}
        onChange={(image) => setSettings({ temperatures: { ...temperatures, image } })}
      />
      <span className="field-hint">0 always takes the surest choice; higher tries others.</span>
    </div>
  )
}

export function GuidanceFields({ settings }: Props): ReactElement {
  const { guidance, mode } = settings
  return (
    <div className="run-fields">
      <Slider
        label="Words"
        value={guidance.text}
        min={0}
        max={10}
        hardMax={MAX_GUIDANCE}
        step={0.1}
        initial={0}
        disabled={mode === 'image-only'}
        onChange={(text) => setSettings({ guidance: { ...guidance, text } })}
      />
      <Slider
        label="Picture"
        value={guidance.image}
        min={0}
        max={10}
        hardMax={MAX_GUIDANCE}
        step={0.1}
        initial={0}
        onChange={(image) => setSettings({ guidance: { ...guidance, image } })}
      />
      <span className="field-hint">
        How much harder the run leans on the instruction. Above 0 every step takes more than one pass.
      </span>
    </div>
  )
}

export function ModelFields({ settings }: Props): ReactElement {
  const models = useStudio((s) => s.models)
  const known = useStudio((s) => s.modelsKnown)
  const model = models.find(({ id }) => id === settings.model)
  const options = models.map(({ id, name }) => ({ value: id, label: name }))
  if (!model) options.unshift({ value: settings.model, label: known ? `${settings.model} (not here)` : settings.model })
  return (
    <div className="run-fields">
      <Select
        bare
        label="Model"
        value={settings.model}
        options={options}
        onChange={(id) => setSettings({ ...ownNumbers(id), model: id })}
      />
      {model ? (
        <span className="field-hint">
          {(model.parameters / 1e6).toFixed(1)} M parameters. Draws {model.size} × {model.size} px in {model.grid} ×{' '}
          {model.grid} cells, reasons in up to {model.reasoningLength} tokens.
        </span>
      ) : (
        known && (
          <Notice tone="warning">This document was made with a model that is not here. Choose another one.</Notice>
        )
      )}
    </div>
  )
}
