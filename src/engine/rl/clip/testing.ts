/** For tests: a small CLIP in the layout of published exports, written with this project's own graph writer. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '../../data/random.ts'
import { Graph, type InitializerData } from '../../graph/graph.ts'
import { encodeModel } from '../../graph/onnx.ts'
import { mul } from '../../graph/ops/elementwise.ts'
import { gather } from '../../graph/ops/gather.ts'
import { matmul } from '../../graph/ops/matmul.ts'
import { reduceMean } from '../../graph/ops/reduce.ts'
import { reshape } from '../../graph/ops/shape.ts'
import type { Value } from '../../graph/types.ts'
import { clipFiles } from './folder.ts'

export const EMBEDDING = 6
/** Pixels along one side of what the vision model takes. */
export const SIDE = 8

export interface ClipParts {
  /** Width of the text side's output, where it is to differ. */
  readonly textEmbedding?: number
  /** Keeps the text side's table in a file beside it. */
  readonly external?: { readonly file: string; readonly location?: string }
  /** Puts the two models into onnx/. */
  readonly nested?: boolean
  readonly padTo?: number
  readonly preprocessor?: object
}

/** In id order: start, end, then pieces of words with CLIP's end-of-word mark. */
const pieces = ['<|startoftext|>', '<|endoftext|>', 'a</w>', 'ca', 'cat</w>']
const letters = [...'abcdefghijklmnopqrstuvwxyz.'].flatMap((letter) => [letter, `${letter}</w>`])
export const vocabulary: readonly string[] = [...new Set([...pieces, ...letters])]

/** Weights as random numbers of a name: a test computes with the same. */
export const clipWeights = (name: string, count: number): Float32Array => {
  const random = seededRandom('clip', name)
  return Float32Array.from({ length: count }, () => random.normal())
}

export async function writeClip(directory: string, parts: ClipParts = {}): Promise<void> {
  const models = parts.nested ? join(directory, 'onnx') : directory
  await mkdir(models, { recursive: true })
  const width = parts.textEmbedding ?? EMBEDDING
  const table = clipWeights('words', vocabulary.length * width)
  const bytes = new Uint8Array(table.buffer)
  if (parts.external) await writeFile(join(models, parts.external.file), bytes)
  const stored: InitializerData = parts.external
    ? { kind: 'external', file: parts.external.location ?? parts.external.file, offset: 0, length: bytes.length }
    : { kind: 'inline', bytes }
  await writeFile(join(models, clipFiles.text), encodeModel(textGraph(width, stored, parts.padTo)))
  await writeFile(join(models, clipFiles.vision), encodeModel(visionGraph()))
  await writeFile(join(directory, clipFiles.tokenizer), JSON.stringify(tokenizerJson(parts.padTo)))
  const preprocessor = {
    do_resize: true,
    size: { shortest_edge: SIDE },
    do_center_crop: true,
    crop_size: { height: SIDE, width: SIDE },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    resample: 3,
    ...parts.preprocessor,
  }
  await writeFile(join(directory, clipFiles.preprocessor), JSON.stringify(preprocessor))
}

/** The mean of the tokens' rows; with an attention mask where texts are padded. */
function textGraph(width: number, table: InitializerData, padTo?: number): Graph {
  const graph = new Graph()
  const length = padTo ?? 'sequence'
  const rows = gather(
    graph.weight('words', 'float32', [vocabulary.length, width], table),
    graph.input('input_ids', 'int64', [1, length]),
  )
  let value: Value = rows
  if (padTo) {
    const mask = graph.op('Cast', [graph.input('attention_mask', 'int64', [1, padTo])], { to: 'float32' })
    value = mul(rows, reshape(mask, [1, padTo, 1]))
    graph.output('text_embeds', reduceMean(value, [1], false))
    return graph
  }
  // A mean over a length known at run time: ones times rows, whose direction is the same.
  graph.output('text_embeds', graph.op('ReduceSum', [value], { axes: [1], keepdims: 0 }))
  return graph
}

/** One linear layer over all pixels. */
function visionGraph(): Graph {
  const graph = new Graph()
  const count = 3 * SIDE * SIDE
  const weights = clipWeights('pixels', count * EMBEDDING)
  const bytes = new Uint8Array(weights.buffer)
  const pixels = reshape(graph.input('pixel_values', 'float32', [1, 3, SIDE, SIDE]), [1, count])
  graph.output(
    'image_embeds',
    matmul(pixels, graph.weight('pixels', 'float32', [count, EMBEDDING], { kind: 'inline', bytes })),
  )
  return graph
}

function tokenizerJson(padTo?: number): object {
  const special = (id: number): object => ({
    id,
    content: vocabulary[id],
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  return {
    version: '1.0',
    truncation: { direction: 'Right', max_length: 8, strategy: 'LongestFirst', stride: 0 },
    padding: padTo ? { strategy: { Fixed: padTo }, direction: 'Right', pad_id: 1, pad_token: '<|endoftext|>' } : null,
    added_tokens: [special(0), special(1)],
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: "'s|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
      behavior: 'Removed',
      invert: true,
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['<|endoftext|>', 1],
      cls: ['<|startoftext|>', 0],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
      merges: ['c a', 'ca t</w>'],
    },
  }
}
