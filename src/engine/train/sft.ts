/**
 * Supervised fine-tuning of the mask predictor (paper section 4): sum over masked output positions of
 * w(t, modality) x cross-entropy. One graph per sequence layout, all on the same weights; a batch holds one layout.
 */
import { z } from 'zod'
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import { TandemError } from '../../shared/errors.ts'
import { seededRandom, type Random } from '../data/random.ts'
import { modelParameters } from '../model/forward.ts'
import { adapterParameters } from '../model/adapter-config.ts'
import type { DropoutFeed, GraphAdapter } from '../model/adapter-graph.ts'
import { fitOf, ownLength, resolveLayout, taskOf, type Layout } from '../model/layout.ts'
import { layOutParameters } from '../model/parameters.ts'
import { buildTrainGraph } from '../model/train-graph.ts'
import { buildBatch, type TokenSample } from './batch.ts'
import { corruptionSchema, type CorruptionConfig } from './corruption.ts'
import { LossTally } from './losses.ts'
import type { StepContext, StepOutcome, TrainTask } from './loop.ts'
import { createBatchProgram, type StepProgram } from './parallel-program.ts'
import { createProgram, type Program } from './step.ts'
import type { Tensor } from '../runtime/session.ts'

export const sftSchema = z.strictObject({
  batch: z.int().min(1).max(1024),
  /** Passes a batch is computed in, each with an equal share of it: less memory, the same gradient. */
  accumulate: z.int().min(1).max(1024).default(1),
  /** Share of batches that generate without an input image. */
  generateShare: z.number().min(0).max(1).default(0.15),
  /** Share of batches without an output text (image-only mode). */
  imageOnlyShare: z.number().min(0).max(1).default(0.1),
  corruption: corruptionSchema.default(corruptionSchema.parse({})),
  validationSamples: z.int().nonnegative().default(128),
})
export type SftConfig = z.infer<typeof sftSchema>

/** Where samples come from: pure functions of their index, so that a position is all a resume needs. */
export interface SampleSource {
  readonly identity: string
  /** The sample at `index` of the training stream; `progress` drives curricula. */
  train(index: number, edit: boolean, progress: number): TokenSample
  validation(index: number, edit: boolean): TokenSample
  /** Prompts to look at while training goes: the named rows, or the first few that validate. Throws for an unknown row. */
  prompts?(rows: readonly string[], count: number): readonly PreviewPrompt[]
  /** Rows of each split; absent where samples are made up without end. */
  readonly counts?: { readonly train: number; readonly validation: number }
}

/** One prompt of the validation data: what the model is shown. */
export interface PreviewPrompt {
  readonly row: string | null
  readonly instruction: string
  /** Codes of the input picture; null for a generation. */
  readonly inputImage: Int32Array | null
}

export interface SftOptions {
  /** Weights to start from; an adapter starts from nothing. */
  readonly start?: Float32Array
  readonly threads?: number
  /** Trains this adapter instead of the weights, which stay as they are. */
  readonly adapter?: GraphAdapter & { readonly baseHash: string }
}

interface OpenStep {
  readonly program: StepProgram
  readonly layout: Layout
  readonly dropouts: readonly DropoutFeed[]
}

interface OpenForward {
  readonly program: Program
  readonly layout: Layout
}

/** A batch holds one kind of sequence. */
export interface SftKind {
  readonly edit: boolean
  readonly imageOnly: boolean
}

/** The task, and what a pre-flight needs of it: its kinds of steps, and a step of a given kind. */
export interface SftTask extends TrainTask {
  readonly kinds: readonly (SftKind & { readonly share: number })[]
  stepOf(kind: SftKind, context: StepContext): Promise<StepOutcome>
}

const TASKS: readonly SftKind[] = [
  { edit: true, imageOnly: false },
  { edit: false, imageOnly: false },
  { edit: true, imageOnly: true },
  { edit: false, imageOnly: true },
]

export function createSftTask(
  config: ModelConfig,
  sft: SftConfig,
  source: SampleSource,
  options: SftOptions = {},
): SftTask {
  const { adapter } = options
  const table = layOutParameters(adapter ? adapterParameters(config, adapter.config) : modelParameters(config))
  const dropout = adapter?.config.dropout ?? 0
  const steps = new OpenGraphs<OpenStep>()
  const forwards = new OpenGraphs<OpenForward>()
  // Where a sequence is as long as its instruction, no two need be of one length: each is a pass of its own.
  const share = fitOf(config, 'edit') ? 1 : passShare(sft)
  const passes = sft.batch / share
  const weightsFrom = adapter?.stored?.root
  const lengthOf = (task: Task, [first]: readonly TokenSample[]): { readonly instruction?: number } => {
    const instruction = ownLength(config, task, first!.instruction)
    return instruction === undefined ? {} : { instruction }
  }
  const adapted = adapter ? { adapter } : {}
  const openStep = (task: Task, samples: readonly TokenSample[]): Promise<OpenStep> => {
    const length = lengthOf(task, samples)
    return steps.open(`${task} ${length.instruction ?? ''}`, () => makeStep(task, length))
  }
  const makeStep = async (task: Task, length: { readonly instruction?: number }): Promise<OpenStep> => {
    let dropouts: readonly DropoutFeed[] = []
    const program = await createBatchProgram(
      (batch) => {
        const built = buildTrainGraph(config, task, batch, { ...adapted, ...length })
        // The graph of a part asks for masks of a part; a step is fed those of the whole.
        const parts = share / batch
        dropouts = built.dropouts.map(({ name, shape: [rows, width] }) => ({ name, shape: [rows * parts, width] }))
        return built.model
      },
      share,
      table,
      options.threads,
      weightsFrom,
    )
    return { program, layout: resolveLayout(config, task, length.instruction), dropouts }
  }
  const openForward = (task: Task, samples: readonly TokenSample[]): Promise<OpenForward> => {
    const length = lengthOf(task, samples)
    return forwards.open(`${task} ${length.instruction ?? ''}`, async () => {
      const { model, layout } = buildTrainGraph(config, task, share, { forwardOnly: true, ...adapted, ...length })
      return { program: await createProgram(model, table, options.threads, weightsFrom), layout }
    })
  }
  const draw = (random: Random): SftKind => {
    const edit = random.next() >= sft.generateShare
    return { edit, imageOnly: random.next() < sft.imageOnlyShare }
  }
  // Gradients of the passes after the first.
  const scratch = passes > 1 ? new Float32Array(table.size) : null

  async function stepOf({ edit, imageOnly }: SftKind, context: StepContext): Promise<StepOutcome> {
    const tally = new LossTally()
    for (let pass = 0; pass < passes; pass++) {
      const from = context.position + pass * share
      const samples = Array.from({ length: share }, (_, i) => source.train(from + i, edit, context.progress))
      const { program, layout, dropouts } = await openStep(taskOf(edit, imageOnly), samples)
      const batch = buildBatch(config, layout, samples, sft.corruption, context.random, sft.batch)
      const feeds = { ...batch.feeds, ...dropoutMasks(dropouts, dropout, context.random) }
      const into = pass === 0 || !scratch ? context.gradient : scratch
      tally.add(batch, await program.step(feeds, context.weights, into))
      if (into === scratch) addTo(context.gradient, scratch)
    }
    const { batch: samples } = sft
    const position = context.position + samples
    return { samples, position, metrics: tally.metrics(), byNoise: tally.byNoise() }
  }

  return {
    table,
    identity: JSON.stringify({
      config,
      sft: lasting(sft),
      source: source.identity,
      ...(adapter ? { adapter: adapter.config, base: adapter.baseHash } : {}),
    }),
    ...(options.start ? { start: options.start } : {}),
    kinds: TASKS.map((kind) => ({ ...kind, share: shareOf(kind, sft) })).filter((kind) => kind.share > 0),
    step: (context) => stepOf(draw(context.random), context),
    stepOf,
    async validate(weights, signal) {
      const tally = new LossTally()
      const random = seededRandom('validation')
      const plain: CorruptionConfig = { ...sft.corruption, dropText: 0, dropImage: 0 }
      // Whole batches, whatever the number of passes: the same samples either way.
      const count = Math.ceil(sft.validationSamples / sft.batch) * sft.batch
      for (const kind of TASKS) {
        if (shareOf(kind, sft) === 0) continue
        for (let at = 0; at < count; at += share) {
          const samples = Array.from({ length: share }, (_, i) => source.validation(at + i, kind.edit))
          const { program, layout } = await openForward(taskOf(kind.edit, kind.imageOnly), samples)
          const batch = buildBatch(config, layout, samples, plain, random)
          tally.add(batch, await program.forward(batch.feeds, weights))
          // A stop does not wait for the end: signals get their turn between the batches.
          await new Promise((resolve) => setImmediate(resolve))
          if (signal?.aborted) return null
        }
      }
      return { metrics: tally.metrics('val_'), byNoise: tally.byNoise() }
    },
    async dispose() {
      await steps.dispose()
      await forwards.dispose()
    },
  }
}

/** Graphs kept open at a time: every layout of a model with padded instructions, the latest lengths of another. */
const MOST_OPEN = 8

/** Programs by name, made when they are asked for; the one that was not asked for longest makes room. */
class OpenGraphs<T extends { readonly program: Pick<StepProgram, 'dispose'> }> {
  readonly #open = new Map<string, T>()

  async open(name: string, make: () => Promise<T>): Promise<T> {
    const made = this.#open.get(name) ?? (await make())
    this.#open.delete(name)
    this.#open.set(name, made)
    const [oldest] = this.#open
    if (this.#open.size > MOST_OPEN && oldest) {
      this.#open.delete(oldest[0])
      await oldest[1].program.dispose()
    }
    return made
  }

  async dispose(): Promise<void> {
    for (const { program } of this.#open.values()) await program.dispose()
    this.#open.clear()
  }
}

/** Fresh masks for one step, from the run's own random stream: a resume draws the same. */
function dropoutMasks(feeds: readonly DropoutFeed[], dropout: number, random: Random): Record<string, Tensor> {
  const masks: Record<string, Tensor> = {}
  for (const { name, shape } of feeds) {
    const data = new Float32Array(shape[0] * shape[1])
    const kept = 1 / (1 - dropout)
    for (let i = 0; i < data.length; i++) if (random.next() >= dropout) data[i] = kept
    masks[name] = { data, dims: shape }
  }
  return masks
}

/** Settings a resume must keep. In how many passes a batch is computed may change: its gradient does not. */
function lasting({ accumulate: _passes, ...rest }: SftConfig): Omit<SftConfig, 'accumulate'> {
  return rest
}

/** Samples a pass. */
function passShare({ batch, accumulate }: SftConfig): number {
  if (batch % accumulate === 0) return batch / accumulate
  throw new TandemError(
    `A batch of ${batch} cannot be computed in ${accumulate} equal passes.`,
    `Give a number of passes that divides ${batch}.`,
  )
}

/** How often a step is of this kind. */
function shareOf({ edit, imageOnly }: SftKind, { generateShare, imageOnlyShare }: SftConfig): number {
  return (edit ? 1 - generateShare : generateShare) * (imageOnly ? imageOnlyShare : 1 - imageOnlyShare)
}

function addTo(sum: Float32Array, part: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + part[i]!
}
