/**
 * For tests and benchmarks: folders with the sizes of the published checkpoints. Filled with nothing they are all zeros and take
 * no place on a disk; filled with numbers they compute.
 */
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '../data/random.ts'
import { modelParameters, type TrunkConfig } from '../model/forward.ts'
import { parityFolder, readJsonFile } from './testing.ts'

type Shapes = readonly (readonly [name: string, shape: readonly number[]])[]

/** Small random numbers, repeated: as many that no two rows of a matrix are alike. */
function numbers(dtype: 'BF16' | 'F32'): Uint8Array {
  const random = seededRandom('published sizes')
  const floats = Float32Array.from({ length: 999_983 }, () => 0.04 * (random.next() - 0.5))
  if (dtype === 'F32') return new Uint8Array(floats.buffer)
  return new Uint8Array(Uint16Array.from(new Uint32Array(floats.buffer), (bits) => bits >>> 16).buffer)
}

/** A safetensors file whose header says what is there, and whose bytes are a hole or numbers. Returns its length. */
async function writeFilled(path: string, shapes: Shapes, dtype: 'BF16' | 'F32', filled: boolean): Promise<number> {
  const header: Record<string, object> = {}
  let at = 0
  for (const [name, shape] of shapes) {
    const length = (dtype === 'F32' ? 4 : 2) * shape.reduce((n, dim) => n * dim, 1)
    header[name] = { dtype, shape, data_offsets: [at, at + length] }
    at += length
  }
  const json = Buffer.from(JSON.stringify(header))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(json.length))
  const handle = await open(path, 'w')
  await handle.write(Buffer.concat([size, json]))
  const block = filled ? numbers(dtype) : new Uint8Array(0)
  for (let left = filled ? at : 0; left > 0; left -= block.length)
    await handle.writeFile(block.subarray(0, Math.min(left, block.length)))
  await handle.truncate(8 + json.length + at)
  await handle.close()
  return 8 + json.length + at
}

export const published = {
  m: {
    folder: 'MMaDA-Parallel-M',
    rows: 134_656,
    /** Of tokens whose small stand-ins have other ids. */
    ids: {
      '<|startoftext|>': 126_080,
      '<|endoftext|>': 126_081,
      '<|mdm_mask|>': 126_336,
      '<|reserved_token_0|>': 126_084,
      '<|reserved_token_1|>': 126_085,
      '<|reserved_token_4|>': 126_088,
      '<|reserved_token_11|>': 126_095,
    },
    tokens: 126_349,
    vq: { shapes: 'magvit', config: { _class_name: 'MAGVITv2' } },
  },
  a: {
    folder: 'MMaDA-Parallel-A',
    rows: 134_548,
    ids: {
      '<|startoftext|>': 126_080,
      '<|endoftext|>': 126_081,
      '<|mdm_mask|>': 126_336,
      '<|reserved_token_0|>': 126_084,
      '<boi>': 126_349,
      '<eoi>': 126_350,
      '<uncondition>': 126_351,
      '<answer>': 126_354,
      '</answer>': 126_355,
    },
    tokens: 126_356,
    vq: { shapes: 'amused', config: { _class_name: 'VQModel', norm_num_groups: 32, act_fn: 'silu' } },
  },
} as const

/** The tokenizer of the parity checkpoint with as many ids as the published one, and its tokens at their published places. */
async function writeTokenizer(which: 'm' | 'a', path: string): Promise<void> {
  const { ids, tokens } = published[which]
  const json = JSON.parse(await readFile(parityFolder(`tokenizer-${which}.json`), 'utf8')) as {
    added_tokens: { id: number; content: string }[]
    model: { vocab: Record<string, number> }
  }
  const places = new Map<string, number>(Object.entries(ids))
  const taken = new Set(places.values())
  let next = 0
  const free = (): number => {
    while (taken.has(next)) next++
    return next++
  }
  const { vocab } = json.model
  for (const token of Object.keys(vocab)) vocab[token] = places.get(token) ?? free()
  while (next < tokens)
    if (!taken.has(next)) vocab[`unused ${next}`] = free()
    else next++
  for (const token of json.added_tokens) token.id = vocab[token.content]!
  await writeFile(path, JSON.stringify(json))
}

/** Sizes of the published trunk. */
export const eightB = {
  dModel: 4096,
  layers: 32,
  heads: 32,
  mlpHidden: 12_288,
  normEps: 1e-5,
  ropeTheta: 500_000,
  options: { gridEmbeddings: false, segmentEmbeddings: false, fuse: false, tiedHead: false },
} as const

/** Lays out checkpoint and image tokenizer below `root`; narrower or shallower where asked. `bytes`: of the trunk's files. */
export async function layOutEightB(
  which: 'm' | 'a',
  root: string,
  { filled = false, ...sizes }: Partial<Omit<TrunkConfig, 'vocabSize' | 'options'>> & { filled?: boolean } = {},
): Promise<{ directory: string; vq: string; bytes: number }> {
  const { folder, rows, vq } = published[which]
  const directory = join(root, folder)
  const tokenizer = join(root, vq.shapes)
  await mkdir(directory)
  await mkdir(tokenizer)
  const trunk = { ...eightB, ...sizes }
  const specs = modelParameters({ ...trunk, vocabSize: rows })
  const weightMap: Record<string, string> = {}
  const shards = 4
  let bytes = 0
  for (let shard = 0; shard < shards; shard++) {
    const name = `model-${String(shard + 1).padStart(5, '0')}-of-00004.safetensors`
    const part = specs.filter((_, i) => Math.floor((i * shards) / specs.length) === shard)
    for (const spec of part) weightMap[spec.name] = name
    const shapes = part.map((spec) => [spec.name, spec.shape] as const)
    bytes += await writeFilled(join(directory, name), shapes, 'BF16', filled)
  }
  await writeFile(join(directory, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }))
  const config = {
    d_model: trunk.dModel,
    n_heads: trunk.heads,
    n_layers: trunk.layers,
    mlp_hidden_size: trunk.mlpHidden,
    rope_theta: trunk.ropeTheta,
    vocab_size: rows,
    embedding_size: rows,
    weight_tying: false,
    mask_token_id: 126_336,
    eos_token_id: 126_081,
    model_type: 'llada',
  }
  await writeFile(join(directory, 'config.json'), JSON.stringify(config))
  await writeTokenizer(which, join(directory, 'tokenizer.json'))
  const shapes = Object.entries(await readJsonFile<Record<string, number[]>>(parityFolder(`${vq.shapes}-shapes.json`)))
  await writeFilled(join(tokenizer, 'diffusion_pytorch_model.safetensors'), shapes, 'F32', filled)
  await writeFile(join(tokenizer, 'config.json'), JSON.stringify(vq.config))
  return { directory, vq: tokenizer, bytes }
}
