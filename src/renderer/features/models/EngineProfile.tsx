/** How fast a model runs on this machine: provider, precision, memory, where a step's time goes, and what --fast saves here. */
import { useEffect, type ReactElement } from 'react'
import type { EngineProfile } from '../../../shared/engine-profile.ts'
import { providerName } from '../../../shared/providers.ts'
import { loadEngineProfile, measureEngine, stopMeasuring, useEngineProfiles } from '../../state/engine-profiles.ts'
import { Button } from '../../ui/Button.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { bytesWords } from './models-words.ts'
import './engine-profile.css'

const parts = {
  embed: 'Embedding',
  attention: 'Attention',
  mlp: 'MLP',
  head: 'Head',
  picks: 'Picks',
  host: 'Around it',
} as const
const speeds = { exact: 'Exact', fast: 'Fast', fastest: 'Fastest' } as const

export function EngineProfilePanel({ model }: { readonly model: string }): ReactElement {
  const profile = useEngineProfiles((s) => s.profiles.get(model) ?? null)
  const measuring = useEngineProfiles((s) => s.measuring)
  const stopping = useEngineProfiles((s) => s.stopping)
  const failed = useEngineProfiles((s) => (s.failed?.model === model ? s.failed : null))
  useEffect(() => loadEngineProfile(model), [model])
  const own = measuring?.model === model ? measuring : null
  return (
    <section aria-label="Speed on this machine">
      <h3>Speed on this machine</h3>
      {own ? (
        <div className="engine-going" role="status">
          <ProgressBar value={own.done / own.total} label="Progress of the measurement" />
          <span>
            {stopping ? 'Stopping …' : `Measuring, part ${Math.min(own.done + 1, own.total)} of ${own.total}`}
          </span>
          <Button icon="stop" disabled={stopping} onClick={stopMeasuring}>
            Stop
          </Button>
        </div>
      ) : (
        <div className="engine-ask">
          <Button icon="play" disabled={measuring !== null} onClick={() => measureEngine(model)}>
            {profile ? 'Measure again' : 'Measure'}
          </Button>
          {!profile && <span>Where a step’s time goes, and what the faster settings save. Takes seconds.</span>}
        </div>
      )}
      {failed && (
        <Notice tone="danger">
          {failed.message} {failed.remedy}
        </Notice>
      )}
      {profile && <Found profile={profile} />}
    </section>
  )
}

function Found({ profile }: { readonly profile: EngineProfile }): ReactElement {
  const { forwards, runs, memory, ceiling } = profile
  const exact = forwards.find(({ name }) => name === 'exact')
  const slow = runs.find(({ speed }) => speed === 'exact')
  const whole = profile.parts.reduce((sum, { ms }) => sum + ms, 0)
  const share = exact ? exact.gflop / (exact.ms / 1000) / ceiling : 0
  return (
    <>
      <dl className="model-facts engine-facts">
        <Fact name="Runs on">
          {profile.provider === 'cpu' ? `the processor, ${profile.threads} threads` : providerName(profile.provider)}
        </Fact>
        <Fact name="Computes in">{profile.precision}</Fact>
        <Fact name="Memory">
          {bytesWords(memory.peak)}, {bytesWords(Math.max(0, memory.peak - memory.before))} of it while measuring
        </Fact>
        {exact && (
          <Fact name="One forward">
            {exact.ms.toFixed(1)} ms, {exact.gflop.toFixed(2)} GFLOP
          </Fact>
        )}
        <Fact name="Of a plain matrix product there">
          {Math.round(100 * share)} % of {Math.round(ceiling)} GFLOP/s
        </Fact>
      </dl>
      <div className="engine-tables">
        <table className="model-scores">
          <caption>Where a forward’s time goes</caption>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">ms</th>
              <th scope="col">Share</th>
            </tr>
          </thead>
          <tbody>
            {profile.parts.map(({ part, ms }) => (
              <tr key={part}>
                <td>{parts[part]}</td>
                <td>{ms.toFixed(2)}</td>
                <td>
                  <span className="engine-bar" style={{ width: `${Math.round((60 * ms) / whole)}px` }} />
                  {Math.round((100 * ms) / whole)} %
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {slow && (
          <table className="model-scores">
            <caption>One edit in {slow.steps} steps</caption>
            <thead>
              <tr>
                <th scope="col">Speed</th>
                <th scope="col">ms</th>
                <th scope="col">Forwards</th>
                <th scope="col">Rows known</th>
                <th scope="col">Faster</th>
              </tr>
            </thead>
            <tbody>
              {runs.map(({ speed, ms, forwards: count, known }) => (
                <tr key={speed}>
                  <td>{speeds[speed]}</td>
                  <td>{ms.toFixed(0)}</td>
                  <td>{count}</td>
                  <td>{Math.round(100 * known)} %</td>
                  <td>{(slow.ms / ms).toFixed(1)} ×</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
      <p className="model-with">
        Medians of {profile.rounds} forwards over {profile.sequence} positions. Other work on the machine makes them
        longer.
      </p>
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
