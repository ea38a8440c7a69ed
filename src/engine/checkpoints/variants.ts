/**
 * The published models, each as one description: which tokens its sequences are made of, how they are laid out, and how it
 * is sampled. This is the only place that knows an id, and an id here is used only where the checkpoint's own tokenizer does
 * not name the token. Facts: the public inference code of MMaDA, MMaDA-Parallel-M and -A.
 */
import type { checkpointBehaviours, checkpointVariants } from '../../shared/checkpoints.ts'
import type { ModelConfig } from '../../shared/model-config.ts'

export type VariantName = (typeof checkpointVariants)[number]
export type BehaviourName = (typeof checkpointBehaviours)[number]

/** A token by the names it may have in a tokenizer, and its id in the published one. */
export interface TokenHint {
  readonly names: readonly string[]
  readonly id: number
}

/** A piece of a sequence: a token, a text as the tokenizer reads it, a zero at every place of an image, or a field. */
export type Piece =
  | string
  | { readonly text: string }
  | { readonly blankImage: true }
  | { readonly field: 'inputImage' | 'outputImage'; readonly rowEnd?: string }
  | { readonly field: 'instruction'; readonly fit: 'eos' | 'bare' }
  | { readonly field: 'outputText'; readonly length: number }

type Sampling = NonNullable<ModelConfig['sampling']>

export interface Variant {
  readonly title: string
  readonly vq: 'magvitv2' | 'vqmodel'
  readonly imageSize: number
  readonly tokens: Readonly<Record<string, TokenHint>>
  /** Longest instruction, in tokens. */
  readonly instruction: number
  readonly layouts: Readonly<Record<keyof ModelConfig['layouts'], readonly Piece[]>>
  readonly unconditional: {
    readonly form: 'joint' | 'split'
    readonly instruction: string
    /** A token, or an id that means "no picture". */
    readonly inputImage: string | number
  }
  readonly sampling: Readonly<Record<BehaviourName, Sampling>>
  /** What a person should know before relying on it. */
  readonly note?: string
}

const llada: Readonly<Record<string, TokenHint>> = {
  bos: { names: ['<|startoftext|>'], id: 126080 },
  eos: { names: ['<|endoftext|>'], id: 126081 },
  mask: { names: ['<|mdm_mask|>'], id: 126336 },
}

const magvitTokens: Readonly<Record<string, TokenHint>> = {
  ...llada,
  pad: { names: ['<|endoftext|>'], id: 126081 },
  soi: { names: ['<|soi|>', '<|reserved_token_0|>'], id: 126084 },
  eoi: { names: ['<|eoi|>', '<|reserved_token_1|>'], id: 126085 },
  t2i: { names: ['<|t2i|>', '<|reserved_token_4|>'], id: 126088 },
  interleave: { names: ['<|interleave|>', '<|reserved_token_11|>'], id: 126095 },
}

const drawn: readonly Piece[] = ['soi', { field: 'outputImage' }, 'eoi']
const thought: readonly Piece[] = [...drawn, 'bos', { field: 'outputText', length: 255 }]
const asked: readonly Piece[] = ['bos', { field: 'instruction', fit: 'eos' }]
const shown: readonly Piece[] = ['interleave', 'soi', { field: 'inputImage' }, 'eoi', ...asked]
const blank: readonly Piece[] = ['interleave', 'soi', { blankImage: true }, 'eoi', ...asked]

/** The paper's schedule: both modalities along their own updates, guidance 3.5 on the image (section 3.3, appendix). */
const paper: Sampling = {
  text: 'linear',
  image: 'cosine',
  lateImage: false,
  defaults: {
    steps: 128,
    imageSteps: 30,
    guidance: { text: 0, image: 3.5 },
    temperatures: { text: 0, image: 1 },
  },
}

const parallelM: Variant = {
  title: 'MMaDA-Parallel-M',
  vq: 'magvitv2',
  imageSize: 512,
  tokens: magvitTokens,
  instruction: 512,
  layouts: {
    edit: [...shown, ...thought],
    generate: [...blank, ...thought],
    editImageOnly: [...shown, ...drawn],
    generateImageOnly: [...blank, ...drawn],
  },
  unconditional: { form: 'joint', instruction: 'eos', inputImage: 0 },
  sampling: {
    released: {
      text: 'even',
      image: 'cosine-gumbel',
      lateImage: true,
      defaults: {
        steps: 128,
        imageSteps: 30,
        guidance: { text: 0, image: 3.5 },
        temperatures: { text: 0, image: 1 },
      },
    },
    paper,
  },
}

const SYSTEM = 'Generate an image applying the following editing instruction based on the original image.'
const prompt: readonly Piece[] = [{ text: `<system>${SYSTEM}</system><user>` }, { field: 'instruction', fit: 'bare' }]
const seen: readonly Piece[] = ['boi', { field: 'inputImage', rowEnd: 'newline' }, 'eoi']
const answer: readonly Piece[] = ['answer', 'boi', { field: 'outputImage', rowEnd: 'newline' }, 'eoi']
const end: readonly Piece[] = [{ text: '</user>' }]
const reasoned: readonly Piece[] = [...answer, { field: 'outputText', length: 256 }, 'answerEnd']

const parallelA: Variant = {
  title: 'MMaDA-Parallel-A',
  vq: 'vqmodel',
  imageSize: 512,
  tokens: {
    ...llada,
    pad: { names: [], id: 126339 },
    newline: { names: ['<|reserved_token_0|>'], id: 126084 },
    boi: { names: ['<boi>', '<|image_start|>'], id: 126349 },
    eoi: { names: ['<eoi>', '<|image_end|>'], id: 126350 },
    uncondition: { names: ['<uncondition>'], id: 126351 },
    answer: { names: ['<answer>'], id: 126354 },
    answerEnd: { names: ['</answer>'], id: 126355 },
  },
  instruction: 512,
  layouts: {
    edit: [...prompt, ...seen, ...end, ...reasoned],
    generate: [...prompt, ...end, ...reasoned],
    editImageOnly: [...prompt, ...seen, ...end, ...answer, 'answerEnd'],
    generateImageOnly: [...prompt, ...end, ...answer, 'answerEnd'],
  },
  unconditional: { form: 'split', instruction: 'uncondition', inputImage: 'mask' },
  sampling: {
    released: {
      text: 'truncated',
      image: 'cosine-gaussian',
      lateImage: true,
      defaults: {
        steps: 128,
        imageSteps: 64,
        guidance: { text: 0, image: 4 },
        temperatures: { text: 0, image: 1 },
      },
    },
    paper,
  },
}

export const variants: Readonly<Record<VariantName, Variant>> = {
  mmada: {
    ...parallelM,
    title: 'MMaDA',
    layouts: { ...parallelM.layouts, generateImageOnly: ['t2i', ...asked, ...drawn] },
    note: 'MMaDA was trained to draw from text; edits use the layout of MMaDA-Parallel-M, which it has not seen.',
  },
  'mmada-parallel-m': parallelM,
  'mmada-parallel-a': parallelA,
}
