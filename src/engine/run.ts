/**
 * One edit or generation, end to end: a request becomes a trajectory header, the sampler denoises it step by step, and
 * the finished sequence becomes a picture and a text. Live view, command line and judge all start here.
 */
import type { Acceleration } from '../shared/acceleration.ts'
import { TandemError } from '../shared/errors.ts'
import type { FieldName, ModelConfig, Task } from '../shared/model-config.ts'
import type { DecodingMode, Trajectory, TrajectoryHeader, TrajectoryStep } from '../shared/trajectory.ts'
import { canonicalStep } from '../shared/trajectory.ts'
import type { ModelFolder } from './model/folder.ts'
import {
  findField,
  fitOf,
  ownLength,
  padText,
  requireField,
  resolveLayout,
  taskOf,
  type Layout,
} from './model/layout.ts'
import { createProviderState, fallingBack, type Fall } from './model/fallback.ts'
import { createPredictor, type ModelPredictor } from './model/predictor.ts'
import type { ProviderName } from './runtime/providers.ts'
import { denoise, type Guides } from './sampler/denoise.ts'
import { defaultCurves, makePlan } from './sampler/schedule.ts'

export interface RunRequest {
  readonly instruction: string
  /** RGB [size, size, 3]; null generates from the instruction alone. */
  readonly input: Uint8Array | null
  /** Codes of the input picture, where they are known already: `input` is then left out. */
  readonly inputCodes?: Int32Array
  readonly mode: DecodingMode
  readonly steps: number
  /** Updates of the image; every one of its steps when absent. */
  readonly imageSteps?: number
  readonly seed: number
  readonly guidance: { readonly text: number; readonly image: number }
  readonly temperatures: { readonly text: number; readonly image: number }
  /** Output image cells (row-major codes) that may change; the others keep the input's codes. */
  readonly region?: readonly number[]
  /** What may be given up for speed; absent: nothing. */
  readonly acceleration?: Acceleration
  /** Output tokens held from the start, by sequence position. */
  readonly pinned?: ReadonlyMap<number, number>
}

export interface Engine {
  readonly model: ModelFolder
  /** What it computes on now: another than it was made for, once that one failed. */
  readonly provider: ProviderName
  /** A step of it has been computed: what it takes of memory, it has taken. */
  readonly warm: boolean
  /** Providers that failed since the last call, and what goes on instead. */
  falls(this: void): Fall[]
  /** `instruction`: its length, where the model reads it as long as it is. */
  predictor(task: Task, instruction?: number): ModelPredictor
  dispose(): Promise<void>
}

/** `open` makes a predictor on a provider; tests bring one that fails. */
export function createEngine(
  model: ModelFolder,
  provider: ProviderName = 'cpu',
  threads?: number,
  open: typeof createPredictor = createPredictor,
): Engine {
  const predictors = new Map<string, ModelPredictor>()
  const state = createProviderState(provider)
  return {
    model,
    get provider() {
      return state.current
    },
    get warm() {
      return [...predictors.values()].some(({ rows }) => rows.computed > 0)
    },
    falls: () => state.take(),
    predictor(task, instruction) {
      const own = fitOf(model.config, task) ? instruction : undefined
      const key = `${task} ${own ?? ''}`
      const known = predictors.get(key)
      if (known) return known
      const options = {
        ...(threads === undefined ? {} : { threads }),
        ...(own === undefined ? {} : { instruction: own }),
      }
      const made = fallingBack(state, (on) => open(model, task, { provider: on, ...options }))
      predictors.set(key, made)
      return made
    },
    async dispose() {
      for (const predictor of predictors.values()) await predictor.dispose()
      predictors.clear()
      await model.image.dispose()
    },
  }
}

/** The layout of a run, which is as long as its instruction where the model reads it so. */
export function layoutOf({ config }: Pick<ModelFolder, 'config'>, task: Task, ids: ArrayLike<number>): Layout {
  return resolveLayout(config, task, ownLength(config, task, ids))
}

/** Encodes the request into the header a run starts from. Throws a TandemError for a request the model cannot take. */
export async function prepareRun(engine: Engine, request: RunRequest): Promise<TrajectoryHeader> {
  const { config, image, text } = engine.model
  const task = taskOf(request.input !== null || request.inputCodes !== undefined, request.mode === 'image-only')
  const ids = text.encode(request.instruction)
  const fit = fitOf(config, task)
  const limit = requireField(resolveLayout(config, task), 'instruction').length - (fit === 'bare' ? 0 : 1)
  if (ids.length === 0)
    throw new TandemError('The instruction is empty.', 'Say what should change, for example: remove the cat.')
  if (ids.length > limit) {
    throw new TandemError(`The instruction is ${ids.length} tokens long; this model reads ${limit}.`, 'Shorten it.')
  }
  const layout = layoutOf(engine.model, task, ids)
  const tokens = layout.template.slice()
  const instruction = requireField(layout, 'instruction')
  tokens.set(fit === 'bare' ? ids : padText(config, ids, instruction.length), instruction.start)
  const inputField = findField(layout, 'inputImage')
  const codes = request.inputCodes ?? (request.input && inputField ? await image.encode(request.input) : null)
  if (codes && inputField)
    tokens.set(
      codes.map((code) => code + config.image.offset),
      inputField.start,
    )
  for (const name of ['outputImage', 'outputText'] as const) {
    const field = findField(layout, name)
    if (field) tokens.fill(config.special.mask, field.start, field.start + field.length)
  }
  if (request.region) keepOutside(config, requireField(layout, 'outputImage').start, codes, request.region, tokens)
  for (const [position, token] of request.pinned ?? []) tokens[position] = token
  const { sampling } = config
  const plan = makePlan(request.mode, request.steps, request.imageSteps, sampling?.lateImage)
  return {
    format: 'tandem-trajectory',
    version: 1,
    seed: request.seed,
    mode: request.mode,
    task,
    steps: request.steps,
    schedule: {
      ...(plan.text.length > 0 ? { text: { kind: sampling?.text ?? defaultCurves.text, steps: [...plan.text] } } : {}),
      image: { kind: sampling?.image ?? defaultCurves.image, steps: [...plan.image] },
    },
    guidance: { ...request.guidance },
    temperatures: { ...request.temperatures },
    length: layout.length,
    tokens: [...tokens],
    maskId: config.special.mask,
    fields: layout.fields.map((field) => ({ ...field })),
    image: { grid: config.image.grid, offset: config.image.offset, codebookSize: config.image.codebookSize },
    model: { name: engine.model.name, hash: engine.model.hash },
    provider: engine.provider,
    instruction: request.instruction,
    ...(request.region ? { region: [...request.region] } : {}),
    pinned: [...(request.pinned?.keys() ?? [])].sort((a, b) => a - b),
    ...(request.acceleration ? { acceleration: request.acceleration } : {}),
  }
}

function keepOutside(
  config: ModelConfig,
  start: number,
  codes: Int32Array | null,
  region: readonly number[],
  tokens: Int32Array,
): void {
  if (!codes) throw new TandemError('A mask needs an input picture.', 'Give a picture, or leave the mask out.')
  const free = new Set(region)
  codes.forEach((code, cell) => {
    if (!free.has(cell)) tokens[start + cell] = code + config.image.offset
  })
}

/** Denoises from the header, or goes on from a known part of a run. Yields canonical steps, as they are recorded. */
export async function* runSteps(
  engine: Engine,
  known: Trajectory,
  signal?: AbortSignal,
): AsyncGenerator<TrajectoryStep> {
  const { header } = known
  const instruction = header.fields.find((field) => field.name === 'instruction')
  const options = {
    predictor: engine.predictor(header.task, instruction?.length),
    unconditional: guidesOf(engine.model.config, header),
    ...(signal ? { signal } : {}),
  }
  for await (const step of denoise(known, options)) yield canonicalStep(header, step)
}

/** What guidance leaves out, as the model's config says. */
export function guidesOf(config: ModelConfig, { fields }: Pick<TrajectoryHeader, 'fields'>): Guides {
  const { form, instruction, inputImage } = config.unconditional ?? {
    form: 'joint' as const,
    instruction: config.special.mask,
  }
  const without = (sequence: Int32Array, name: FieldName, token: number | undefined): void => {
    const field = fields.find((each) => each.name === name)
    if (field && token !== undefined) sequence.fill(token, field.start, field.start + field.length)
  }
  const leave =
    (...parts: readonly [FieldName, number | undefined][]) =>
    (sequence: Int32Array): Int32Array => {
      const out = sequence.slice()
      for (const [name, token] of parts) without(out, name, token)
      return out
    }
  if (form === 'joint') return leave(['instruction', instruction], ['inputImage', inputImage])
  return { text: leave(['instruction', instruction]), image: leave(['inputImage', inputImage]) }
}

export interface Outcome {
  readonly rgb: Uint8Array
  readonly reasoning: string
  readonly codes: Int32Array
}

/** Picture and text of a sequence, undecided positions shown through their drafts if `tokens` holds them. */
export async function readOutcome(engine: Engine, header: TrajectoryHeader, tokens: Int32Array): Promise<Outcome> {
  const { config, image, text } = engine.model
  const at = (name: 'outputImage' | 'outputText'): Int32Array => {
    const field = header.fields.find((f) => f.name === name)
    return field ? tokens.slice(field.start, field.start + field.length) : new Int32Array(0)
  }
  const codes = at('outputImage').map((token) => {
    const code = token - config.image.offset
    return code >= 0 && code < config.image.codebookSize ? code : 0
  })
  return { rgb: await image.decode(codes), reasoning: decodeText(config, text.decode, at('outputText')), codes }
}

/** The text up to its end token. */
export function decodeText(config: ModelConfig, decode: (ids: Int32Array) => string, tokens: Int32Array): string {
  const end = tokens.indexOf(config.special.eos)
  return decode(end < 0 ? tokens : tokens.slice(0, end))
}
