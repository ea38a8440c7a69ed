/** A recipe: everything that remakes a shipped model, as data. remake.ts carries it out. */
import { z } from 'zod'
import { modelOptionsSchema } from '../../shared/model-config.ts'
import { familyNames } from '../data/world/types.ts'
import { sftSchema } from './sft.ts'
import { tokenizerTrainingSchema } from './tokenizer-task.ts'

export const optimiserSchema = z.strictObject({
  kind: z.enum(['adamw', 'muon']).default('muon'),
  beta1: z.number().min(0).max(1).default(0.9),
  beta2: z.number().min(0).max(1).default(0.99),
  eps: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(0.01),
  /** Muon's momentum. */
  momentum: z.number().min(0).max(1).default(0.95),
})

export const scheduleSchema = z.strictObject({
  peak: z.number().positive(),
  warmup: z.int().nonnegative(),
  /** Share of the run after which the cosine decay starts. */
  decayFrom: z.number().min(0).max(1),
  /** Last learning rate as a share of the peak. */
  floor: z.number().min(0).max(1),
})

export const loopSchema = z.strictObject({
  steps: z.int().positive(),
  optimiser: optimiserSchema,
  schedule: scheduleSchema,
  /** Largest Euclidean norm of a step's gradient. */
  clip: z.number().positive(),
  ema: z.number().min(0).max(1),
})

export const architectureSchema = z.strictObject({
  name: z.string().min(1),
  dModel: z.int().positive(),
  layers: z.int().positive(),
  heads: z.int().positive(),
  mlpHidden: z.int().positive(),
  ropeTheta: z.number().positive(),
  options: modelOptionsSchema,
  instructionLength: z.int().positive(),
  reasoningLength: z.int().positive(),
})

export const phaseSchema = loopSchema.extend({
  sft: sftSchema,
  /** Sprites known at the start, and the share of the phase after which all are. */
  curriculum: z.strictObject({ sprites: z.int().positive(), until: z.number().min(0).max(1) }),
  /** Relative shares of the edit families, 1 for those not named: weak ones are shown more often. */
  families: z.partialRecord(z.enum(familyNames), z.number().nonnegative()).optional(),
})

export const recipeSchema = z.strictObject({
  seed: z.int().nonnegative(),
  imageTokenizer: loopSchema.extend({
    model: z.strictObject({ factor: z.int(), window: z.int(), bits: z.int(), features: z.int(), hidden: z.int() }),
    training: tokenizerTrainingSchema,
    /** How often an empty cell stands in the list of cells: most cells of a scene are empty. */
    emptyCopies: z.int().positive(),
    /** Trained again, so often in all, while more cells than `mostWrong` are drawn so that they are misread; those are then shown more often. */
    attempts: z.int().positive(),
    mostWrong: z.int().nonnegative(),
  }),
  predictor: z
    .strictObject({
      architecture: architectureSchema,
      /** Steps between kept snapshots of the averaged weights: where early checkpoints for experiments come from. */
      snapshotEvery: z.int().positive(),
      /** The snapshot that is kept beside the model: the step of a phase, phases counted from 1. */
      early: z.strictObject({ phase: z.int().positive(), step: z.int().positive() }),
      /** Runs one after another; each starts from the averaged weights of the one before, with a fresh optimiser. */
      phases: z.array(phaseSchema).min(1),
    })
    .refine(
      ({ snapshotEvery, early, phases }) =>
        early.step % snapshotEvery === 0 && early.step <= (phases[early.phase - 1]?.steps ?? 0),
      { path: ['early'], message: 'there is no snapshot at that step of that phase' },
    ),
})
export type Recipe = z.infer<typeof recipeSchema>
