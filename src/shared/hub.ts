/** Getting published models from a host in the layout of Hugging Face: what is asked, what is listed, what comes back. */
import { z } from 'zod'

export const DEFAULT_HUB = 'https://huggingface.co'

/** What a person names: a repository, at which revision, and a folder inside it. */
export const hubAddressSchema = z.strictObject({
  /** `owner/name`, or the page's URL. */
  repository: z.string().trim().min(1).max(500),
  host: z.string().trim().min(1).max(500),
  revision: z.string().trim().min(1).max(200).nullable(),
})
export type HubAddress = z.infer<typeof hubAddressSchema>

export const hubWorkSchema = z.discriminatedUnion('do', [
  hubAddressSchema.extend({ do: z.literal('list') }),
  /** Downloads what the list names into a folder; goes on where an earlier attempt left off. */
  hubAddressSchema.extend({ do: z.literal('get'), out: z.string().min(1) }),
])
export const hubSpecSchema = z.strictObject({ kind: z.literal('hub'), work: hubWorkSchema })

export const hubFileSchema = z.strictObject({ path: z.string(), bytes: z.int().nonnegative() })

export const hubListingSchema = z.strictObject({
  /** Host and port, as they are contacted. */
  host: z.string(),
  repository: z.string(),
  /** A folder inside it; empty for all of it. */
  folder: z.string(),
  revision: z.string(),
  /** What the revision stands for: every file is taken from this commit. */
  commit: z.string(),
  licence: z.string().nullable(),
  /** Its terms have to be accepted on the host first. */
  gated: z.boolean(),
  files: z.array(hubFileSchema),
  /** Files that are not taken, and why. */
  left: z.array(z.strictObject({ path: z.string(), why: z.string() })),
  bytes: z.int(),
  /** Of the safetensors: a model takes at least this much memory as it is stored. */
  weights: z.int(),
})
export type HubListing = z.infer<typeof hubListingSchema>

export const hubResultSchema = z.strictObject({
  path: z.string(),
  host: z.string(),
  repository: z.string(),
  commit: z.string(),
  files: z.int(),
  bytes: z.int(),
  /** Of those, what this session received. */
  received: z.int(),
  seconds: z.number(),
})
export type HubResult = z.infer<typeof hubResultSchema>
