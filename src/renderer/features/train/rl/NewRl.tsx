/** The form of a new ParaRL run: policy, prompts, reward, and the few numbers of the objective. */
import { useState, type ReactElement } from 'react'
import { completeRlSettings, type RlSettings } from '../../../../shared/rl.ts'
import { pararlStudioSpecSchema, type PararlStudioSpec } from '../../../../shared/studio-rl.ts'
import { startJob } from '../../../state/jobs.ts'
import { asWords } from '../../../state/problems.ts'
import { Button } from '../../../ui/Button.tsx'
import { SegmentedControl } from '../../../ui/choices.tsx'
import { Notice } from '../../../ui/feedback.tsx'
import { NumberField } from '../../../ui/NumberField.tsx'
import { useRemembered } from '../../../ui/remembered.ts'
import { DataChoice } from '../DataChoice.tsx'
import { ModelChoice, NameOfModel } from '../fields.tsx'
import { RewardChoice } from './RewardChoice.tsx'
import { RlMore } from './RlMore.tsx'
import './rl.css'

/** What was filled in under earlier defaults is let go: they took from a model what it knew. */
const FORM = 'rl.form.2'

const empty = (): PararlStudioSpec => ({
  kind: 'pararl',
  model: 'storybook-early',
  data: { from: 'world', seed: 1 },
  reward: 'storybook',
  settings: completeRlSettings({}),
})

function read(stored: string): PararlStudioSpec {
  try {
    return pararlStudioSpecSchema.safeParse(JSON.parse(stored)).data ?? empty()
  } catch {
    return empty()
  }
}

export function NewRl({ onStarted }: { readonly onStarted: (job: string) => void }): ReactElement {
  const [stored, keep] = useRemembered<string>(FORM, '')
  const [folderWanted, setFolderWanted] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [starting, setStarting] = useState(false)
  const spec = read(stored)
  const { settings } = spec
  const set = (change: Partial<PararlStudioSpec>): void => {
    setError(null)
    keep(JSON.stringify({ ...spec, ...change }))
  }
  const tune = (change: Partial<RlSettings>): void => set({ settings: { ...settings, ...change } })
  const start = async (): Promise<void> => {
    setStarting(true)
    setError(null)
    try {
      onStarted((await startJob(spec)).id)
    } catch (reason) {
      setError(asWords(reason))
    } finally {
      setStarting(false)
    }
  }
  const whole = (label: string, value: number, min: number, max: number, on: (value: number) => void): ReactElement => (
    <NumberField label={label} value={value} min={min} max={max} onChange={on} />
  )
  return (
    <div className="new-run">
      <div className="new-run-form">
        <h2>New run from rewards</h2>
        <p className="rl-intro">
          The model draws several rollouts of each prompt; a reward says at a few of their steps how well words and
          picture agree; what did better than its group becomes more likely (ParaRL).
        </p>
        <section className="new-run-part" aria-label="What from">
          <DataChoice
            data={spec.data}
            model={spec.model}
            unheld="Without validation rows there is no validation, and previews are of rows it trains on."
            onChange={(data) => set({ data })}
          />
          <ModelChoice value={spec.model} onChange={(model) => set({ model })} />
          <RewardChoice
            value={folderWanted ? null : spec.reward}
            onChange={(reward) => {
              setFolderWanted(reward === null)
              if (reward !== null) set({ reward })
            }}
          />
          <div className="field">
            <span className="field-label">Rewarded</span>
            <SegmentedControl
              label="Rewarded"
              value={settings.objective}
              segments={[
                { value: 'trajectory', label: 'Along the trajectory', hint: 'ParaRL: at sampled denoising steps.' },
                { value: 'output', label: 'Its end', hint: 'Output-level RL: the final pair alone.' },
              ]}
              onChange={(objective) => tune({ objective })}
            />
          </div>
        </section>
        <section className="rl-numbers" aria-label="How">
          {whole('Updates', settings.steps, 1, 1e7, (steps) => tune({ steps }))}
          {whole('Rollouts a prompt, G', settings.rollouts, 2, 256, (rollouts) => tune({ rollouts }))}
          {whole('Prompts a phase', settings.prompts, 1, 256, (prompts) => tune({ prompts }))}
          {whole('Sampled steps, s', settings.sampledSteps, 1, 64, (sampledSteps) => tune({ sampledSteps }))}
          {whole('Updates a phase', settings.inner, 1, 64, (inner) => tune({ inner }))}
          {whole('Denoising steps', settings.denoisingSteps, 2, 4096, (denoisingSteps) => tune({ denoisingSteps }))}
        </section>
        <NameOfModel value={settings.name} auto={`${spec.model}-pararl`} onChange={(name) => tune({ name })} />
        <div className="more-settings">
          <RlMore settings={settings} tune={tune} />
        </div>
      </div>
      <aside className="preflight" aria-label="Before the start">
        <h3>Before the start</h3>
        <p className="preflight-what">
          {settings.steps} updates from {Math.ceil(settings.steps / settings.inner)} phases of{' '}
          {settings.rollouts * settings.prompts} rollouts, {settings.denoisingSteps} steps each.
        </p>
        <p className="preflight-none">
          Guard rails: it stops when the exact judge falls
          {settings.judgeFall === null ? ' (off)' : ` by ${settings.judgeFall} points`}, or when the KL to the start
          passes {settings.klCeiling ?? 'no ceiling'}; it warns when rollouts become alike, and when steps on the way
          are rewarded more while finished pairs are rewarded less.
        </p>
        {folderWanted && <p className="preflight-none">Choose the folder of the reward first.</p>}
        {error !== null && <Notice tone="danger">{error}</Notice>}
        <div className="preflight-actions">
          <Button kind="primary" icon="play" wide disabled={starting || folderWanted} onClick={() => void start()}>
            Start
          </Button>
          <Button
            icon="refresh"
            wide
            onClick={() => {
              keep('')
              setFolderWanted(false)
            }}
          >
            Fill in anew
          </Button>
        </div>
      </aside>
    </div>
  )
}
