/** Importing end to end: what is written, what is measured, what is refused, and that nothing of the source changes. */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeError } from '../../shared/errors.ts'
import { plainOf } from '../graph/testing.ts'
import { openModel } from '../model/adapter-open.ts'
import { adapterNames } from '../model/adapter-config.ts'
import { modelParameters, names } from '../model/forward.ts'
import { buildInferGraph } from '../model/infer-graph.ts'
import { floatTensor, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { createSession, type Tensor } from '../runtime/session.ts'
import { importCheckpoint } from './import.ts'
import { importAll, importOptions, layOutPublished } from './import-fixtures.ts'
import { lookAtCheckpoint } from './look.ts'
import { openImported } from './open.ts'
import { openCheckpoint } from './shards.ts'
import { relativeError } from './testing.ts'
import { openTrunk } from './trunk.ts'

let root: string
let m: { directory: string; vq: string }
let a: { directory: string; vq: string }
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-import-'))
  m = await layOutPublished('m', root)
  a = await layOutPublished('a', root)
})
afterAll(() => rm(root, { recursive: true }))

const refusal = (what: Promise<unknown>): Promise<string> =>
  what.then(
    () => 'accepted',
    (error: unknown) => describeError(error),
  )

describe('an imported checkpoint', () => {
  test('is a folder of small files; its weights are read where they lie, even where nothing may be written', async () => {
    const out = join(root, 'plain')
    await chmod(m.directory, 0o555)
    const report = await importAll(importOptions('m', m, out))
    await chmod(m.directory, 0o755)
    expect(report).toMatchObject({
      variant: 'mmada-parallel-m',
      precision: 'bf16',
      copied: 0,
      image: 8,
      agreement: null,
    })
    expect((await readdir(out)).sort()).toEqual(['checkpoint.json', 'config.json', 'tokenizer.json'])
    const model = await openImported(out)
    expect(model.config.sampling?.defaults.guidance).toEqual({ text: 0, image: 3.5 })
    expect(model.config.image).toEqual({ size: 8, grid: 4, factor: 2, offset: 96, codebookSize: 256 })
    // Options of our own stay off: a published network attends to everything.
    const off = { gridEmbeddings: false, segmentEmbeddings: false, fuse: false, tiedHead: false }
    expect(model.config.options).toEqual(off)
    await model.image.dispose()
  })

  test('takes ids from its own files, whatever they are', async () => {
    const directory = join(root, 'renumbered')
    await cp(a.directory, directory, { recursive: true })
    const path = join(directory, 'tokenizer.json')
    const text = await readFile(path, 'utf8')
    const json = JSON.parse(text) as {
      added_tokens: { id: number; content: string }[]
      model: { vocab: Record<string, number> }
    }
    const [boi, answer] = ['<boi>', '<answer>'].map((name) =>
      json.added_tokens.find((token) => token.content === name)!,
    )
    ;[boi!.id, answer!.id] = [answer!.id, boi!.id]
    for (const token of json.added_tokens) json.model.vocab[token.content] = token.id
    await writeFile(path, JSON.stringify(json))
    const out = join(root, 'renumbered-out')
    await importAll({ ...importOptions('a', { ...a, directory }, out), variant: null })
    const { special } = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as { special: { soi: number } }
    expect(special.soi).toBe(boi!.id)
  })

  test('is known by its repository in the cache of a download tool, whose folder is a commit and whose files are links', async () => {
    const cache = join(root, 'hub', 'models--tyfeld--MMaDA-Parallel-M')
    const snapshot = join(cache, 'snapshots', 'c0ffee'.padEnd(40, '0'))
    await mkdir(join(cache, 'blobs'), { recursive: true })
    await mkdir(snapshot, { recursive: true })
    for (const [i, name] of (await readdir(m.directory)).entries()) {
      await cp(join(m.directory, name), join(cache, 'blobs', `b${i}`))
      await symlink(join('..', '..', 'blobs', `b${i}`), join(snapshot, name))
    }
    const options = importOptions('m', { ...m, directory: snapshot }, join(root, 'cached-out'))
    expect(await importAll({ ...options, variant: null })).toMatchObject({ variant: 'mmada-parallel-m', copied: 0 })
    const look = { do: 'look', directory: snapshot, vq: m.vq, variant: null, imageSize: 8 } as const
    expect(await lookAtCheckpoint(look)).toMatchObject({ name: 'MMaDA-Parallel-M', problems: [] })
  })

  test.each(['f8', 'int4'] as const)(
    'stored in 8-bit floats is used as %s, with nothing copied of what stays',
    async (precision) => {
      const directory = join(root, `eighths-${precision}`)
      await cp(a.directory, directory, { recursive: true })
      const checkpoint = await openCheckpoint(directory)
      const tensors = new Map<string, StoredTensor>()
      for (const [name, { shape }] of checkpoint.tensors) {
        // 0x28 to 0x37, either sign: an eighth to one.
        const bytes = (await checkpoint.floats(name)).map((x, i) => (x < 0 ? 0xa8 : 0x28) + (i % 16))
        tensors.set(name, { dtype: 'F8_E4M3', shape, bytes: Uint8Array.from(bytes) })
      }
      await writeSafetensors(join(directory, 'model.safetensors'), tensors)
      const out = join(root, `eighths-out-${precision}`)
      const options = { ...importOptions('a', { ...a, directory }, out), prompts: ['move the cup'] }
      const report = await importAll({ ...options, precision: precision === 'f8' ? null : precision })
      expect([report.precision, report.copied]).toEqual([precision, 0])
      // Read by the quantiser and by the graph alike: what is rounded once more still says much the same.
      if (report.agreement) expect(report.agreement.text.top1).toBeGreaterThan(0.3)
      await (await openImported(out)).image.dispose()
    },
  )

  test('is sampled as the paper says where that is asked for', async () => {
    const out = join(root, 'paper')
    const report = await importAll({ ...importOptions('m', m, out), behaviour: 'paper' })
    const model = await openImported(out)
    await model.image.dispose()
    expect([report.behaviour, model.config.sampling]).toMatchObject(['paper', { text: 'linear', image: 'cosine' }])
  })

  test('is MMaDA where its name says no more, which is told, and draws from text as MMaDA was trained to', async () => {
    const directory = join(root, 'MMaDA-8B-MixCoT')
    await cp(m.directory, directory, { recursive: true })
    const out = join(root, 'mmada-out')
    const report = await importAll({ ...importOptions('m', { ...m, directory }, out), variant: null })
    expect(report).toMatchObject({ variant: 'mmada', note: expect.stringContaining('MMaDA-Parallel-M') as string })
    const { config, image } = await openImported(out)
    await image.dispose()
    // <|reserved_token_4|>, that of a picture from text, and what begins a sentence.
    expect(config.layouts.generateImageOnly[0]).toEqual({ kind: 'control', tokens: [5, 0] })
  })

  test('is no longer opened once a weight file has changed', async () => {
    const copy = join(root, 'changing')
    await cp(m.directory, copy, { recursive: true })
    const out = join(root, 'changing-out')
    await importAll(importOptions('m', { ...m, directory: copy }, out))
    const path = join(copy, 'model-00002-of-00002.safetensors')
    const bytes = await readFile(path)
    bytes[bytes.length - 1]! ^= 1
    await writeFile(path, bytes)
    expect(await refusal(openImported(out))).toMatch(/00002-of-00002\.safetensors has changed since/)
    await rm(path)
    expect(await refusal(openImported(out))).toMatch(/00002-of-00002\.safetensors of the checkpoint is gone/)
  })
})

describe('what is refused', () => {
  const out = (): string => join(root, 'refused')
  /** A copy of M whose tokenizer knows a word more. */
  async function withWord(folder: string, word: string, id: number): Promise<typeof m> {
    const directory = join(root, folder)
    await cp(m.directory, directory, { recursive: true })
    const path = join(directory, 'tokenizer.json')
    const json = JSON.parse(await readFile(path, 'utf8')) as { model: { vocab: Record<string, number> } }
    json.model.vocab[word] = id
    await writeFile(path, JSON.stringify(json))
    return { ...m, directory }
  }
  const cases: [what: string, run: () => Promise<unknown>, says: RegExp][] = [
    [
      'a checkpoint without its image tokenizer',
      () => importAll({ ...importOptions('m', m, out()), vq: null }),
      /needs its image tokenizer.*--vq: MAGVIT-v2/,
    ],
    [
      'the image tokenizer of the other variant',
      () => importAll(importOptions('m', { ...m, vq: a.vq }, out())),
      /draws with MAGVIT-v2, not with this/,
    ],
    [
      'a tokenizer of another model',
      async () => {
        const directory = join(root, 'other-tokenizer')
        await cp(m.directory, directory, { recursive: true })
        await cp(join(a.directory, 'tokenizer.json'), join(directory, 'tokenizer.json'))
        const path = join(directory, 'tokenizer.json')
        await writeFile(path, (await readFile(path, 'utf8')).replaceAll('<|reserved_token_0|>', '<|other|>'))
        return importAll(importOptions('m', { ...m, directory }, out()))
      },
      /The tokenizer has no soi token .*reserved_token_0/,
    ],
    [
      'a tokenizer with more ids than fit',
      async () => importAll(importOptions('m', await withWord('large-tokenizer', 'more', 97), out())),
      /98 ids and 256 codes do not fit the 352 rows/,
    ],
    [
      'a config with other codes than the image tokenizer',
      async () => {
        const directory = join(root, 'other-codes')
        await cp(m.directory, directory, { recursive: true })
        const path = join(directory, 'config.json')
        const json = JSON.parse(await readFile(path, 'utf8')) as object
        await writeFile(path, JSON.stringify({ ...json, codebook_size: 8192 }))
        return importAll(importOptions('m', { ...m, directory }, out()))
      },
      /config\.json says 8192 codes, the image tokenizer has 256/,
    ],
    [
      'no tokenizer at all',
      async () => {
        const directory = join(root, 'no-tokenizer')
        await cp(m.directory, directory, { recursive: true })
        await rm(join(directory, 'tokenizer.json'))
        return importAll(importOptions('m', { ...m, directory }, out()))
      },
      /no readable tokenizer\.json/,
    ],
    [
      'an image tokenizer as a model',
      () => importAll(importOptions('m', { ...m, directory: m.vq }, out())),
      /not a model/,
    ],
    [
      'a rounded copy of whole weights',
      () => importAll({ ...importOptions('a', a, out()), precision: 'bf16' }),
      /used as they are/,
    ],
    [
      'a size codes do not fill',
      () => importAll({ ...importOptions('a', a, out()), imageSize: 18 }),
      /18 pixels does not fall into codes of 4/,
    ],
    [
      'a folder that holds another model, such as the checkpoint itself',
      async () => {
        const before = await readFile(join(m.directory, 'config.json'), 'utf8')
        const said = await refusal(importAll(importOptions('m', m, m.directory)))
        expect(await readFile(join(m.directory, 'config.json'), 'utf8')).toBe(before)
        throw new Error(said)
      },
      /already holds another model/,
    ],
    [
      'a model of text alone',
      async () => importAll({ ...importOptions('m', await withWord('text-only', 'last', 351), out()), variant: null }),
      /This is a text model: its 352 ids are those of its tokenizer.*tandem model logits/,
    ],
    ['a model nobody can name', () => importAll({ ...importOptions('m', m, out()), variant: null }), /--variant/],
  ]
  test.each(cases)('%s', async (_, run, says) => {
    expect(await refusal(run())).toMatch(says)
    await expect(stat(join(out(), 'config.json'))).rejects.toThrow()
  })
})

describe('quantised weights', () => {
  test.each(['int8', 'int4'] as const)('%s are measured against the originals, and run', async (precision) => {
    const out = join(root, precision)
    const report = await importAll({
      ...importOptions('a', a, out),
      precision,
      prompts: ['make it night', 'move the cup'],
    })
    const { text, image } = report.agreement!
    expect(text.places).toBeGreaterThan(256)
    expect(image.places).toBeGreaterThan(16)
    // Eight bits agree better than four, and both say the same as the originals far more often than chance (1 in 64).
    expect(text.divergence).toBeLessThan(precision === 'int8' ? 0.005 : 0.1)
    expect(image.top1).toBeGreaterThan(precision === 'int8' ? 0.8 : 0.3)
    expect(JSON.parse(await readFile(join(out, 'agreement.json'), 'utf8'))).toEqual(report.agreement)
  })

  test('stopped after two files, the import goes on with the third', async () => {
    const out = join(root, 'resumed')
    const stop = new AbortController()
    const options = { ...importOptions('m', m, out), precision: 'int4' as const, signal: stop.signal }
    const steps = importCheckpoint(options)
    await steps.next()
    await steps.next()
    stop.abort()
    expect(await steps.next()).toEqual({ done: true, value: null })
    expect(await refusal(openImported(out))).toMatch(/no readable checkpoint\.json/)
    const kept = await stat(join(out, 'int4', 'block-001.safetensors'))
    expect(await readdir(join(out, 'int4'))).toEqual(['block-000.safetensors', 'block-001.safetensors'])
    await importAll({ ...options, signal: new AbortController().signal })
    expect((await stat(join(out, 'int4', 'block-001.safetensors'))).mtimeMs).toBe(kept.mtimeMs)
    expect(await readdir(join(out, 'int4'))).toHaveLength(5)
    await (await openImported(out)).image.dispose()
  })

  test('a broken file of an earlier attempt is made again; one that breaks later is refused', async () => {
    const out = join(root, 'broken')
    await mkdir(join(out, 'int8'), { recursive: true })
    await writeFile(join(out, 'int8', 'block-000.safetensors'), 'half of it')
    await importAll({ ...importOptions('m', m, out), precision: 'int8' })
    await writeFile(join(out, 'int8', 'block-000.safetensors'), 'half of it')
    expect(await refusal(openImported(out))).toMatch(/block-000\.safetensors is not a usable/)
  })

  test('numbers that are not finite are refused before they spread', async () => {
    const directory = join(root, 'not-finite')
    await cp(a.directory, directory, { recursive: true })
    const checkpoint = await openCheckpoint(directory)
    const tensors = new Map<string, StoredTensor>()
    for (const [name, { shape }] of checkpoint.tensors) {
      const data = await checkpoint.floats(name)
      if (name === names.block(1, 'up_proj')) data[3] = Infinity
      tensors.set(name, floatTensor(data, shape))
    }
    await writeSafetensors(join(directory, 'model.safetensors'), tensors)
    const out = join(root, 'not-finite-out')
    const run = importAll({ ...importOptions('a', { ...a, directory }, out), precision: 'int4' })
    expect(await refusal(run)).toMatch(/blocks\.1\.up_proj\.weight holds numbers that are not finite/)
  })
})

test('a PEFT adapter stands beside stored weights and gives what merging it gives', async () => {
  const out = join(root, 'base')
  await importAll(importOptions('a', a, out))
  const base = await openImported(out)
  const { config } = base
  const trunk = await openTrunk(await openCheckpoint(a.directory))
  const checkpoint = await openCheckpoint(a.directory)
  const rank = 2
  const targets = ['q_proj', 'ff_out'] as const
  const lora = new Map<string, StoredTensor>()
  const merged = new Map<string, StoredTensor>()
  for (const { name, shape } of modelParameters(config)) {
    const w = await checkpoint.floats(trunk.stored(name))
    if (
      shape.length === 2 &&
      name.includes('.blocks.') &&
      targets.some((target) => name.endsWith(`${target}.weight`))
    ) {
      const [outputs, inputs] = shape as [number, number]
      const A = Float32Array.from({ length: rank * inputs }, (_, i) => Math.sin(i + 1) / 8)
      const B = Float32Array.from({ length: outputs * rank }, (_, i) => Math.cos(i) / 8)
      lora.set(adapterNames.a(name), floatTensor(A, [rank, inputs]))
      lora.set(adapterNames.b(name), floatTensor(B, [outputs, rank]))
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < inputs; i++)
          for (let r = 0; r < rank; r++) w[o * inputs + i]! += 0.5 * 3 * B[o * rank + r]! * A[r * inputs + i]!
    }
    merged.set(trunk.stored(name), floatTensor(w, shape))
  }
  const adapter = join(root, 'adapter')
  await mkdir(adapter)
  await writeSafetensors(join(adapter, 'adapter_model.safetensors'), lora)
  await writeFile(
    join(adapter, 'adapter_config.json'),
    JSON.stringify({ peft_type: 'LORA', r: rank, lora_alpha: 6, target_modules: targets }),
  )
  const directory = join(root, 'merged')
  await cp(a.directory, directory, { recursive: true })
  await writeSafetensors(join(directory, 'model.safetensors'), merged)
  await importAll(importOptions('a', { ...a, directory }, join(root, 'merged-out')))

  const logits = async (path: string, adapters: { directory: string; weight: number }[]): Promise<Float32Array> => {
    const model = await openModel(path, adapters)
    const { stored } = model
    const graph = buildInferGraph(config, 'edit', 1, model.weights, {
      logits: true,
      instruction: 3,
      stored: stored!.weight,
      ...(stored!.adapt ? { adapt: stored!.adapt } : {}),
    })
    const session = await createSession(graph.model, { weightsFrom: stored!.root, threads: 1 })
    const feeds: Record<string, Tensor> = {
      tokens: {
        data: BigInt64Array.from(graph.layout.template, (_, i) => BigInt((i * 7) % config.vocabSize)),
        dims: [1, graph.layout.length],
      },
    }
    for (const modality of ['text', 'image']) {
      feeds[`rows:${modality}`] = { data: BigInt64Array.of(0n, 5n, 9n), dims: [3] }
      feeds[`uniform:${modality}`] = { data: new Float32Array(3), dims: [3, 1] }
      feeds[`temperature:${modality}`] = { data: Float32Array.of(1), dims: [] }
    }
    const results = await session.run(feeds)
    await session.dispose()
    await model.image.dispose()
    return Float32Array.from(plainOf(results['logits:text']!).data)
  }
  await base.image.dispose()
  const plain = await logits(out, [])
  const beside = await logits(out, [{ directory: adapter, weight: 0.5 }])
  const expected = await logits(join(root, 'merged-out'), [])
  expect(relativeError(beside, expected)).toBeLessThan(1e-5)
  expect(relativeError(plain, expected)).toBeGreaterThan(1e-2)

  // Beside quantised weights it adds the same, as near as those are.
  const quantised = join(root, 'base-int8')
  await importAll({ ...importOptions('a', a, quantised), precision: 'int8' })
  const without = relativeError(await logits(quantised, []), expected)
  expect(relativeError(await logits(quantised, [{ directory: adapter, weight: 0.5 }]), expected)).toBeLessThan(
    without / 4,
  )
})
