/** Before the first request: to whom, what, how much; with the key where one is needed. Nothing was sent until here. */
import { useState, type ReactElement } from 'react'
import type { Asking } from '../../../shared/bench.ts'
import { api } from '../../api.ts'
import { toastError } from '../../state/toasts.ts'
import { Button } from '../../ui/Button.tsx'
import { Switch } from '../../ui/choices.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { TextField } from '../../ui/Field.tsx'
import { tokens } from './bench-words.ts'
import { hostOf, type Draft, type Wanted } from './new-run-draft.ts'
import { useAnswer } from './use-answer.ts'

const wherefrom = {
  none: '',
  memory: 'A key was given for this run and is in memory.',
  kept: 'The key kept for this host, encrypted by the system, is used.',
  environment: 'The key in TANDEM_JUDGE_KEY, with which the studio was started, is used.',
} as const

export function ConfirmSend({
  jobs,
  draft,
  busy,
  onConfirm,
  onClose,
}: {
  readonly jobs: readonly Wanted[]
  readonly draft: Draft
  readonly busy: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}): ReactElement {
  const { url } = draft
  const host = hostOf(url)
  const [key, setKey] = useState('')
  const [keep, setKeep] = useState(false)
  const [other, setOther] = useState(false)
  const [saving, setSaving] = useState(false)
  const estimate = useAnswer(`estimate ${JSON.stringify(jobs)}`, async () => {
    const all = await Promise.all(jobs.map(({ spec }) => api.call('bench.estimate', { spec })))
    return { about: sumOf(all), most: sumOf(all.map(({ most }) => most)) }
  })
  const state = useAnswer(`key ${host}`, () => api.call('bench.key', { url }))
  const asks = draft.keyed && (other || state.value?.where === 'none')
  const ready = estimate.value !== null && state.value !== null && (!asks || key.trim() !== '')

  async function confirm(): Promise<void> {
    setSaving(true)
    try {
      if (asks) await api.call('bench.setKey', { url, key, keep })
      setKey('')
      onConfirm()
    } catch (error) {
      toastError(error)
    } finally {
      setSaving(false)
    }
  }

  return (
    <Dialog
      title={`Send to ${host}?`}
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" disabled={!ready || busy || saving} onClick={() => void confirm()}>
            Send to {host}
          </Button>
        </>
      }
    >
      <div className="bench-send">
        <p>
          {draft.judgeModel} at <strong>{host}</strong> will be sent the instructions, the reasoning and the pictures
          (given and drawn) of {jobs.length === 1 ? 'this run' : `these ${jobs.length} runs`}, one question a dimension.
          Nothing else leaves this machine.
        </p>
        {estimate.error ? (
          <Notice tone="danger">{estimate.error}</Notice>
        ) : estimate.value ? (
          <dl className="bench-scores">
            <Asked name="About, without repeats" asked={estimate.value.about} />
            <Asked name="The most, if all is repeated and paid" asked={estimate.value.most} />
          </dl>
        ) : (
          <ProgressBar value={null} label="Counting" />
        )}
        {state.error && <Notice tone="danger">{state.error}</Notice>}
        {draft.keyed && state.value && !asks && (
          <p className="bench-form-row">
            <span>{wherefrom[state.value.where]}</span>
            <Button onClick={() => setOther(true)}>Give another …</Button>
          </p>
        )}
        {asks && state.value && (
          <>
            <TextField
              label={`Key for ${host}`}
              type="password"
              autoComplete="off"
              value={key}
              maxLength={4000}
              onChange={setKey}
            />
            {state.value.canKeep ? (
              <Switch
                label="Keep it, encrypted by the system"
                hint="Else it is in memory until these runs are done or the studio closes."
                checked={keep}
                onChange={setKeep}
              />
            ) : (
              <p className="bench-note">{state.value.why}</p>
            )}
          </>
        )}
      </div>
    </Dialog>
  )
}

function sumOf(all: readonly Asking[]): Asking {
  const sum = (key: 'requests' | 'input_tokens' | 'output_tokens'): number =>
    all.reduce((total, one) => total + one[key], 0)
  return {
    requests: sum('requests'),
    input_tokens: sum('input_tokens'),
    output_tokens: sum('output_tokens'),
    usd: all.some(({ usd }) => usd === null) ? null : all.reduce((total, { usd }) => total + (usd ?? 0), 0),
  }
}

/** Answers that cannot be read are asked for again, requests that fail are sent again: how much that can be is said too. */
function Asked({ name, asked }: { readonly name: string; readonly asked: Asking }): ReactElement {
  const { requests, input_tokens, output_tokens, usd } = asked
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {requests} requests, {tokens(input_tokens)} tokens sent, {tokens(output_tokens)} answered,{' '}
        {usd === null ? 'cost unknown: give prices' : `${usd.toFixed(2)} USD`}
      </dd>
    </div>
  )
}
