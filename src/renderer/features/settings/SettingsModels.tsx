/** Preferences about models: what they compute on, how long they stay in memory, and where published ones are got from. */
import { useEffect, useState, type ReactElement } from 'react'
import { providerNames, providerWords, type ProviderChoice, type ProvidersFound } from '../../../shared/providers.ts'
import { api } from '../../api.ts'
import { setPreferences } from '../../state/session-preferences.ts'
import { useStudio } from '../../state/store.ts'
import { asWords } from '../../state/problems.ts'
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { NumberField } from '../../ui/NumberField.tsx'

export function SettingsModels(): ReactElement {
  const { provider, unloadMinutes, modelHost } = useStudio((s) => s.preferences)
  const [found, setFound] = useState<ProvidersFound | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [host, setHost] = useState(modelHost)
  useEffect(() => {
    api.call('providers.get', {}).then(
      (answer) => setFound(answer.found),
      (reason: unknown) => setError(asWords(reason)),
    )
  }, [])

  /** Without an address the one before holds. */
  function keepHost(): void {
    const wanted = host.trim() || modelHost
    setHost(wanted)
    if (wanted !== modelHost) setPreferences({ modelHost: wanted })
  }
  async function measure(): Promise<void> {
    setBusy(true)
    setError(null)
    try {
      setFound((await api.call('providers.measure', {})).found)
    } catch (reason) {
      setError(asWords(reason))
    } finally {
      setBusy(false)
    }
  }
  return (
    <section aria-label="Models">
      <h3>Models</h3>
      <Select<ProviderChoice>
        label="Computed on"
        value={provider}
        options={[
          { value: 'auto', label: `The fastest here (${providerWords[found?.chosen ?? 'cpu']})` },
          ...providerNames.map((name) => ({ value: name, label: providerWords[name] })),
        ]}
        onChange={(value) => setPreferences({ provider: value })}
      />
      {found ? (
        <ul className="settings-providers">
          {found.reports.map(({ name, available, reason, gflops }) => (
            <li key={name}>
              <b>{providerWords[name]}</b>{' '}
              {available
                ? `works${gflops === undefined ? '' : `, ${Math.round(gflops)} GFLOP/s`}`
                : `not here: ${reason ?? ''}`}
            </li>
          ))}
        </ul>
      ) : (
        <p className="field-hint">Not measured yet on this machine: runs take the processor.</p>
      )}
      <Button className="settings-measure" disabled={busy} onClick={() => void measure()}>
        {busy ? 'Measuring …' : found ? 'Measure again' : 'Measure'}
      </Button>
      {error !== null && <Notice tone="danger">{error}</Notice>}
      <p className="field-hint">
        A provider that fails in the middle of a run is left for the processor; the run goes on from its last step and
        says so.
      </p>
      <NumberField
        label="Unload after"
        unit="min"
        value={unloadMinutes}
        min={0}
        max={1440}
        step={1}
        onChange={(value) => setPreferences({ unloadMinutes: Math.round(value) })}
      />
      <p className="field-hint">
        Without a run for so long, models leave the memory; the next run loads them again. 0 keeps them.
      </p>
      <TextField
        label="Host of published models"
        value={host}
        maxLength={500}
        onChange={setHost}
        onBlur={keepHost}
        onKeyDown={(event) => {
          if (event.key === 'Enter') keepHost()
          else if (event.key === 'Escape' && host !== modelHost) {
            // What was typed is given up, not the window around it.
            event.preventDefault()
            setHost(modelHost)
          }
        }}
      />
    </section>
  )
}
