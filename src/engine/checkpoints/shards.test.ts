/** Checkpoints that are not whole, not what they say, or not safetensors: refused by name, with the reason. */
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { describeError } from '../../shared/errors.ts'
import { openSafetensors, readTensor, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { openCheckpoint } from './shards.ts'
import { parityFolder } from './testing.ts'
import { openTrunk } from './trunk.ts'
import { openVq } from './vq/open.ts'

const parts = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const
const INDEX = 'model.safetensors.index.json'

const root = await mkdtemp(join(tmpdir(), 'tandem-shards-'))
afterAll(() => rm(root, { recursive: true }))

let folder: string
let next = 0
beforeEach(async () => {
  folder = join(root, String(next++))
  await cp(parityFolder('mmada-bf16'), folder, { recursive: true })
})

const refusal = (what: Promise<unknown>): Promise<string> =>
  what.then(
    () => 'accepted',
    (error: unknown) => describeError(error),
  )
const open = async (): Promise<unknown> => openTrunk(await openCheckpoint(folder))

/** The file with its JSON header edited. */
async function rewrite(
  file: string,
  edit: (header: Record<string, { dtype: string; data_offsets: number[]; shape: number[] }>) => void,
): Promise<void> {
  const bytes = await readFile(join(folder, file))
  const length = Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Parameters<typeof edit>[0]
  edit(header)
  const json = Buffer.from(JSON.stringify(header))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(json.length))
  await writeFile(join(folder, file), Buffer.concat([size, json, bytes.subarray(8 + length)]))
}

/** The two files as one, without an index, changed on the way. */
async function joined(edit: (tensors: Map<string, StoredTensor>) => void): Promise<void> {
  const tensors = new Map<string, StoredTensor>()
  for (const part of parts) {
    const file = await openSafetensors(join(folder, part))
    for (const name of file.tensors.keys()) tensors.set(name, await readTensor(file, name))
    await rm(join(folder, part))
  }
  await rm(join(folder, INDEX))
  edit(tensors)
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
}

test('a whole one opens: with its index, by its numbered names, through links, at any alignment', async () => {
  expect(await refusal(open())).toBe('accepted')
  await rewrite(parts[0], () => undefined)
  expect((await readFile(join(folder, parts[0]))).readBigUInt64LE() % 8n).not.toBe(0n)
  expect(await refusal(open())).toBe('accepted')
  await mkdir(join(folder, 'blobs'))
  await rename(join(folder, parts[1]), join(folder, 'blobs', 'c0ffee'))
  await symlink(join('blobs', 'c0ffee'), join(folder, parts[1]))
  expect(await refusal(open())).toBe('accepted')
  await rm(join(folder, INDEX))
  expect(await refusal(open())).toBe('accepted')
})

describe('files', () => {
  const cases: [what: string, spoil: () => Promise<unknown>, says: RegExp][] = [
    ['a truncated file', () => truncate(join(folder, parts[1]), 30_000), /00002-of-00002.*does not fit the file/],
    ['a file cut inside its header', () => truncate(join(folder, parts[1]), 60), /00002-of-00002.*header does not fit/],
    ['an empty file', () => truncate(join(folder, parts[1]), 0), /cut short/],
    [
      'a file the index names and nobody has',
      () => rm(join(folder, parts[0])),
      /index\.json names .*00001-of-00002.*not there/,
    ],
    [
      'a part that is missing without an index',
      async () => {
        await rm(join(folder, INDEX))
        await rm(join(folder, parts[0]))
      },
      /Parts 00001 of 2 .*missing/,
    ],
    ['an index that is no index', () => writeFile(join(folder, INDEX), '[]'), /not the index/],
    [
      'an index that leads out of the folder',
      () => writeFile(join(folder, INDEX), JSON.stringify({ weight_map: { a: '../a.safetensors' } })),
      /names "\.\.\/a\.safetensors"/,
    ],
    [
      'an index of another checkpoint',
      () => writeFile(join(folder, INDEX), JSON.stringify({ weight_map: { absent: parts[0], b: parts[1] } })),
      /promises absent, b/,
    ],
    [
      'a header of 2^63 bytes',
      async () => {
        const bytes = await readFile(join(folder, parts[0]))
        bytes.writeBigUInt64LE(1n << 63n)
        await writeFile(join(folder, parts[0]), bytes)
      },
      /header does not fit the file/,
    ],
    [
      'offsets that overlap',
      () =>
        rewrite(parts[0], (header) => {
          const [, a, b] = Object.keys(header)
          header[b!] = { ...header[a!]! }
        }),
      /overlaps|belong to no tensor/,
    ],
    [
      'a dtype that lies',
      () => rewrite(parts[0], (header) => (header['model.transformer.blocks.0.q_proj.weight']!.dtype = 'F32')),
      /q_proj\.weight does not fit the file/,
    ],
    [
      'a pickle called safetensors',
      () => writeFile(join(folder, parts[0]), Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9])),
      /pickle under another name/,
    ],
    ['a zip called safetensors', () => writeFile(join(folder, parts[0]), 'PK\x03\x04archive/data.pkl'), /pickle/],
    [
      'a link that leads nowhere',
      async () => {
        await rm(join(folder, parts[0]))
        await symlink('gone', join(folder, parts[0]))
      },
      /leads nowhere/,
    ],
    [
      'a tensor in two files',
      async () => {
        await rm(join(folder, INDEX))
        await cp(join(folder, parts[0]), join(folder, parts[1]))
      },
      /Two weight files hold/,
    ],
  ]
  test.each(cases)('%s is refused', async (_, spoil, says) => {
    await spoil()
    expect(await refusal(open())).toMatch(says)
  })

  test('a folder of pickles alone is refused with the reason', async () => {
    const pickles = join(root, 'pickles')
    await mkdir(pickles)
    await writeFile(join(pickles, 'config.json'), '{}')
    expect(await refusal(openCheckpoint(pickles))).toMatch(/holds no \.safetensors/)
    await writeFile(join(pickles, 'pytorch_model.bin'), 'x')
    expect(await refusal(openCheckpoint(pickles))).toMatch(/pytorch_model\.bin is a pickle: reading it would run/)
    expect(await refusal(openCheckpoint(join(root, 'nowhere')))).toMatch(/no folder nowhere/)
  })
})

describe('tensors', () => {
  const layer = 'model.transformer.blocks.1'
  const cases: [what: string, edit: (tensors: Map<string, StoredTensor>) => void, says: RegExp][] = [
    ['missing', (t) => t.delete(`${layer}.up_proj.weight`), /missing: .*blocks\.1\.up_proj\.weight/],
    [
      'extra',
      (t) => t.set(`${layer}.q_norm.weight`, { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }),
      /extra: .*q_norm\.weight/,
    ],
    [
      'misshapen',
      (t) => t.set(`${layer}.v_proj.weight`, { dtype: 'F32', shape: [2, 2], bytes: new Uint8Array(16) }),
      /misshapen: .*v_proj\.weight \[2, 2\] instead of \[48, 48\]/,
    ],
    [
      'whole numbers',
      (t) => t.set(`${layer}.attn_norm.weight`, { dtype: 'I64', shape: [48], bytes: new Uint8Array(48 * 8) }),
      /of a type that is not computed with .*: .*attn_norm\.weight \(I64\)/,
    ],
    [
      'powers of two',
      (t) => t.set(`${layer}.q_proj.weight`, { dtype: 'F8_E8M0', shape: [48, 48], bytes: new Uint8Array(48 * 48) }),
      /of a type that is not computed with \(F64, F32, .*\): .*q_proj\.weight \(F8_E8M0\)/,
    ],
  ]
  test.each(cases)('that are %s are listed', async (_, edit, says) => {
    await joined(edit)
    expect(await refusal(open())).toMatch(says)
  })

  test('all differences are named at once', async () => {
    await joined((tensors) => {
      for (const [, edit] of cases) edit(tensors)
    })
    expect(await refusal(open())).toMatch(/missing: .*extra: .*misshapen: .*of a type that is not computed with /)
  })
})

test.each([
  ['F64', 24],
  ['I32', 12],
  ['BOOL', 3],
] as const)('a table of %s beside the weights keeps nobody out', async (dtype, bytes) => {
  const table = 'model.transformer.rotary_emb.inv_freq'
  await joined((tensors) => tensors.set(table, { dtype, shape: [3], bytes: new Uint8Array(bytes) }))
  expect(await refusal(open())).toBe('accepted')
})

describe('a config', () => {
  const cases: [what: string, change: Record<string, unknown>, says: RegExp][] = [
    ['with another width', { d_model: 64 }, /d_model 64, the tensors show 48/],
    ['with more layers', { n_layers: 4 }, /n_layers 4, the tensors show 3/],
    ['with keys that heads share', { n_kv_heads: 1 }, /n_kv_heads 1, the tensors show 2/],
    ['with a wider MLP', { mlp_hidden_size: 96 }, /mlp_hidden_size 96, the tensors show 24/],
    ['with another embedding', { embedding_size: 360 }, /embedding_size 360, the tensors show 352/],
    [
      'with a larger vocabulary',
      { vocab_size: 1000, embedding_size: null },
      /vocab_size 1000, the embedding has 352 rows/,
    ],
    ['without heads', { n_heads: null }, /does not say how many heads/],
    ['with heads that do not divide', { n_heads: 5 }, /48 does not fall into 5 heads/],
    ['that ties the head', { weight_tying: true }, /ties the head/],
    ['with ALiBi', { alibi: true }, /ALiBi/],
    ['with layer norm', { layer_norm_type: 'default' }, /RMSNorm/],
    ['with GELU', { activation_type: 'gelu' }, /SwiGLU/],
  ]
  test.each(cases)('%s is refused', async (_, change, says) => {
    const path = join(folder, 'config.json')
    const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    await writeFile(path, JSON.stringify({ ...config, ...change }))
    expect(await refusal(open())).toMatch(says)
  })

  test('that is missing or no JSON is refused', async () => {
    await writeFile(join(folder, 'config.json'), '{')
    expect(await refusal(open())).toMatch(/not JSON/)
    await rm(join(folder, 'config.json'))
    expect(await refusal(open())).toMatch(/no readable config\.json/)
  })
})

test('a trunk is no image tokenizer', async () => {
  expect(await refusal(openVq(folder))).toMatch(/no image tokenizer that is known/)
})
