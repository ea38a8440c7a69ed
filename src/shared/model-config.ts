/**
 * A model described as data: sizes, special tokens, the image grid and the sequence layouts. Nothing outside a config
 * file knows a token id. The same schema describes the small model that ships and an imported 8B checkpoint.
 */
import { z } from 'zod'

const tokenId = z.int().nonnegative()

/** The four tasks a sequence can be laid out for. `...ImageOnly` has no output text segment at all. */
export const taskNames = ['edit', 'generate', 'editImageOnly', 'generateImageOnly'] as const
export const taskSchema = z.enum(taskNames)
export type Task = z.infer<typeof taskSchema>

/** A slot in a layout: fixed control tokens, or a run of positions a sample fills. */
export const segmentSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('control'), tokens: z.array(tokenId).min(1) }),
  z.strictObject({
    kind: z.literal('field'),
    name: z.enum(['inputImage', 'instruction', 'outputImage', 'outputText']),
    length: z.int().positive(),
    /** An instruction as long as its text, of at most `length`: closed by the end token, or bare. */
    fit: z.enum(['eos', 'bare']).optional(),
    /** A control token that closes each row of an image. */
    rowEnd: tokenId.optional(),
  }),
])
export type Segment = z.infer<typeof segmentSchema>
export type FieldName = Extract<Segment, { kind: 'field' }>['name']

export const modelOptionsSchema = z.strictObject({
  /** Learned row and column embeddings added to image tokens; input and output image share them. */
  gridEmbeddings: z.boolean().default(false),
  /** One learned vector per kind of segment, added to its tokens. */
  segmentEmbeddings: z.boolean().default(false),
  /** W . emb(input code) added to the output token of the same cell. */
  fuse: z.boolean().default(false),
  /** Head weights are the embedding weights. */
  tiedHead: z.boolean().default(false),
  /**
   * What the input part of a sequence attends to: everything (absent: the published architecture), or the input alone. Then
   * its keys and values are the same at every step, and keeping them changes no token.
   */
  inputAttends: z.enum(['all', 'input']).optional(),
})
export type ModelOptions = z.infer<typeof modelOptionsSchema>

/** What a sequence without a condition holds in its place; absent, the instruction is masked. */
export const unconditionalSchema = z.strictObject({
  /** One sequence without any condition, or one without the text and one without the image. */
  form: z.enum(['joint', 'split']),
  /** A token at every place of the instruction; at every cell of the input image, which stays where absent. */
  instruction: tokenId,
  inputImage: tokenId.optional(),
})

/** What a run starts from where nothing else is asked. */
export const runDefaultsSchema = z.strictObject({
  steps: z.int().positive(),
  imageSteps: z.int().positive(),
  guidance: z.strictObject({ text: z.number(), image: z.number() }),
  temperatures: z.strictObject({ text: z.number().nonnegative(), image: z.number().nonnegative() }),
})

/** How a model is sampled where it is not Tandem's own way, and what a run starts from where nothing else is asked. */
export const samplingSchema = z.strictObject({
  text: z.string().min(1).max(64),
  image: z.string().min(1).max(64),
  /** Image steps of the released code rather than an even spread. */
  lateImage: z.boolean(),
  defaults: runDefaultsSchema,
})

export const modelConfigSchema = z
  .strictObject({
    format: z.literal('tandem-model'),
    version: z.literal(1),
    name: z.string().min(1),
    dModel: z.int().positive(),
    layers: z.int().positive(),
    heads: z.int().positive(),
    /** Heads of keys and values, each shared by heads / kvHeads queries; as many as heads where absent. */
    kvHeads: z.int().positive().optional(),
    mlpHidden: z.int().positive(),
    normEps: z.number().positive(),
    ropeTheta: z.number().positive(),
    options: modelOptionsSchema,
    /** Rows of the embedding: text and special tokens first, image codes at imageOffset. */
    vocabSize: z.int().positive(),
    /** Text rows draw from ids [0, textVocabSize); the mask token is excluded by the sampler. */
    textVocabSize: z.int().positive(),
    image: z.strictObject({
      size: z.int().positive(),
      /** Codes along one side: size / factor. */
      grid: z.int().positive(),
      factor: z.int().positive(),
      offset: tokenId,
      codebookSize: z.int().positive(),
    }),
    special: z.strictObject({ mask: tokenId, pad: tokenId, bos: tokenId, eos: tokenId, soi: tokenId, eoi: tokenId }),
    layouts: z.record(taskSchema, z.array(segmentSchema).min(1)),
    unconditional: unconditionalSchema.optional(),
    sampling: samplingSchema.optional(),
  })
  .refine((c) => c.dModel % c.heads === 0 && (c.dModel / c.heads) % 2 === 0, {
    message: 'dModel must be a multiple of 2 x heads (RoPE rotates pairs)',
  })
  .refine((c) => c.heads % (c.kvHeads ?? c.heads) === 0, { message: 'heads must be a multiple of kvHeads' })
  .refine((c) => c.image.offset + c.image.codebookSize <= c.vocabSize && c.textVocabSize <= c.vocabSize, {
    message: 'text vocabulary and image codes must lie inside vocabSize',
  })
  .refine((c) => c.image.grid * c.image.factor === c.image.size, {
    message: 'image.grid x image.factor must equal image.size',
  })
export type ModelConfig = z.infer<typeof modelConfigSchema>

/** The image tokenizer: windows of patches through an MLP to `bits` signs a patch (LFQ) and back. */
export const imageTokenizerConfigSchema = z.strictObject({
  format: z.literal('tandem-image-tokenizer'),
  version: z.literal(1),
  /** Pixels along one side of a code. */
  factor: z.int().positive(),
  /** Codes along one side of the windows that are encoded together. */
  window: z.int().positive(),
  /** log2 of the codebook size. */
  bits: z.int().min(1).max(18),
  features: z.int().positive(),
  hidden: z.int().positive(),
})
export type ImageTokenizerConfig = z.infer<typeof imageTokenizerConfigSchema>
