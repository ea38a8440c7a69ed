/**
 * The form of a new run: what is filled in, kept over a reload, and the pre-flight of exactly that. A measurement goes
 * on when another screen is opened; its answer is kept with the settings it was made for.
 */
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import { sftStudioSpecSchema, type SftStudioSpec } from '../../shared/studio-training.ts'
import { preflightSchema, type PreflightReport, type Proposal } from '../../shared/training.ts'
import {
  applyProposal,
  completeSettings,
  trainingPresets,
  type TrainingSettings,
} from '../../shared/training-settings.ts'
import { api } from '../api.ts'
import { recall, remember } from '../ui/remembered.ts'
import { runById } from './commands.ts'
import { startJob, type JobOf } from './jobs.ts'
import { asWords } from './problems.ts'

const FORM = 'train.form'
const REPORT = 'train.report'

interface Measuring {
  readonly token: string
  readonly since: number
}

interface Form {
  readonly spec: SftStudioSpec
  readonly measuring: Measuring | null
  /** The last measurement, with what it was made for. */
  readonly report: { readonly key: string; readonly report: PreflightReport } | null
  readonly problem: string | null
  readonly starting: boolean
}

const emptyForm = (): SftStudioSpec => ({
  kind: 'sft',
  model: 'storybook',
  data: { from: 'world', seed: 1 },
  settings: completeSettings(trainingPresets[0]!.settings),
  preset: trainingPresets[0]!.id,
})

/** What was kept, where it still reads as one. */
function stored<T>(key: string, read: (value: unknown) => T | null): T | null {
  try {
    return read(JSON.parse(recall<string>(key, 'null')))
  } catch {
    return null
  }
}

const keep = (key: string, value: unknown): void => remember(key, JSON.stringify(value))

export const useForm = create<Form>(() => ({
  spec: stored(FORM, (value) => sftStudioSpecSchema.safeParse(value).data ?? null) ?? emptyForm(),
  measuring: null,
  report: stored(REPORT, (value) => {
    const { key, report } = (value ?? {}) as { key?: unknown; report?: unknown }
    const parsed = preflightSchema.safeParse(report)
    return typeof key === 'string' && parsed.success ? { key, report: parsed.data } : null
  }),
  problem: null,
  starting: false,
}))

/** What a measurement depends on: a name or a note does not change it. */
const keyOf = ({ model, data, settings }: SftStudioSpec): string =>
  JSON.stringify([model, data, { ...settings, name: null }])

/** The report that holds for what is filled in; null where it was made for something else. */
export function currentReport({ spec, report }: Pick<Form, 'spec' | 'report'>): PreflightReport | null {
  return report?.key === keyOf(spec) ? report.report : null
}

export function setForm(change: Partial<Omit<SftStudioSpec, 'kind'>>): void {
  const spec = { ...useForm.getState().spec, ...change }
  keep(FORM, spec)
  useForm.setState({ spec, problem: null })
}

export function setTraining(change: Partial<TrainingSettings>): void {
  const { spec } = useForm.getState()
  setForm({ settings: { ...spec.settings, ...change } })
}

/** A preset fills everything in but the name. */
export function choosePreset(id: string): void {
  const preset = trainingPresets.find((entry) => entry.id === id)
  if (!preset) return
  const { name } = useForm.getState().spec.settings
  setForm({ preset: id, settings: { ...completeSettings(preset.settings), name } })
}

/** The form filled in as a run was, with a proposal laid over it. */
export function fillFrom(job: JobOf<'sft'>, proposal: Proposal | null): void {
  const { model, data, settings, preset } = job.spec
  setForm({ model, data, preset, settings: proposal ? applyProposal(settings, proposal) : settings })
}

/** Opens the form of a new run with this data set in it. */
export function trainOn(dataset: string): void {
  setForm({ data: { from: 'dataset', dataset } })
  remember('train.run', '')
  remember('train.from', 'examples')
  runById('screen.train')
}

export const takeProposal = (proposal: Proposal): void =>
  setForm({ settings: applyProposal(useForm.getState().spec.settings, proposal) })

/** Measures one step of what is filled in. The report, or null where it failed or was stopped. */
export async function measure(): Promise<PreflightReport | null> {
  const { spec } = useForm.getState()
  const token = `m${Date.now().toString(36)}${Math.floor(Math.random() * 36 ** 6).toString(36)}`
  useForm.setState({ measuring: { token, since: Date.now() }, problem: null })
  try {
    const report = await api.call('training.preflight', { token, spec })
    const made = { key: keyOf(spec), report }
    keep(REPORT, made)
    useForm.setState({ report: made })
    return report
  } catch (error) {
    if (!(error instanceof TandemError && error.kind === 'cancelled')) useForm.setState({ problem: asWords(error) })
    return null
  } finally {
    if (useForm.getState().measuring?.token === token) useForm.setState({ measuring: null })
  }
}

export function stopMeasuring(): void {
  const { measuring } = useForm.getState()
  if (!measuring) return
  useForm.setState({ measuring: null })
  void api.call('training.cancelPreflight', { token: measuring.token }).catch(() => undefined)
}

/**
 * Starts what is filled in. What was not measured is measured first, and does not start by itself where it is refused
 * or tight. Returns the job's id, or null where nothing started.
 */
export async function startTraining(anyway = false): Promise<string | null> {
  const { starting } = useForm.getState()
  if (starting) return null
  useForm.setState({ starting: true, problem: null })
  try {
    const { spec } = useForm.getState()
    const report = currentReport(useForm.getState()) ?? (await measure())
    if (!report || report.verdict === 'refused' || (report.verdict === 'tight' && !anyway)) return null
    // What was measured is what starts: a change meanwhile is another measurement.
    if (useForm.getState().spec !== spec) return null
    const job = await startJob(spec)
    return job.id
  } catch (error) {
    useForm.setState({ problem: asWords(error) })
    return null
  } finally {
    useForm.setState({ starting: false })
  }
}
