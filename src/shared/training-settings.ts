/**
 * The settings of a fine-tuning run as a person gives them, flat and with defaults, and the presets. The command line
 * and the studio both turn them into the job's config with `sftConfigOf`; what a config may hold beyond them is in
 * engine/jobs/sft-config.ts.
 */
import { z } from 'zod'
import type { Proposal } from './training.ts'

/** Matrices an adapter may stand on, by the last part of their names. */
export const adapterTargets = [
  'q_proj',
  'k_proj',
  'v_proj',
  'attn_out',
  'ff_proj',
  'up_proj',
  'ff_out',
  'fuse',
] as const
export type AdapterTarget = (typeof adapterTargets)[number]

const share = z.number().min(0).max(1)
const weight = z.enum(['inverse-t', 'one'])

export const trainingSettingsSchema = z.strictObject({
  method: z.enum(['lora', 'full']).default('lora'),
  rank: z.int().min(1).max(1024).default(8),
  /** The adapter's product is scaled by alpha / rank; null is twice the rank. */
  alpha: z.number().positive().nullable().default(null),
  targets: z
    .array(z.enum(adapterTargets))
    .min(1)
    .default(['q_proj', 'k_proj', 'v_proj', 'attn_out', 'ff_proj', 'up_proj', 'ff_out']),
  dropout: z.number().min(0).max(0.9).default(0),
  /** Words whose embedding rows train along with an adapter. */
  words: z.array(z.string().min(1)).default([]),

  steps: z.int().min(1).max(100_000_000).default(600),
  /** Samples a step. */
  batch: z.int().min(1).max(1024).default(16),
  /** Passes a step's batch is computed in: less memory, the same gradient. Divides the batch. */
  accumulate: z.int().min(1).max(1024).default(1),
  /** Peak; null is 0.002 with an adapter and 0.0003 without. */
  learningRate: z.number().positive().max(1).nullable().default(null),
  /** Steps; null is a tenth of the run, at most 50. */
  warmup: z.int().nonnegative().nullable().default(null),
  /** Share of the run after which the cosine decay starts. */
  decayFrom: share.default(0.1),
  /** Last learning rate as a share of the peak. */
  floor: share.default(0.05),
  optimiser: z.enum(['muon', 'adamw']).default('muon'),
  weightDecay: z.number().min(0).max(10).default(0.01),
  clip: z.number().positive().default(1),
  ema: share.default(0.99),
  seed: z.int().min(0).max(0xffffffff).default(0),

  /** w_text: 1/t (the paper's) or 1. */
  textWeight: weight.default('inverse-t'),
  /** w_image: 1 (the paper's) or 1/t. */
  imageWeight: weight.default('one'),
  /** Factor on output cells whose code differs from the input's; the paper has none (1). */
  changedCellWeight: z.number().min(1).max(1000).default(3),
  /** Share of samples whose instruction, and whose input image, are masked, for guidance. */
  dropText: share.default(0.1),
  dropImage: share.default(0.1),
  /** Share of samples whose modalities draw their noise independently. */
  independent: share.default(0.5),
  /** Share of batches that generate; null: as the data have them. */
  generateShare: share.nullable().default(null),
  /** Share of batches without reasoning. */
  imageOnlyShare: share.default(0.1),

  /** Steps between validations; null is a twentieth of the run, at least 10. */
  validateEvery: z.int().positive().nullable().default(null),
  /** Per kind of task. */
  validationSamples: z.int().min(1).max(100_000).default(64),
  /** Stop after this many validations without a better one; null never stops early. */
  patience: z.int().positive().nullable().default(null),
  /** How much lower a validation loss has to be to count as better. */
  minDelta: z.number().min(0).default(0),
  /** Seconds between rolling checkpoints. */
  saveEvery: z.number().positive().default(120),
  /** Steps between previews; 0 is none, null a tenth of the run. */
  previewEvery: z.int().nonnegative().nullable().default(null),
  /** Ids of the rows to preview; the first validation rows where none are named. */
  previewRows: z.array(z.string().min(1)).max(64).default([]),
  /** How many, where none are named. */
  previewCount: z.int().min(0).max(64).default(4),
  /** Name of what is exported; null is made from the model's. */
  name: z.string().min(1).nullable().default(null),
})
export type TrainingSettings = z.infer<typeof trainingSettingsSchema>

/** Settings with everything that is not said filled in. */
export const completeSettings = (part: z.input<typeof trainingSettingsSchema>): TrainingSettings =>
  trainingSettingsSchema.parse(part)

export interface TrainingPreset {
  readonly id: string
  readonly name: string
  /** What it is for, in a sentence or two. */
  readonly words: string
  readonly settings: z.input<typeof trainingSettingsSchema>
}

export const trainingPresets: readonly TrainingPreset[] = [
  {
    id: 'try',
    name: 'A first try',
    words: 'A small adapter, a few minutes. Shows whether the data teach anything before more time is spent.',
    settings: { method: 'lora', rank: 8, steps: 200 },
  },
  {
    id: 'adapter',
    name: 'Adapter',
    words:
      'A low-rank adapter beside the model, which stays as it is and forgets little. Stops when validation no longer improves.',
    settings: { method: 'lora', rank: 16, dropout: 0.05, steps: 1500, patience: 6 },
  },
  {
    id: 'full',
    name: 'Whole model',
    words:
      'Every weight trains. Learns most and forgets most: mix old examples into the data, and compare scores before and after.',
    settings: { method: 'full', steps: 1500, patience: 6 },
  },
  {
    id: 'paper',
    name: 'As in the paper',
    words:
      'The recipe of the MMaDA-Parallel paper for the whole model: AdamW, w_text = 1/t, w_image = 1, no weight on changed cells, warm-up and cosine, a tenth of texts and pictures dropped. Its learning rate and batch are those of a large model: slow on a small one.',
    settings: {
      method: 'full',
      steps: 30_000,
      learningRate: 2e-5,
      warmup: 500,
      decayFrom: 0,
      floor: 0,
      optimiser: 'adamw',
      changedCellWeight: 1,
      independent: 0,
      imageOnlyShare: 0,
    },
  },
]

/** Settings with a proposal of a pre-flight laid over them. */
export const applyProposal = (settings: TrainingSettings, proposal: Proposal): TrainingSettings =>
  trainingSettingsSchema.parse({ ...settings, ...proposal })

/** The config of an `sft` job. Paths are absolute, or relative to the folder above the run's. */
export function sftConfigOf(
  settings: TrainingSettings,
  { model, data }: { readonly model: string; readonly data: string },
): Record<string, unknown> {
  const { method, steps, words, alpha, name, patience, generateShare } = settings
  const lora = method === 'lora'
  const previewEvery = settings.previewEvery ?? Math.max(10, Math.round(steps / 10))
  return {
    seed: settings.seed,
    model,
    data: { kind: 'folder', path: data },
    ...(name === null ? {} : { name }),
    ...(lora && {
      adapter: {
        rank: settings.rank,
        ...(alpha === null ? {} : { alpha }),
        targets: settings.targets,
        dropout: settings.dropout,
        words,
      },
    }),
    sft: {
      batch: settings.batch,
      accumulate: settings.accumulate,
      generateShare: generateShare ?? 'data',
      imageOnlyShare: settings.imageOnlyShare,
      validationSamples: settings.validationSamples,
      corruption: {
        independent: settings.independent,
        textWeight: settings.textWeight,
        imageWeight: settings.imageWeight,
        changedCellWeight: settings.changedCellWeight,
        dropText: settings.dropText,
        dropImage: settings.dropImage,
      },
    },
    steps,
    optimiser: { kind: settings.optimiser, weightDecay: settings.weightDecay },
    schedule: {
      peak: settings.learningRate ?? (lora ? 2e-3 : 3e-4),
      warmup: settings.warmup ?? Math.max(1, Math.min(50, Math.round(steps / 10))),
      decayFrom: settings.decayFrom,
      floor: settings.floor,
    },
    clip: settings.clip,
    ema: settings.ema,
    validateEvery: settings.validateEvery ?? Math.max(10, Math.round(steps / 20)),
    saveEvery: settings.saveEvery,
    ...(patience === null ? {} : { earlyStop: { patience, minDelta: settings.minDelta } }),
    previews: { every: previewEvery, rows: settings.previewRows, count: settings.previewCount },
  }
}
