/** The rest of a ParaRL run's settings: what trains, the objective's numbers, prompts, and what is looked at on the way. */
import type { ReactElement } from 'react'
import { RL_LEARNING_RATE, type RlSettings } from '../../../../shared/rl.ts'
import { SegmentedControl } from '../../../ui/choices.tsx'
import { NumberField } from '../../../ui/NumberField.tsx'
import { Panel } from '../../../ui/Panel.tsx'
import { AutoNumber, Share } from '../fields.tsx'

interface Props {
  readonly settings: RlSettings
  readonly tune: (change: Partial<RlSettings>) => void
}

export function RlMore({ settings, tune }: Props): ReactElement {
  const { method, learningRate, klWeight, clipRange, temperatures } = settings
  const whole = (label: string, value: number, min: number, max: number, on: (value: number) => void): ReactElement => (
    <NumberField label={label} value={value} min={min} max={max} onChange={on} />
  )
  return (
    <Panel title="Policy and objective" id="rl.more" open={false}>
      <Choices settings={settings} tune={tune} />
      <div className="rl-numbers">
        {method === 'lora' && whole('Rank', settings.rank, 1, 1024, (rank) => tune({ rank }))}
        <AutoNumber
          label="Learning rate"
          value={learningRate}
          auto={RL_LEARNING_RATE}
          min={0.000001}
          max={1}
          step={0.000001}
          onChange={(rate) => tune({ learningRate: rate })}
        />
        <NumberField
          label="KL weight"
          value={klWeight}
          min={0}
          max={100}
          step={0.0001}
          onChange={(weight) => tune({ klWeight: weight })}
        />
        <NumberField
          label="Clip range"
          value={clipRange}
          min={0.01}
          max={10}
          step={0.01}
          onChange={(range) => tune({ clipRange: range })}
        />
        <NumberField
          label="Temperature of rollouts"
          value={temperatures.text}
          min={0.05}
          max={5}
          step={0.05}
          onChange={(warmth) => tune({ temperatures: { text: warmth, image: warmth } })}
        />
        <Share
          label="Hard prompts"
          value={settings.hardShare}
          onChange={(share) => tune({ hardShare: Math.max(0.001, share) })}
        />
        {whole('Chosen from', settings.pool, 1, 1e6, (pool) => tune({ pool }))}
        {whole('Validate every', settings.validateEvery, 0, 1e6, (validateEvery) => tune({ validateEvery }))}
        {whole('Prompts of a validation', settings.validationPrompts, 1, 10_000, (validationPrompts) =>
          tune({ validationPrompts }),
        )}
        {whole('Previews every', settings.previewEvery, 0, 1e6, (previewEvery) => tune({ previewEvery }))}
        {whole('Prompts previewed', settings.previewPrompts, 0, 64, (previewPrompts) => tune({ previewPrompts }))}
        {whole('Seed', settings.seed, 0, 0xffffffff, (seed) => tune({ seed }))}
      </div>
    </Panel>
  )
}

function Choices({ settings, tune }: Props): ReactElement {
  return (
    <div className="rl-choices">
      <div className="field">
        <span className="field-label">What trains</span>
        <SegmentedControl
          label="What trains"
          value={settings.method}
          segments={[
            { value: 'full', label: 'The whole model' },
            { value: 'lora', label: 'An adapter' },
          ]}
          onChange={(method) => tune({ method })}
        />
      </div>
      <div className="field">
        <span className="field-label">Likelihood</span>
        <SegmentedControl
          label="Likelihood"
          value={settings.likelihood}
          segments={[
            {
              value: 'replay',
              label: 'As decoded',
              hint: 'The mask state of the trajectory itself: exact for this sampler.',
            },
            { value: 'random-mask', label: 'Random masks', hint: 'As in the paper: mask ratio p ~ U[0, 1].' },
          ]}
          onChange={(likelihood) => tune({ likelihood })}
        />
      </div>
      <div className="field">
        <span className="field-label">KL holds to</span>
        <SegmentedControl
          label="KL holds to"
          value={settings.klTo}
          segments={[
            { value: 'old', label: 'Each phase', hint: 'The policy that drew the rollouts, as in the paper.' },
            { value: 'reference', label: 'The start', hint: 'The model the run started from.' },
          ]}
          onChange={(klTo) => tune({ klTo })}
        />
      </div>
    </div>
  )
}
