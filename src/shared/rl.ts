/**
 * Reinforcement learning along the denoising trajectory (ParaRL; MMaDA-Parallel section 5) as jobs and screens speak of
 * it: the settings of a run, the rows of its record, what its folder holds, and the reward of a pair or of every step of
 * a trajectory. docs/pararl.md has the method with its equations.
 */
import { z } from 'zod'
import { previewRowSchema } from './training.ts'
import { adapterTargets } from './training-settings.ts'

const share = z.number().min(0).max(1)
const uint32 = z.int().min(0).max(0xffffffff)
const stepNumber = z.int().positive()

/**
 * What marks a pair of picture and text: `storybook` (the encoder that ships), a folder (a scorer of ours, or an exported
 * CLIP), or `oracle` (the exact judge of the storybook world, for study), alone or with one of its dimensions.
 */
export const rewardNameSchema = z.string().min(1)
export const ORACLE = 'oracle'

/** By which files a folder is known to hold a reward: a scorer of this project, or an exported CLIP (there or in `nested`). */
export const rewardFolders = {
  scorer: 'scorer.json',
  clip: { text: 'text_model.onnx', vision: 'vision_model.onnx', nested: 'onnx' },
} as const

/** The folder of a run; the checkpoint and what is exported are as in training.ts. */
export const rlFiles = {
  config: 'pararl.json',
  checkpoint: 'checkpoint.safetensors',
  /** One rlRow a line, appended while the run goes. */
  record: 'pararl.jsonl',
  /** rollouts/000012/{phase.json, p0-g3.tdm}: by phase, prompt and rollout. */
  rollouts: 'rollouts',
  phase: 'phase.json',
  /** previews/000050/0/{trajectory.tdm, image.png, reasoning.txt}: by update and prompt, as in training.ts. */
  previews: 'previews',
  model: 'model',
  adapter: 'adapter',
} as const

export const rlDataSchema = z.discriminatedUnion('kind', [
  /** Prompts of a storybook world's train split. `sprites`: only the first so many of the world. */
  z.strictObject({
    kind: z.literal('world'),
    /** Folder of the world; the one that ships. */
    path: z.string().min(1).nullable().default(null),
    /** Only these operations; all of the world's. */
    operations: z.array(z.string().min(1)).min(1).nullable().default(null),
    seed: z.int().nonnegative().default(0),
    sprites: z.int().min(8).default(32),
    generateShare: share.default(0.15),
  }),
  /** A data set in any format that is read: the inputs and instructions of its train split. */
  z.strictObject({ kind: z.literal('folder'), path: z.string().min(1) }),
])
export type RlData = z.infer<typeof rlDataSchema>

/** Where a run's settings name none. docs/pararl.md has what it was measured to do. */
export const RL_LEARNING_RATE = 3e-4

export const rlSettingsSchema = z.strictObject({
  /** Updates of the weights. */
  steps: z.int().min(1).max(10_000_000).default(200),
  /** G: rollouts a prompt, all from one policy. */
  rollouts: z.int().min(2).max(256).default(8),
  /** Prompts a phase. */
  prompts: z.int().min(1).max(256).default(8),
  /** Updates made with the rollouts of one phase. */
  inner: z.int().min(1).max(64).default(1),
  /** s: denoising steps rewarded of each rollout; the output-level objective rewards the final pair alone. */
  sampledSteps: z.int().min(1).max(64).default(3),
  /** Sampled steps are those after this share of the run; 0, as in the paper, is all of it. */
  sampleFrom: z.number().min(0).max(0.99).default(0),
  /** Advantages are divided by the deviation of a group's rewards, or by this where that is smaller; 0 as in the paper. */
  deviationFloor: z.number().min(0).max(1).default(0.1),
  /**
   * Pairs over which a reward's mean and deviation are taken: unfinished ones the starting model makes of a random 1 % of
   * the prompts, or true ones of the data. A weak model lies so far below the truth that all it makes is clipped to 0.
   */
  scaleOn: z.enum(['rollouts', 'data']).default('rollouts'),
  /** Where the reward acts: along the trajectory (ParaRL) or at its end. */
  objective: z.enum(['trajectory', 'output']).default('trajectory'),
  /** How log p of decoded tokens is estimated: under a random mask, ratio p ~ U[0, 1] (paper), or as they were decoded. */
  likelihood: z.enum(['random-mask', 'replay']).default('replay'),
  /** Denoising steps of a rollout. */
  denoisingSteps: z.int().min(2).max(4096).default(16),
  mode: z.enum(['parallel', 'sequential', 'semi-parallel']).default('parallel'),
  temperatures: z.strictObject({ text: z.number().positive(), image: z.number().positive() }).default({
    text: 1,
    image: 1,
  }),
  /** epsilon: ratios are clipped to [1 - epsilon, 1 + epsilon]. */
  clipRange: z.number().positive().max(10).default(0.2),
  /** beta: weight of the KL term. */
  klWeight: z.number().min(0).max(100).default(1e-4),
  /** What the KL term holds to: the policy that made the rollouts (paper), or the one the run started from. */
  klTo: z.enum(['old', 'reference']).default('old'),

  method: z.enum(['full', 'lora']).default('full'),
  rank: z.int().min(1).max(1024).default(8),
  targets: z.array(z.enum(adapterTargets)).min(1).default(['q_proj', 'k_proj', 'v_proj', 'attn_out']),
  /** Null is RL_LEARNING_RATE, of a whole model and of an adapter. */
  learningRate: z.number().positive().max(1).nullable().default(null),
  warmup: z.int().nonnegative().default(5),
  optimiser: z.enum(['adamw', 'muon']).default('adamw'),
  weightDecay: z.number().min(0).max(10).default(0),
  clip: z.number().positive().default(1),
  /** Decay of the averaged weights that are exported; 0 exports the last. */
  ema: share.default(0),
  seed: uint32.default(0),

  /**
   * Train on the worst share of so many prompts, by what the starting model makes of them (the paper: 0.1); a share of 1
   * takes all.
   */
  hardShare: share.default(1),
  pool: z.int().min(1).max(1_000_000).default(1000),
  /** Rewards of one phase may take this long, seconds. */
  rewardTimeout: z.number().positive().default(120),

  /** Steps between validations by the exact judge (on the world) and by the reward; 0 never. */
  validateEvery: z.int().nonnegative().default(25),
  validationPrompts: z.int().min(1).max(10_000).default(64),
  /** Stop when the judge has fallen by this many points between the start and now; null never. */
  judgeFall: z.number().positive().nullable().default(5),
  /** Stop when the KL to the reference, nats a decoded token, passes this; null never. */
  klCeiling: z.number().positive().nullable().default(0.5),
  /** Warn when the share of different rollouts of a prompt stays below this. */
  distinctFloor: share.default(0.25),

  /** Updates between previews: prompts that validate, answered without chance and always with one seed; 0 only when asked. */
  previewEvery: z.int().nonnegative().default(50),
  previewPrompts: z.int().min(0).max(64).default(4),
  previewSeed: uint32.default(0),

  saveEvery: z.number().positive().default(120),
  /** Phases whose trajectories are kept: every n-th; what a resume needs is always kept. */
  keepEvery: z.int().positive().default(1),
  name: z.string().min(1).nullable().default(null),
})
export type RlSettings = z.infer<typeof rlSettingsSchema>

/** What a run is told by: everything but what only looks at it. */
export function learningSettings(settings: RlSettings): object {
  const { previewEvery: _every, previewPrompts: _prompts, previewSeed: _seed, ...learning } = settings
  return learning
}

export const completeRlSettings = (part: z.input<typeof rlSettingsSchema>): RlSettings => rlSettingsSchema.parse(part)

/** In the folder of a run: what it was started with. */
export const rlConfigSchema = z.strictObject({
  format: z.literal('tandem-pararl'),
  version: z.literal(1),
  model: z.string().min(1),
  data: rlDataSchema,
  reward: rewardNameSchema,
  settings: rlSettingsSchema,
})
export type RlConfig = z.infer<typeof rlConfigSchema>

export const pararlSpecSchema = z.strictObject({
  kind: z.literal('pararl'),
  /** What to do, or null to go on with the run in `out` as it was started. */
  run: z
    .strictObject({
      model: z.string().min(1),
      data: rlDataSchema,
      reward: rewardNameSchema,
      settings: rlSettingsSchema,
    })
    .nullable(),
  out: z.string().min(1),
  resume: z.boolean(),
})

export const trainScorerSpecSchema = z.strictObject({
  kind: z.literal('train-scorer'),
  out: z.string().min(1),
  resume: z.boolean(),
  /** Folder of a scorer of the same sizes whose weights it starts from; null for fresh ones. */
  from: z.string().min(1).nullable(),
  steps: z.int().min(1).max(10_000_000),
  /** Pairs a step. */
  batch: z.int().min(2).max(1024),
  learningRate: z.number().positive().max(1),
  seed: uint32,
  /** Pairs the finished scorer is measured on. */
  evaluate: z.int().min(2).max(100_000),
  saveEvery: z.number().positive(),
  name: z.string().min(1),
})

export const scoreSpecSchema = z.strictObject({
  kind: z.literal('score'),
  reward: rewardNameSchema,
  subject: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('pair'), picture: z.string().min(1), text: z.string() }),
    /** Every step of a recorded run; the model turns its codes into pictures and its tokens into words. */
    z.strictObject({ kind: z.literal('trajectory'), model: z.string().min(1), trajectory: z.string().min(1) }),
  ]),
})

/** A pair's mark: the scorer's own number, and the reward in [0, 1] it becomes (null where no scale is known). */
export const markSchema = z.strictObject({ raw: z.number(), reward: z.number().nullable() })
export type Mark = z.infer<typeof markSchema>

export const scoreResultSchema = z.strictObject({
  reward: z.string(),
  /** Of a pair. */
  pair: markSchema.nullable(),
  /** Of a trajectory: one per step, 1 and up; the text as it stood, its masks as blanks. */
  steps: z.array(markSchema.extend({ step: stepNumber, text: z.string() })),
  /**
   * Sentences of the finished text, each marked against the picture at every step; `step` is the first from which its
   * mark stays past the middle of its rise, null where it never rises.
   */
  concepts: z.array(z.strictObject({ text: z.string(), step: stepNumber.nullable(), raw: z.array(z.number()) })),
})
export type ScoreResult = z.infer<typeof scoreResultSchema>

/** One rollout at one of its rewarded steps. `advantage` is 0 where the group had no spread, null where a mark is missing. */
export const rolloutMarkSchema = z.strictObject({
  step: stepNumber,
  /** Null: the reward gave no number. */
  raw: z.number().nullable(),
  reward: z.number().nullable(),
  advantage: z.number().nullable(),
  /** Tokens decoded at the step, |tau(t)|, by modality. */
  text: z.int().nonnegative(),
  image: z.int().nonnegative(),
})
export type RolloutMark = z.infer<typeof rolloutMarkSchema>

export const rolloutSchema = z.strictObject({
  prompt: z.int().nonnegative(),
  rollout: z.int().nonnegative(),
  seed: uint32,
  /** Below the folder of the run; gone where keepEvery let it go. */
  trajectory: z.string(),
  /** In the order of the prompt's sampled steps, which its rollouts share. */
  marks: z.array(rolloutMarkSchema),
  /** Of the finished pair. */
  final: z.number().nullable(),
  /** Tokens of the text before its end. */
  length: z.int().nonnegative(),
  /** Mean -log p of the decoded tokens under the policy that drew them, nats; null where it was not asked. */
  entropy: z.number().nullable(),
})
export type RolloutRow = z.infer<typeof rolloutSchema>

export const rlPromptSchema = z.strictObject({
  /** Index in the run's prompt set. */
  index: z.int().nonnegative(),
  id: z.string(),
  instruction: z.string(),
  sampledSteps: z.array(stepNumber),
})

const at = {
  /** Updates done when the row was written. */
  step: z.int().nonnegative(),
  /** Seconds of training, all sittings together. */
  seconds: z.number().nonnegative(),
}

/** Rollouts were made and marked. */
export const phaseRowSchema = z.strictObject({
  kind: z.literal('phase'),
  ...at,
  phase: z.int().nonnegative(),
  prompts: z.array(rlPromptSchema),
  rollouts: z.array(rolloutSchema),
  /** Means over the rollouts; null where nothing could be marked. */
  reward: z.number().nullable(),
  raw: z.number().nullable(),
  final: z.number().nullable(),
  length: z.number(),
  entropy: z.number(),
  /** Mean over prompts of different outcomes / rollouts. */
  distinct: z.number(),
  /** KL of the policy that made the rollouts to the reference, nats a decoded token. */
  klReference: z.number(),
  parts: z.strictObject({ rollouts: z.number(), rewards: z.number(), likelihood: z.number() }),
})
export type PhaseRow = z.infer<typeof phaseRowSchema>

/** One update. */
export const updateRowSchema = z.strictObject({
  kind: z.literal('update'),
  ...at,
  phase: z.int().nonnegative(),
  /** 0-based within the phase. */
  inner: z.int().nonnegative(),
  /** The objective that was ascended. */
  objective: z.number(),
  klOld: z.number(),
  klReference: z.number(),
  /** Share of decoded tokens whose ratio was clipped. */
  clipFraction: z.number(),
  ratio: z.strictObject({ mean: z.number(), low: z.number(), high: z.number() }),
  tokens: z.int().nonnegative(),
  learningRate: z.number(),
  gradientNorm: z.number(),
  took: z.number(),
})

export type UpdateRow = z.infer<typeof updateRowSchema>

/** Fresh prompts answered greedily and marked: by the exact judge 0..100, by the reward 0..1. */
export const rlValidationRowSchema = z.strictObject({
  kind: z.literal('validation'),
  ...at,
  reward: z.number().nullable(),
  /** Mean of the reward's own number, before its scale. */
  raw: z.number().nullable(),
  judge: z.record(z.string(), z.number().nullable()).nullable(),
})
export type RlValidationRow = z.infer<typeof rlValidationRowSchema>

export const rlNoteCodes = [
  'identical-rollouts',
  'not-a-number',
  'few-prompts',
  'slow-reward',
  'slow-validation',
  'low-diversity',
  'kl-ceiling',
  'judge-fell',
  'end-fell',
  'hard-prompts',
] as const

/** Something a person should know; a run goes on after it unless it says otherwise. */
export const rlNoteRowSchema = z.strictObject({
  kind: z.literal('note'),
  ...at,
  code: z.enum(rlNoteCodes),
  message: z.string(),
  /** The run ended because of it. */
  stops: z.boolean(),
})

export const rlRowSchema = z.discriminatedUnion('kind', [
  phaseRowSchema,
  updateRowSchema,
  rlValidationRowSchema,
  rlNoteRowSchema,
  /** A prompt answered by the weights as they stood: samples are rollouts. */
  previewRowSchema,
])
export type RlRow = z.infer<typeof rlRowSchema>
export type RlNoteCode = (typeof rlNoteCodes)[number]

export const pararlResultSchema = z.strictObject({
  model: z.string(),
  checkpoint: z.string(),
  steps: z.int(),
  rollouts: z.int(),
  seconds: z.number(),
  /** Why it ended before its last step; null where it did not. */
  stopped: z.enum(rlNoteCodes).nullable(),
  before: rlValidationRowSchema.nullable(),
  after: rlValidationRowSchema.nullable(),
})
export type PararlResult = z.infer<typeof pararlResultSchema>

const proportion = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })

/** What a scorer's card says, measured on pairs of the world's test split; 95 % intervals. */
export const scorerScoresSchema = z.strictObject({
  pairs: z.int(),
  seed: z.int(),
  /** The right one of `pairs` first. */
  recallPicture: proportion,
  recallText: proportion,
  /** How often the true picture, or the true text, is put above one with this planted error, by how much of the text is masked. */
  ranks: z.array(z.strictObject({ error: z.string(), masked: z.number(), share: proportion })),
})
export type ScorerScores = z.infer<typeof scorerScoresSchema>

export const trainScorerResultSchema = z.strictObject({
  folder: z.string(),
  parameters: z.int(),
  steps: z.int(),
  seconds: z.number(),
  scores: scorerScoresSchema,
})
