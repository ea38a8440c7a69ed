/**
 * Supervised fine-tuning of the mask predictor (paper section 4): sum over masked output positions of
 * w(t, modality) x cross-entropy. One graph per sequence layout, all on the same weights; a batch holds one layout.
 */
import { z } from 'zod'
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import type { Random } from '../data/random.ts'
import { modelParameters } from '../model/forward.ts'
import { adapterParameters } from '../model/adapter-config.ts'
import type { DropoutFeed, GraphAdapter } from '../model/adapter-graph.ts'
import { taskOf, type Layout } from '../model/layout.ts'
import { layOutParameters } from '../model/parameters.ts'
import { buildTrainGraph } from '../model/train-graph.ts'
import { buildBatch, type Batch, type TokenSample } from './batch.ts'
import { corruptionSchema, type CorruptionConfig } from './corruption.ts'
import type { StepContext, StepOutcome, TrainTask } from './loop.ts'
import { createProgram, type Program } from './step.ts'
import { seededRandom } from '../data/random.ts'
import type { Tensor } from '../runtime/session.ts'

export const sftSchema = z.strictObject({
  batch: z.int().min(1).max(1024),
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
}

export interface SftOptions {
  /** Weights to start from; an adapter starts from nothing. */
  readonly start?: Float32Array
  readonly threads?: number
  /** Trains this adapter instead of the weights, which stay as they are. */
  readonly adapter?: GraphAdapter & { readonly baseHash: string }
}

interface OpenProgram {
  readonly program: Program
  readonly layout: Layout
  readonly dropouts: readonly DropoutFeed[]
}

const TASKS: readonly { edit: boolean; imageOnly: boolean }[] = [
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
): TrainTask {
  const { adapter } = options
  const table = layOutParameters(adapter ? adapterParameters(config, adapter.config) : modelParameters(config))
  const dropout = adapter?.config.dropout ?? 0
  const programs = new Map<string, OpenProgram>()
  const open = async (task: Task, forwardOnly: boolean): Promise<OpenProgram> => {
    const key = `${task}:${forwardOnly}`
    const known = programs.get(key)
    if (known) return known
    const { model, layout, dropouts } = buildTrainGraph(config, task, sft.batch, {
      forwardOnly,
      ...(adapter ? { adapter } : {}),
    })
    const made = { program: await createProgram(model, table, options.threads), layout, dropouts }
    programs.set(key, made)
    return made
  }
  const draw = (random: Random): { edit: boolean; imageOnly: boolean } => {
    const edit = random.next() >= sft.generateShare
    return { edit, imageOnly: random.next() < sft.imageOnlyShare }
  }

  return {
    table,
    identity: JSON.stringify({
      config,
      sft,
      source: source.identity,
      ...(adapter ? { adapter: adapter.config, base: adapter.baseHash } : {}),
    }),
    ...(options.start ? { start: options.start } : {}),
    async step(context: StepContext): Promise<StepOutcome> {
      const { edit, imageOnly } = draw(context.random)
      const task = taskOf(edit, imageOnly)
      const { program, layout, dropouts } = await open(task, false)
      const samples = Array.from({ length: sft.batch }, (_, i) =>
        source.train(context.position + i, edit, context.progress),
      )
      const batch = buildBatch(config, layout, samples, sft.corruption, context.random)
      const feeds = { ...batch.feeds, ...dropoutMasks(dropouts, dropout, context.random) }
      const results = await program.step(feeds, context.weights, context.gradient)
      return { samples: sft.batch, position: context.position + sft.batch, metrics: losses(batch, results, '') }
    },
    async validate(weights) {
      const sums = new Map<string, { sum: number; n: number }>()
      const random = seededRandom('validation')
      for (const { edit, imageOnly } of TASKS) {
        if (imageOnly && sft.imageOnlyShare === 0) continue
        if ((edit && sft.generateShare === 1) || (!edit && sft.generateShare === 0)) continue
        const { program, layout } = await open(taskOf(edit, imageOnly), true)
        for (let at = 0; at < sft.validationSamples; at += sft.batch) {
          const samples = Array.from({ length: sft.batch }, (_, i) => source.validation(at + i, edit))
          const plain: CorruptionConfig = { ...sft.corruption, dropText: 0, dropImage: 0 }
          const batch = buildBatch(config, layout, samples, plain, random)
          for (const [name, value] of Object.entries(
            losses(batch, await program.forward(batch.feeds, weights), 'val_'),
          )) {
            const entry = sums.get(name) ?? { sum: 0, n: 0 }
            sums.set(name, { sum: entry.sum + value, n: entry.n + 1 })
          }
        }
      }
      return Object.fromEntries([...sums].map(([name, { sum, n }]) => [name, sum / n]))
    },
    async dispose() {
      for (const { program } of programs.values()) await program.dispose()
    },
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

/** Weighted loss per output position, and plain cross-entropy and accuracy-free means over masked rows per modality. */
function losses(
  batch: Batch,
  results: Readonly<Record<string, { data: unknown }>>,
  prefix: string,
): Record<string, number> {
  const out: Record<string, number> = {}
  let total = 0
  let rows = 0
  for (const [field, weights] of Object.entries(batch.weights)) {
    const logp = results[`logp:${field}`]!.data as Float32Array
    const mask = batch.masked[field]!
    let sum = 0
    let n = 0
    for (let i = 0; i < logp.length; i++) {
      total -= weights[i]! * logp[i]!
      if (mask[i]) {
        sum -= logp[i]!
        n++
      }
    }
    rows += logp.length
    out[`${prefix}${field === 'outputText' ? 'text' : 'image'}_ce`] = sum / Math.max(1, n)
  }
  out[`${prefix}loss`] = total / rows
  return out
}
