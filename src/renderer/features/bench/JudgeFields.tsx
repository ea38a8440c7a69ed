/** Who marks the answers: the exact judge, or a vision model at an endpoint. */
import type { ReactElement } from 'react'
import { SegmentedControl, Switch } from '../../ui/choices.tsx'
import { TextField } from '../../ui/Field.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { setDraft, type Draft } from './new-run-draft.ts'

export function JudgeFields({ draft }: { readonly draft: Draft }): ReactElement {
  return (
    <fieldset className="bench-fields">
      <legend>Judge</legend>
      <SegmentedControl
        label="Judge"
        value={draft.judge}
        segments={[
          {
            value: 'exact',
            label: 'Exact',
            hint: 'Reads the scene from pixels and the claims from the words. Nothing is sent.',
          },
          { value: 'endpoint', label: 'Vision model', hint: 'Any endpoint that speaks the OpenAI chat protocol.' },
        ]}
        onChange={(judge) => setDraft({ judge })}
      />
      {draft.judge === 'endpoint' && (
        <>
          <div className="bench-form-pair">
            <TextField
              label="Base URL"
              placeholder="https://host/v1"
              value={draft.url}
              maxLength={2000}
              onChange={(url) => setDraft({ url })}
            />
            <TextField
              label="Model"
              value={draft.judgeModel}
              maxLength={200}
              onChange={(judgeModel) => setDraft({ judgeModel })}
            />
          </div>
          <div className="bench-form-grid">
            <NumberField
              label="Requests at once"
              value={draft.concurrency}
              min={1}
              max={64}
              onChange={(concurrency) => setDraft({ concurrency })}
            />
            <NumberField
              label="A minute (0: no limit)"
              value={draft.rate}
              max={100_000}
              onChange={(rate) => setDraft({ rate })}
            />
            <NumberField
              label="Patience"
              unit="s"
              value={draft.timeout}
              min={1}
              max={3600}
              onChange={(timeout) => setDraft({ timeout })}
            />
            <NumberField
              label="USD a million tokens sent"
              value={draft.prices.input}
              max={10_000}
              step={0.01}
              onChange={(input) => setDraft({ prices: { ...draft.prices, input } })}
            />
            <NumberField
              label="USD a million answered"
              value={draft.prices.output}
              max={10_000}
              step={0.01}
              onChange={(output) => setDraft({ prices: { ...draft.prices, output } })}
            />
          </div>
          <Switch
            label="It needs a key"
            hint="Asked for before anything is sent; it is never written into settings, logs or reports."
            checked={draft.keyed}
            onChange={(keyed) => setDraft({ keyed })}
          />
        </>
      )}
    </fieldset>
  )
}
