/** Published checkpoints as jobs speak of them: what is asked of one, and what comes back. */
import { z } from 'zod'
import { memoryNeedSchema } from './hosting.ts'

const path = z.string().min(1)

export const precisions = ['bf16', 'f16', 'f32', 'f64', 'f8', 'int8', 'int4'] as const
export const checkpointVariants = ['mmada', 'mmada-parallel-m', 'mmada-parallel-a'] as const
export const checkpointBehaviours = ['released', 'paper'] as const

/** What a checkpoint's folder is called: by its repository in the cache of the hub's tools, whose folders are named by commits. */
export function checkpointName(directory: string): string {
  const [repository, kind, own] = directory
    .split(/[\\/]+/)
    .filter((part) => part !== '')
    .slice(-3)
  const cached = /^models--.+--(.+)$/.exec(repository ?? '')?.[1]
  return (kind === 'snapshots' && cached) || (own ?? kind ?? repository ?? '')
}

export const checkpointWorkSchema = z.discriminatedUnion('do', [
  /** Makes a model of a published checkpoint, whose weights stay where they are. */
  z.strictObject({
    do: z.literal('import'),
    directory: path,
    out: path,
    name: path,
    vq: path.nullable(),
    variant: z.enum(checkpointVariants).nullable(),
    behaviour: z.enum(checkpointBehaviours),
    precision: z.enum(precisions).nullable(),
    imageSize: z.int().positive().max(4096).nullable(),
    /** How many instructions the agreement report of a quantised model reads. */
    prompts: z.int().min(0).max(8),
  }),
  /** Says what a folder holds and what stands in the way of importing it; reads headers alone. */
  z.strictObject({
    do: z.literal('look'),
    directory: path,
    vq: path.nullable(),
    variant: z.enum(checkpointVariants).nullable(),
    imageSize: z.int().positive().max(4096).nullable(),
  }),
  /** Full logits of a trunk over a sequence of ids, as float32 [L, V] in a .npy file. */
  z.strictObject({ do: z.literal('logits'), model: path, tokens: path, out: path }),
  /** A picture's codes, as a JSON array. */
  z.strictObject({ do: z.literal('vq-encode'), model: path, image: path, out: path }),
  /** The picture of codes: PNG, or the raw output [1, 3, H, W] where the file is called .npy. */
  z.strictObject({
    do: z.literal('vq-decode'),
    model: path,
    ids: path,
    height: z.int().positive(),
    width: z.int().positive(),
    out: path,
  }),
])
export type CheckpointWork = z.infer<typeof checkpointWorkSchema>

export const checkpointSpecSchema = z.strictObject({ kind: z.literal('checkpoint'), work: checkpointWorkSchema })

const modalityAgreement = z.strictObject({ places: z.int(), top1: z.number(), divergence: z.number() })

export const importReportSchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  variant: z.enum(checkpointVariants),
  title: z.string(),
  behaviour: z.enum(checkpointBehaviours),
  precision: z.enum(precisions),
  parameters: z.int(),
  /** Of the weight files, and how many of them were copied. */
  bytes: z.int(),
  copied: z.int(),
  hash: z.string(),
  image: z.int(),
  /** Of quantised weights with the unquantised ones. */
  agreement: z.strictObject({ prompts: z.int(), text: modalityAgreement, image: modalityAgreement }).nullable(),
  note: z.string().nullable(),
})
export type ImportReport = z.infer<typeof importReportSchema>

const listing = z.strictObject({ names: z.array(z.string()), count: z.int() })

/** What a folder holds, and all that stands in the way of importing it. No path is part of it. */
export const checkpointLookSchema = z.strictObject({
  name: z.string(),
  variant: z.enum(checkpointVariants).nullable(),
  title: z.string().nullable(),
  parameters: z.int().nullable(),
  layers: z.int().nullable(),
  width: z.int().nullable(),
  /** Bytes and number of the weight files. */
  bytes: z.int(),
  files: z.int(),
  /** As the weights are stored. */
  precision: z.enum(precisions).nullable(),
  image: z.int().nullable(),
  /** The image tokenizer that was found; null where there is none yet. */
  vq: z.strictObject({ title: z.string(), bytes: z.int() }).nullable(),
  /** The one it needs, in words. */
  wants: z.string().nullable(),
  /** Tensors against those of the architecture: the first of each kind, and how many there are. */
  difference: z.strictObject({ missing: listing, extra: listing, misshapen: listing, mistyped: listing }).nullable(),
  problems: z.array(
    z.strictObject({
      about: z.enum(['weights', 'tokenizer', 'variant', 'vq', 'config']),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
  /** What each precision takes: bytes written to disk, and memory of a run. */
  choices: z.array(z.strictObject({ precision: z.enum(precisions), disk: z.number(), memory: memoryNeedSchema })),
})
export type CheckpointLook = z.infer<typeof checkpointLookSchema>

export const logitsResultSchema = z.strictObject({ out: z.string(), shape: z.array(z.int()), ms: z.number() })
export const encodeResultSchema = z.strictObject({
  out: z.string(),
  codes: z.int(),
  /** Codes down and across. */
  grid: z.tuple([z.int(), z.int()]),
  family: z.string(),
})
export const vqDecodeResultSchema = z.strictObject({ out: z.string(), height: z.int(), width: z.int() })
