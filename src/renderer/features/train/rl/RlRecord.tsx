/** What a ParaRL run was asked to do and what it found: settings, validations by the exact judge, notes, time by part. */
import type { ReactElement } from 'react'
import type { RlJob } from '../../../state/rl.ts'
import type { RlRows } from '../../../state/rl-rows.ts'
import { duration } from '../../../state/runs-words.ts'
import { figure } from '../words.ts'

const dimensions = [
  ['text_quality', 'Text quality'],
  ['text_alignment', 'Text alignment'],
  ['image_consistency', 'Image consistency'],
  ['image_alignment', 'Image alignment'],
  ['image_quality', 'Image quality'],
  ['output_alignment', 'Output alignment'],
] as const

const spoken: Readonly<Record<string, string>> = {
  trajectory: 'along the trajectory',
  output: 'of the final pair',
  'random-mask': 'random masks (paper)',
  replay: 'as decoded',
  old: 'the policy of the rollouts',
  reference: 'the starting model',
}

function rewardInWords(reward: RlJob['spec']['reward']): string {
  if (typeof reward === 'object') return `${reward.name}, a folder`
  return reward === 'oracle' ? 'exact judge (oracle, for study)' : 'storybook scorer'
}

export function RlRecord({ job, rows }: { readonly job: RlJob; readonly rows: RlRows }): ReactElement {
  const { spec } = job
  const { settings } = spec
  const facts: readonly (readonly [string, string])[] = [
    ['Starting model', spec.model],
    ['Prompts', spec.data.from === 'world' ? `storybook world, seed ${spec.data.seed}` : 'a data set'],
    ['Reward', rewardInWords(spec.reward)],
    [
      'Rewarded',
      `${spoken[settings.objective]!}${settings.objective === 'trajectory' ? `, s = ${settings.sampledSteps}` : ''}`,
    ],
    ['Likelihood', spoken[settings.likelihood]!],
    [
      'Rollouts',
      `G = ${settings.rollouts} of ${settings.prompts} prompts, ${settings.inner === 1 ? 'one update' : `${settings.inner} updates`} each`,
    ],
    ['Clip range, KL weight', `${settings.clipRange}, ${settings.klWeight} to ${spoken[settings.klTo]!}`],
    ['Trains', settings.method === 'lora' ? `an adapter of rank ${settings.rank}` : 'the whole model'],
    [
      'Trained on',
      settings.hardShare >= 1
        ? `all ${settings.pool} prompts`
        : `the hardest ${Number((settings.hardShare * 100).toFixed(1))} % of ${settings.pool} prompts`,
    ],
    ['Seed', String(settings.seed)],
  ]
  const parts = rows.phases.reduce(
    (sum, { parts: each }) => ({
      rollouts: sum.rollouts + each.rollouts,
      rewards: sum.rewards + each.rewards,
      likelihood: sum.likelihood + each.likelihood,
    }),
    { rollouts: 0, rewards: 0, likelihood: 0 },
  )
  const updates = rows.updates.reduce((sum, { took }) => sum + took, 0)
  return (
    <div className="rl-record">
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section aria-label="Validations">
        <h3>By the exact judge, on fresh prompts</h3>
        {rows.validations.length === 0 ? (
          <p>Not measured yet.</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Update</th>
                <th scope="col">Reward</th>
                {dimensions.map(([id, name]) => (
                  <th key={id} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.validations.map(({ step, reward, judge }) => (
                <tr key={step}>
                  <th scope="row">{step}</th>
                  <td>{figure(reward)}</td>
                  {dimensions.map(([id]) => (
                    <td key={id}>{judge?.[id] === null || judge?.[id] === undefined ? '–' : judge[id].toFixed(1)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {rows.phases.length > 0 && (
        <p>
          Time: rollouts {duration(parts.rollouts * 1000)}, rewards {duration(parts.rewards * 1000)}, likelihoods{' '}
          {duration(parts.likelihood * 1000)}, updates {duration(updates * 1000)}.
        </p>
      )}
      {rows.notes.length > 0 && (
        <section aria-label="Notes of the run">
          <h3>What it noticed</h3>
          <ul>
            {rows.notes.map(({ step, code, message }, i) => (
              <li key={`${step}-${code}-${i}`}>
                <span>update {step}</span> {message}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
