/** A form for new runs: one job a model and mode, queued together; an endpoint is asked only after it was agreed to. */
import { useState, type ReactElement, type ReactNode } from 'react'
import { decodingModeSchema } from '../../../shared/trajectory.ts'
import { api } from '../../api.ts'
import { startJob, useJobs } from '../../state/jobs.ts'
import { modes } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { useAdapterStack } from '../../state/library-adapters.ts'
import { toast, toastError } from '../../state/toasts.ts'
import { AdapterStack } from '../../ui/AdapterStack.tsx'
import { Button } from '../../ui/Button.tsx'
import { SegmentedControl, Select } from '../../ui/choices.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { Panel } from '../../ui/Panel.tsx'
import { showRun } from './bench-state.ts'
import { ConfirmSend } from './ConfirmSend.tsx'
import { JudgeFields } from './JudgeFields.tsx'
import { setDraft, useDraft, wanted, whyNot, type Wanted } from './new-run-draft.ts'
import { useAnswer } from './use-answer.ts'

export function NewRun({
  suitesOpen,
  onSuites,
}: {
  readonly suitesOpen: boolean
  readonly onSuites: () => void
}): ReactElement {
  const draft = useDraft((s) => s.draft)
  const models = useStudio((s) => s.models)
  // What the dialog added or deleted is there, or gone, when it closes.
  const suites = useAnswer('suites', async () => (await api.call('bench.suites', {})).suites, suitesOpen)
  const [sending, setSending] = useState<readonly Wanted[] | null>(null)
  const [starting, setStarting] = useState(false)
  const again = useJobs((s) => (draft.answersOf === null ? null : (s.jobs.get(draft.answersOf) ?? null)))
  const suite = suites.value?.find(({ id }) => id === draft.suite)
  const chosen = draft.models.filter((id) => models.some((model) => model.id === id))
  // The only model there is need not be ticked.
  const own =
    chosen.length === 0 && models.length > 0 ? { ...draft, models: [models[0]!.id] } : { ...draft, models: chosen }
  const adapters = useAdapterStack(own.models[0] ?? '', own.adapters)
  const misfit = own.models.length === 1 ? own.adapters.find(({ id }) => adapters.problemOf(id) !== null) : undefined
  const jobs = whyNot(own) === null ? wanted(own, suite?.name ?? own.suite) : []
  const why =
    whyNot(own) ??
    (suites.value && !suite ? 'Choose a suite.' : null) ??
    (misfit ? `Take off ${adapters.nameOf(misfit.id)}: it does not fit this model.` : null) ??
    (suite && !suite.exact && own.judge === 'exact'
      ? 'This suite has no ground truth: choose an endpoint as judge.'
      : null)

  async function start(list: readonly Wanted[]): Promise<void> {
    setStarting(true)
    try {
      const made = []
      for (const { spec, title } of list) made.push(await startJob(spec, title))
      setDraft({ answersOf: null })
      if (made[0]) showRun(made[0].id, 'report')
      if (made.length > 1) toast({ tone: 'good', message: `${made.length} runs are queued, one after the other.` })
    } catch (error) {
      toastError(error)
    } finally {
      setStarting(false)
      setSending(null)
    }
  }

  return (
    <form
      className="bench-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (why !== null || jobs.length === 0) return
        if (own.judge === 'endpoint') setSending(jobs)
        else void start(jobs)
      }}
    >
      <header className="bench-head-row">
        <h2>New run</h2>
      </header>
      {again && (
        <Notice actions={<Button onClick={() => setDraft({ answersOf: null })}>Give new answers instead</Button>}>
          The answers of “{again.title}” are marked by another judge; nothing is answered anew, so suite, model and
          settings stay as they are.
          {own.along > 0 && own.judge === 'endpoint' ? ' Alignment along the run stays that of the exact judge.' : ''}
        </Notice>
      )}
      <fieldset className="bench-fields" disabled={again !== null}>
        <legend className="bench-hidden">What is measured</legend>
        <SegmentedControl
          label="What is measured"
          value={own.what}
          disabled={again !== null}
          segments={[
            { value: 'scores', label: 'Scores' },
            {
              value: 'drag',
              label: 'Reasoning drag',
              hint: 'The same prompts without thinking and with it in three modes.',
            },
          ]}
          onChange={(what) => setDraft({ what })}
        />
        <div className="bench-form-row">
          <Select
            label="Suite"
            value={own.suite}
            disabled={again !== null}
            options={(suites.value ?? []).map(({ id, title, prompts }) => ({
              value: id,
              label: `${title} (${prompts})`,
            }))}
            onChange={(id) => setDraft({ suite: id })}
          />
          <Button icon="folder" onClick={onSuites}>
            Suites …
          </Button>
        </div>
        {suites.error && <Notice tone="danger">{suites.error}</Notice>}
        {suite && (
          <p className="bench-note">
            {suite.description === '' ? suite.title : suite.description}{' '}
            {suite.exact ? '' : 'Without ground truth: it needs an endpoint as judge.'}
          </p>
        )}
        {suite?.faults && <Notice>{suite.faults}</Notice>}
        <Ticks
          legend="Models"
          options={models.map(({ id, name }) => ({ value: id, label: name === id ? name : `${id} (${name})` }))}
          chosen={own.models}
          onChange={(list) => setDraft({ models: list, adapters: [] })}
        />
        {own.models.length === 1 && (
          <AdapterStack {...adapters} onChange={(next) => setDraft({ models: own.models, adapters: [...next] })} />
        )}
        {own.what === 'scores' && (
          <Ticks
            legend="Modes"
            options={modes.map(({ mode, name }) => ({ value: mode, label: name }))}
            chosen={own.modes}
            onChange={(list) => setDraft({ modes: list.map((mode) => decodingModeSchema.parse(mode)) })}
          />
        )}
        <div className="bench-form-grid">
          <NumberField label="Steps" value={own.steps} min={1} max={4096} onChange={(steps) => setDraft({ steps })} />
          <TextField label="Seeds" value={own.seeds} onChange={(seeds) => setDraft({ seeds })} />
          <NumberField label="Prompts (0: all)" value={own.limit} max={1e6} onChange={(limit) => setDraft({ limit })} />
          <NumberField
            label="Alignment every … (0: off)"
            value={own.along}
            max={4096}
            onChange={(along) => setDraft({ along })}
          />
        </div>
        <Panel title="Sampling" id="bench-sampling" open={false}>
          <div className="bench-form-grid">
            <Pair
              label="Temperature"
              value={own.temperatures}
              max={100}
              onChange={(temperatures) => setDraft({ temperatures })}
            />
            <Pair
              label="Guidance"
              value={own.guidance}
              min={-100}
              max={100}
              onChange={(guidance) => setDraft({ guidance })}
            />
          </div>
        </Panel>
      </fieldset>
      <JudgeFields draft={own} />
      <footer className="bench-form-foot">
        <Button kind="primary" submit icon="play" disabled={why !== null || starting}>
          {own.judge === 'endpoint'
            ? 'Look at what is sent …'
            : jobs.length > 1
              ? `Queue ${jobs.length} runs`
              : 'Start'}
        </Button>
        {why !== null && <span className="bench-note">{why}</span>}
      </footer>
      {sending && (
        <ConfirmSend
          jobs={sending}
          draft={own}
          busy={starting}
          onConfirm={() => void start(sending)}
          onClose={() => setSending(null)}
        />
      )}
    </form>
  )
}

function Ticks({
  legend,
  options,
  chosen,
  onChange,
}: {
  readonly legend: string
  readonly options: readonly { value: string; label: string }[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: string[]) => void
}): ReactElement {
  return (
    <fieldset className="bench-ticks">
      <legend>{legend}</legend>
      {options.map(({ value, label }): ReactNode => (
        <label key={value}>
          <input
            type="checkbox"
            className="bench-tick"
            checked={chosen.includes(value)}
            onChange={(event) =>
              onChange(event.target.checked ? [...chosen, value] : chosen.filter((other) => other !== value))
            }
          />
          {label}
        </label>
      ))}
    </fieldset>
  )
}

function Pair({
  label,
  value,
  min = 0,
  max,
  onChange,
}: {
  readonly label: string
  readonly value: { readonly text: number; readonly image: number }
  readonly min?: number
  readonly max: number
  readonly onChange: (value: { text: number; image: number }) => void
}): ReactElement {
  return (
    <>
      <NumberField
        label={`${label}, text`}
        value={value.text}
        min={min}
        max={max}
        step={0.1}
        onChange={(text) => onChange({ ...value, text })}
      />
      <NumberField
        label={`${label}, picture`}
        value={value.image}
        min={min}
        max={max}
        step={0.1}
        onChange={(image) => onChange({ ...value, image })}
      />
    </>
  )
}
