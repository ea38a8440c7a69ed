/** The settings of a fine-tuning run: their schema, and where their paths lead. */
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { SpecOf } from '../../shared/jobs.ts'
import { adapterSchema } from '../model/adapter-config.ts'
import { readJson } from '../model/folder.ts'
import { modelOptionsSchema } from '../../shared/model-config.ts'
import { architectureSchema, loopSchema, phaseSchema } from '../train/recipe.ts'
import { sftSchema } from '../train/sft.ts'
import { previewsSchema } from './previews.ts'

const sftConfigSchema = loopSchema
  .extend({
    seed: z.int().nonnegative(),
    /** Model folder whose architecture, tokenizers and weights training starts from; relative to the config file. */
    model: z.string().min(1),
    /** Fresh weights instead of the model's. */
    fromScratch: z.boolean().default(false),
    /** Other sizes than the model's; fresh weights are the only ones that fit. */
    architecture: architectureSchema.optional(),
    /** What the input attends to from now on, where that is not as in the model it starts from; its weights fit either way. */
    inputAttends: modelOptionsSchema.shape.inputAttends,
    /** Trains a low-rank adapter on the model, which stays as it is. */
    adapter: adapterSchema
      .omit({ rows: true })
      .extend({
        /** Words whose embedding rows train along. */
        words: z.array(z.string().min(1)).default([]),
      })
      .optional(),
    /** Name of the model that is exported. */
    name: z.string().min(1).optional(),
    data: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('world'),
        seed: z.int().nonnegative(),
        curriculum: z
          .strictObject({ sprites: z.int().min(8), until: z.number().min(0).max(1) })
          .default({ sprites: 32, until: 0 }),
        families: phaseSchema.shape.families,
      }),
      /** A quadruplet folder, relative to the config file. */
      z.strictObject({ kind: z.literal('folder'), path: z.string().min(1) }),
    ]),
    /** A second data set whose rows are trained on beside the first, so that what it teaches is not forgotten. */
    mix: z.strictObject({ path: z.string().min(1), share: z.number().gt(0).lt(1) }).optional(),
    sft: sftSchema.extend({
      /** Share of batches that generate; `data`: as the set has them, and the default on the world. */
      generateShare: z.union([sftSchema.shape.generateShare, z.literal('data')]).default('data'),
    }),
    validateEvery: z.int().positive().default(500),
    /** Seconds between checkpoints. */
    saveEvery: z.number().positive().default(120),
    /** Ends the run after so many validations without one that is lower by more than `minDelta`. */
    earlyStop: z.strictObject({ patience: z.int().positive(), minDelta: z.number().min(0).default(0) }).optional(),
    /** Validation prompts edited while training goes; none where it is left out. */
    previews: previewsSchema.optional(),
    /** Which averaged weights are exported: of the last step, or of the best validation. Best with early stopping. */
    export: z.enum(['last', 'best']).optional(),
  })
  .refine((c) => !(c.adapter && (c.fromScratch || c.architecture)), {
    path: ['adapter'],
    message: 'an adapter stands on trained weights: leave out fromScratch and architecture',
  })
  .refine((c) => !(c.inputAttends && (c.adapter || c.architecture)), {
    path: ['inputAttends'],
    message: 'an adapter leaves its model as it is, and an architecture has options of its own: leave one of them out',
  })
  .refine((c) => !(c.mix && c.data.kind === 'world'), {
    path: ['mix'],
    message: 'the world is what a data set is mixed with: give a data set',
  })
  .refine(({ sft }) => sft.batch % sft.accumulate === 0, {
    path: ['sft', 'accumulate'],
    message: 'the passes must divide the batch',
  })
export type SftJobConfig = z.infer<typeof sftConfigSchema>

/** The training config with absolute paths: a file's are relative to it. */
export async function readConfig({ config, out }: SpecOf<'sft'>): Promise<SftJobConfig> {
  const what = 'the training config'
  const read = typeof config === 'string' ? await readJson(config, sftConfigSchema, what) : parseConfig(config)
  const from = typeof config === 'string' ? dirname(config) : dirname(resolve(out))
  const { data, mix } = read
  return {
    ...read,
    ...(mix && { mix: { ...mix, path: resolve(from, mix.path) } }),
    model: resolve(from, read.model),
    data: data.kind === 'folder' ? { ...data, path: resolve(from, data.path) } : data,
  }
}

function parseConfig(config: unknown): SftJobConfig {
  const parsed = sftConfigSchema.safeParse(config)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new TandemError(
    `The training settings are wrong at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? ''}.`,
    'Correct them.',
  )
}
