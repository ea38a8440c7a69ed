/** Published checkpoints as jobs speak of them: what is asked of one, and what comes back. */
import { z } from 'zod'

const path = z.string().min(1)

export const checkpointWorkSchema = z.discriminatedUnion('do', [
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

export const logitsResultSchema = z.strictObject({ out: z.string(), shape: z.array(z.int()), ms: z.number() })
export const encodeResultSchema = z.strictObject({
  out: z.string(),
  codes: z.int(),
  /** Codes down and across. */
  grid: z.tuple([z.int(), z.int()]),
  family: z.string(),
})
export const vqDecodeResultSchema = z.strictObject({ out: z.string(), height: z.int(), width: z.int() })
