/** A checkpoint's config as Tandem's own: its variant's layouts with the ids of the checkpoint's own files. */
import { modelConfigSchema, taskNames, type ModelConfig, type Segment } from '../../shared/model-config.ts'
import { TandemError } from '../../shared/errors.ts'
import { createTextTokenizer } from '../model/text-tokenizer.ts'
import type { Vocabulary } from './recognise.ts'
import type { Trunk } from './trunk.ts'
import { variants, type BehaviourName, type Piece, type VariantName } from './variants.ts'
import type { VqPlan } from './vq/family.ts'

export interface DescribeOptions {
  readonly name: string
  readonly variant: VariantName
  readonly behaviour: BehaviourName
  /** Pixels along one side; the variant's own where absent. */
  readonly size?: number
}

export function describeCheckpoint(
  { config: trunk, file }: Trunk,
  vocabulary: Vocabulary,
  vq: VqPlan,
  { name, variant: variantName, behaviour, size }: DescribeOptions,
): ModelConfig {
  const variant = variants[variantName]
  if (vq.family !== variant.vq)
    throw new TandemError(
      `${variant.title} draws with ${variant.vq === 'magvitv2' ? 'MAGVIT-v2' : 'a VQModel'}, not with this image tokenizer.`,
      'Give the folder of the right one.',
    )
  // M: the codes stand after the tokenizer's ids. A: its config says so, or they do as well.
  const offset = file.text_vocab_size ?? vocabulary.size
  const codebookSize = file.codebook_size ?? vq.codebookSize
  if (codebookSize !== vq.codebookSize)
    throw new TandemError(
      `config.json says ${codebookSize} codes, the image tokenizer has ${vq.codebookSize}.`,
      'Give the image tokenizer this checkpoint was trained with.',
    )
  if (offset + codebookSize > trunk.vocabSize)
    throw new TandemError(
      `The tokenizer's ${offset} ids and ${codebookSize} codes do not fit the ${trunk.vocabSize} rows of the embedding.`,
      'Use tokenizer.json and weights of one checkpoint.',
    )
  const grid = gridOf(file.num_vq_tokens, size ?? variant.imageSize, vq.factor, size !== undefined)
  const id = (token: string): number => idOf(variantName, token, vocabulary, file, offset)
  const text = createTextTokenizer(vocabulary.json)
  const segmentsOf = (pieces: readonly Piece[]): Segment[] =>
    joinControls(
      pieces.map((piece): Segment => {
        if (typeof piece === 'string') return { kind: 'control', tokens: [id(piece)] }
        if ('text' in piece) return { kind: 'control', tokens: [...text.encodeRaw(piece.text)] }
        if ('blankImage' in piece) return { kind: 'control', tokens: new Array<number>(grid * grid).fill(0) }
        if (piece.field === 'instruction')
          return { kind: 'field', name: piece.field, length: variant.instruction, fit: piece.fit }
        if (piece.field === 'outputText') return { kind: 'field', name: piece.field, length: piece.length }
        const rowEnd = piece.rowEnd === undefined ? {} : { rowEnd: id(piece.rowEnd) }
        return { kind: 'field', name: piece.field, length: grid * grid, ...rowEnd }
      }),
    )
  const { unconditional } = variant
  const blank = unconditional.inputImage
  return modelConfigSchema.parse({
    format: 'tandem-model',
    version: 1,
    name,
    ...trunk,
    textVocabSize: offset,
    image: { size: grid * vq.factor, grid, factor: vq.factor, offset, codebookSize },
    special: {
      mask: id('mask'),
      pad: id('pad'),
      bos: id('bos'),
      eos: id('eos'),
      soi: id(variant.tokens['soi'] ? 'soi' : 'boi'),
      eoi: id('eoi'),
    },
    layouts: Object.fromEntries(taskNames.map((task) => [task, segmentsOf(variant.layouts[task])])),
    unconditional: {
      form: unconditional.form,
      instruction: id(unconditional.instruction),
      inputImage: typeof blank === 'number' ? blank : id(blank),
    },
    sampling: variant.sampling[behaviour],
  })
}

function gridOf(codes: number | null | undefined, size: number, factor: number, asked: boolean): number {
  const grid = asked || !codes ? size / factor : Math.sqrt(codes)
  if (Number.isInteger(grid) && grid > 0) return grid
  throw new TandemError(
    asked || !codes
      ? `A picture of ${size} pixels does not fall into codes of ${factor}.`
      : `${codes} codes are no square.`,
    `Give --image-size, a multiple of ${factor}.`,
  )
}

/** Ids config.json itself gives. */
const IN_CONFIG = { mask: 'mask_token_id', eos: 'eos_token_id', pad: 'pad_token_id' } as const

/** The id of a token: what the config says, what the tokenizer calls by that name, else the published id where it fits. */
function idOf(
  variantName: VariantName,
  token: string,
  { added, size }: Vocabulary,
  file: Trunk['file'],
  offset: number,
): number {
  const variant = variants[variantName]
  const hint = variant.tokens[token]
  if (!hint) throw new Error(`${variant.title} has no token ${token}`)
  const key = IN_CONFIG[token as keyof typeof IN_CONFIG]
  const said = key ? file[key] : undefined
  const fromConfig = Array.isArray(said) ? said[0] : said
  const named = hint.names.find((name) => added.has(name))
  const id = fromConfig ?? (named === undefined ? hint.id : added.get(named)!)
  if (id < Math.min(size, offset) || (id < offset && fromConfig === undefined && named === undefined && hint.id < size))
    return id
  const called = hint.names.length > 0 ? ` (${hint.names.join(' or ')})` : ''
  throw new TandemError(
    `The tokenizer has no ${token} token${called} of ${variant.title}.`,
    'Use the tokenizer.json that belongs to this checkpoint, or say which model it is with --variant.',
  )
}

/** Control segments that touch, as one. */
function joinControls(segments: readonly Segment[]): Segment[] {
  const out: Segment[] = []
  for (const segment of segments) {
    const last = out.at(-1)
    if (segment.kind === 'control' && last?.kind === 'control')
      out[out.length - 1] = { kind: 'control', tokens: [...last.tokens, ...segment.tokens] }
    else out.push(segment)
  }
  return out
}
