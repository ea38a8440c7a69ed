/** What is being set up: kept over a reload, never with a key; and the jobs it becomes, one a model and mode. */
import { create } from 'zustand'
import { z } from 'zod'
import {
  studioJudgeSchema,
  type StudioDrag,
  type StudioJudge,
  type StudioParabench,
} from '../../../shared/studio-bench.ts'
import { stackedAdapterSchema } from '../../../shared/studio.ts'
import { decodingModeSchema } from '../../../shared/trajectory.ts'
import type { JobOf } from '../../state/jobs.ts'
import { modeName } from '../../state/runs-words.ts'
import { recall, remember } from '../../ui/remembered.ts'
import { readSeeds } from './bench-words.ts'

const draftSchema = z.object({
  what: z.enum(['scores', 'drag']).default('scores'),
  suite: z.string().default('storybook'),
  models: z.array(z.string()).default([]),
  /** On the one model that is chosen; with several there are none. */
  adapters: z.array(stackedAdapterSchema).max(8).default([]),
  modes: z.array(decodingModeSchema).default(['parallel']),
  steps: z.int().min(1).max(4096).default(16),
  seeds: z.string().default('1'),
  /** 0: every prompt. */
  limit: z.int().nonnegative().default(0),
  /** 0: not measured. */
  along: z.int().nonnegative().default(0),
  guidance: z.object({ text: z.number(), image: z.number() }).default({ text: 0, image: 0 }),
  temperatures: z.object({ text: z.number(), image: z.number() }).default({ text: 0, image: 0 }),
  judge: z.enum(['exact', 'endpoint']).default('exact'),
  url: z.string().default(''),
  judgeModel: z.string().default(''),
  keyed: z.boolean().default(true),
  concurrency: z.int().min(1).max(64).default(4),
  /** Requests a minute; 0: as many as it takes. */
  rate: z.int().nonnegative().default(0),
  timeout: z.int().min(1).max(3600).default(60),
  /** USD a million tokens; 0 and 0: no estimate of the cost. */
  prices: z.object({ input: z.number(), output: z.number() }).default({ input: 0, output: 0 }),
  /** Marks that job's answers instead of giving new ones. */
  answersOf: z.string().nullable().default(null),
})
export type Draft = z.infer<typeof draftSchema>

const KEY = 'bench.draft'

function stored(): Draft {
  try {
    const read = draftSchema.safeParse(JSON.parse(recall(KEY, '{}')))
    return read.success ? read.data : draftSchema.parse({})
  } catch {
    return draftSchema.parse({})
  }
}

export const useDraft = create<{ readonly draft: Draft }>(() => ({ draft: stored() }))

export function setDraft(change: Partial<Draft>): void {
  const draft = { ...useDraft.getState().draft, ...change }
  remember(KEY, JSON.stringify(draft))
  useDraft.setState({ draft })
}

/** The same answers under another judge. */
export function draftFrom(job: JobOf<'parabench'>): void {
  const { spec } = job
  setDraft({
    what: 'scores',
    suite: spec.suite,
    models: [spec.model],
    adapters: spec.adapters ?? [],
    modes: [spec.mode],
    steps: spec.steps,
    seeds: spec.seeds.join(', '),
    limit: spec.limit ?? 0,
    along: spec.alongEvery ?? 0,
    guidance: spec.guidance,
    temperatures: spec.temperatures,
    judge: spec.judge.kind === 'exact' ? 'endpoint' : 'exact',
    answersOf: job.id,
  })
}

export type BenchSpec = StudioParabench | StudioDrag
export interface Wanted {
  readonly title: string
  readonly spec: BenchSpec
}

/** Why it cannot be started as it is; null where it can. */
export function whyNot(draft: Draft): string | null {
  if (draft.models.length === 0) return 'Choose a model.'
  if (draft.what === 'scores' && draft.modes.length === 0) return 'Choose a mode.'
  if (readSeeds(draft.seeds) === null) return 'Seeds are whole numbers, separated by commas: 1, 2, 3.'
  if (draft.judge === 'exact') return null
  if (URL.parse(draft.url) === null || !/^https?:/.test(draft.url))
    return 'Give the address of the endpoint: https://host/v1.'
  if (draft.judgeModel.trim() === '') return 'Say which model the endpoint is asked for.'
  if (draft.along > 0 && draft.answersOf === null)
    return 'Alignment along the run is measured by the exact judge alone: set “Alignment every …” to 0.'
  return null
}

export const hostOf = (url: string): string => URL.parse(url)?.host ?? ''

function judgeOf(draft: Draft): StudioJudge {
  if (draft.judge === 'exact') return { kind: 'exact' }
  const { prices } = draft
  return studioJudgeSchema.parse({
    kind: 'endpoint',
    url: draft.url.trim(),
    model: draft.judgeModel.trim(),
    concurrency: draft.concurrency,
    ...(draft.rate > 0 ? { requestsPerMinute: draft.rate } : {}),
    timeoutSeconds: draft.timeout,
    ...(prices.input > 0 || prices.output > 0 ? { prices } : {}),
    keyed: draft.keyed,
    agreed: hostOf(draft.url),
  })
}

/** The jobs a draft becomes. `suite`: how its suite is called. */
export function wanted(draft: Draft, suite: string): Wanted[] {
  const common = {
    suite: draft.suite,
    steps: draft.steps,
    seeds: readSeeds(draft.seeds) ?? [1],
    guidance: draft.guidance,
    temperatures: draft.temperatures,
    judge: judgeOf(draft),
    ...(draft.limit > 0 ? { limit: draft.limit } : {}),
    ...(draft.along > 0 ? { alongEvery: draft.along } : {}),
    ...(draft.models.length === 1 && draft.adapters.length > 0 ? { adapters: draft.adapters } : {}),
  }
  return draft.models.flatMap((model): Wanted[] => {
    const of = draft.models.length > 1 ? `, ${model}` : ''
    if (draft.what === 'drag')
      return [{ title: `Reasoning drag: ${suite}${of}`, spec: { ...common, kind: 'parabench-drag', model } }]
    return draft.modes.map((mode) => ({
      title: `${suite}, ${modeName(mode).toLowerCase()}, ${draft.steps} steps${of}`,
      spec: {
        ...common,
        kind: 'parabench',
        model,
        mode,
        ...(draft.answersOf === null ? {} : { answersOf: draft.answersOf }),
      },
    }))
  })
}
