/** Everything else that can be set, folded by subject. A field that is "by itself" says what it will be. */
import type { ReactElement } from 'react'
import { adapterTargets, type AdapterTarget, type TrainingSettings } from '../../../shared/training-settings.ts'
import { setTraining } from '../../state/training-form.ts'
import { Select, Switch } from '../../ui/choices.tsx'
import { TextField } from '../../ui/Field.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { AutoNumber, Share } from './fields.tsx'

interface Props {
  readonly settings: TrainingSettings
}

export function MoreSettings({ settings }: Props): ReactElement {
  return (
    <div className="more-settings">
      {settings.method === 'lora' && <Adapter settings={settings} />}
      <Course settings={settings} />
      <Objective settings={settings} />
      <Watching settings={settings} />
    </div>
  )
}

const targetName: Readonly<Record<AdapterTarget, string>> = {
  q_proj: 'Attention: query',
  k_proj: 'Attention: key',
  v_proj: 'Attention: value',
  attn_out: 'Attention: output',
  ff_proj: 'Feed-forward: gate',
  up_proj: 'Feed-forward: up',
  ff_out: 'Feed-forward: down',
  fuse: 'Fuse of input and output',
}

function Adapter({ settings }: Props): ReactElement {
  const { targets, words } = settings
  const toggle = (target: AdapterTarget): void => {
    const next = adapterTargets.filter((each) => (each === target) !== targets.includes(each))
    if (next.length > 0) setTraining({ targets: next })
  }
  return (
    <Panel title="Adapter" id="train.adapter" open={false}>
      <div className="settings-grid">
        <AutoNumber
          label="Alpha"
          value={settings.alpha}
          auto={2 * settings.rank}
          min={0.1}
          max={100_000}
          step={0.1}
          onChange={(alpha) => setTraining({ alpha })}
        />
        <NumberField
          label="Dropout"
          min={0}
          max={0.9}
          step={0.01}
          value={settings.dropout}
          onChange={(dropout) => setTraining({ dropout })}
        />
        <div className="settings-wide">
          <TextField
            label="Words whose embeddings train along, by commas"
            value={words.join(', ')}
            placeholder="none"
            onChange={(text) => setTraining({ words: listOf(text) })}
          />
        </div>
        <fieldset className="targets">
          <legend className="field-label">Stands on</legend>
          {adapterTargets.map((target) => (
            <label key={target}>
              <input type="checkbox" checked={targets.includes(target)} onChange={() => toggle(target)} />
              {targetName[target]}
            </label>
          ))}
        </fieldset>
      </div>
    </Panel>
  )
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

function Course({ settings }: Props): ReactElement {
  const { method, steps } = settings
  return (
    <Panel title="Optimiser and schedule" id="train.course" open={false}>
      <div className="settings-grid">
        <AutoNumber
          label="Learning rate at its peak"
          value={settings.learningRate}
          auto={method === 'lora' ? 2e-3 : 3e-4}
          min={0.000001}
          max={1}
          step={0.000001}
          onChange={(learningRate) => setTraining({ learningRate })}
        />
        <AutoNumber
          label="Warm-up, steps"
          value={settings.warmup}
          auto={Math.max(1, Math.min(50, Math.round(steps / 10)))}
          min={0}
          max={1e8}
          step={1}
          onChange={(warmup) => setTraining({ warmup })}
        />
        <Share
          label="Cosine decay from"
          value={settings.decayFrom}
          onChange={(decayFrom) => setTraining({ decayFrom })}
        />
        <Share label="Last rate, of the peak" value={settings.floor} onChange={(floor) => setTraining({ floor })} />
        <Select
          label="Optimiser"
          value={settings.optimiser}
          options={[
            { value: 'muon', label: 'Muon on matrices, AdamW on the rest' },
            { value: 'adamw', label: 'AdamW' },
          ]}
          onChange={(optimiser) => setTraining({ optimiser })}
        />
        <NumberField
          label="Passes a step (accumulation)"
          min={1}
          max={1024}
          value={settings.accumulate}
          onChange={(accumulate) => setTraining({ accumulate })}
        />
        <NumberField
          label="Weight decay"
          min={0}
          max={10}
          step={0.001}
          value={settings.weightDecay}
          onChange={(weightDecay) => setTraining({ weightDecay })}
        />
        <NumberField
          label="Clip gradients at"
          min={0.01}
          max={1000}
          step={0.01}
          value={settings.clip}
          onChange={(clip) => setTraining({ clip })}
        />
        <NumberField
          label="Average of weights (EMA)"
          min={0}
          max={1}
          step={0.001}
          value={settings.ema}
          onChange={(ema) => setTraining({ ema })}
        />
        <NumberField
          label="Seed"
          min={0}
          max={0xffffffff}
          value={settings.seed}
          onChange={(seed) => setTraining({ seed })}
        />
      </div>
    </Panel>
  )
}

function Objective({ settings }: Props): ReactElement {
  return (
    <Panel title="Objective" id="train.objective" open={false}>
      <div className="settings-grid">
        <Select
          label="Weight of words"
          value={settings.textWeight}
          options={[
            { value: 'inverse-t', label: '1/t, as in the paper' },
            { value: 'one', label: '1' },
          ]}
          onChange={(textWeight) => setTraining({ textWeight })}
        />
        <Select
          label="Weight of image cells"
          value={settings.imageWeight}
          options={[
            { value: 'one', label: '1, as in the paper' },
            { value: 'inverse-t', label: '1/t' },
          ]}
          onChange={(imageWeight) => setTraining({ imageWeight })}
        />
        <NumberField
          label="Times that, where a cell changes"
          min={1}
          max={1000}
          step={0.1}
          value={settings.changedCellWeight}
          onChange={(changedCellWeight) => setTraining({ changedCellWeight })}
        />
        <Share
          label="Modalities with noise of their own"
          value={settings.independent}
          onChange={(independent) => setTraining({ independent })}
        />
        <Share
          label="Instructions dropped"
          value={settings.dropText}
          onChange={(dropText) => setTraining({ dropText })}
        />
        <Share
          label="Input pictures dropped"
          value={settings.dropImage}
          onChange={(dropImage) => setTraining({ dropImage })}
        />
        <Share
          label="Batches without reasoning"
          value={settings.imageOnlyShare}
          onChange={(imageOnlyShare) => setTraining({ imageOnlyShare })}
        />
      </div>
    </Panel>
  )
}

function Watching({ settings }: Props): ReactElement {
  const { steps, patience } = settings
  return (
    <Panel title="Validation, previews, saving" id="train.watching" open={false}>
      <div className="settings-grid">
        <AutoNumber
          label="Validate every, steps"
          value={settings.validateEvery}
          auto={Math.max(10, Math.round(steps / 20))}
          min={1}
          max={1e8}
          step={1}
          onChange={(validateEvery) => setTraining({ validateEvery })}
        />
        <NumberField
          label="Validation samples of a kind"
          min={1}
          max={100_000}
          value={settings.validationSamples}
          onChange={(validationSamples) => setTraining({ validationSamples })}
        />
        <AutoNumber
          label="Previews every, steps (0: none)"
          value={settings.previewEvery}
          auto={Math.max(10, Math.round(steps / 10))}
          min={0}
          max={1e8}
          step={1}
          onChange={(previewEvery) => setTraining({ previewEvery })}
        />
        <NumberField
          label="Prompts previewed"
          min={0}
          max={64}
          value={settings.previewCount}
          onChange={(previewCount) => setTraining({ previewCount })}
        />
        <div className="settings-wide">
          <TextField
            label="Rows previewed, by commas"
            value={settings.previewRows.join(', ')}
            placeholder="the first validation rows"
            onChange={(text) => setTraining({ previewRows: listOf(text).slice(0, 64) })}
          />
        </div>
        <NumberField
          label="Save every"
          unit="s"
          min={1}
          max={86_400}
          value={settings.saveEvery}
          onChange={(saveEvery) => setTraining({ saveEvery })}
        />
        <div className="settings-wide">
          <Switch
            label="Stop early"
            hint="Ends when validation has not improved for a while, and exports the best weights."
            checked={patience !== null}
            onChange={(on) => setTraining({ patience: on ? 6 : null })}
          />
        </div>
        {patience !== null && (
          <>
            <NumberField
              label="After so many validations"
              min={1}
              max={10_000}
              value={patience}
              onChange={(value) => setTraining({ patience: value })}
            />
            <NumberField
              label="Least gain that counts"
              min={0}
              max={100}
              step={0.001}
              value={settings.minDelta}
              onChange={(minDelta) => setTraining({ minDelta })}
            />
          </>
        )}
      </div>
    </Panel>
  )
}
