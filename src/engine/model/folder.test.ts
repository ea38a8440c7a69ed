import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { modelParameters } from './forward.ts'
import { modelFiles, openModelFolder, readFlatWeights, readJson, writeHalfWeights } from './folder.ts'
import { tokenizerParameters } from './image-tokenizer.ts'
import { layOutParameters } from './parameters.ts'
import { openSafetensors, readTensor, writeSafetensors, type StoredTensor } from './safetensors.ts'
import { shippedConfig } from './shipped.ts'
import { buildTokenizerJson } from './text-tokenizer.ts'
import { allOptions, flatWeights, randomWeights, tinyImage } from './testing.ts'

const words = ['move', 'fox']
const textSize = 10 + 256 + words.length
const config: ModelConfig = shippedConfig(
  {
    name: 'small',
    dModel: 8,
    layers: 1,
    heads: 2,
    mlpHidden: 6,
    ropeTheta: 100,
    instructionLength: 4,
    reasoningLength: 5,
    options: allOptions,
  },
  textSize,
  tinyImage,
  8,
)
const table = layOutParameters(modelParameters(config))
const flat = flatWeights(config, randomWeights(config)).map(Math.f16round)

let root: string
let good: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-folder-'))
  good = join(root, 'good')
  await mkdir(good)
  await writeFile(join(good, modelFiles.config), JSON.stringify(config))
  await writeFile(join(good, modelFiles.tokenizer), JSON.stringify(buildTokenizerJson(words)))
  await writeFile(join(good, modelFiles.imageConfig), JSON.stringify(tinyImage))
  await writeHalfWeights(join(good, modelFiles.weights), table, flat, {})
  const image = layOutParameters(tokenizerParameters(tinyImage))
  await writeHalfWeights(join(good, modelFiles.imageWeights), image, new Float32Array(image.size).fill(0.1), {})
})
afterAll(() => rm(root, { recursive: true }))

let copies = 0
/** A copy of the good folder with something changed. */
async function changed(change: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(root, `copy-${copies++}`)
  await cp(good, folder, { recursive: true })
  await change(folder)
  return folder
}
const rewriteTensors =
  (file: string, edit: (tensors: Map<string, StoredTensor>) => void) =>
  async (folder: string): Promise<void> => {
    const opened = await openSafetensors(join(folder, file))
    const tensors = new Map<string, StoredTensor>()
    for (const name of opened.tensors.keys()) tensors.set(name, await readTensor(opened, name))
    edit(tensors)
    await writeSafetensors(join(folder, file), tensors)
  }
const rewriteJson =
  (file: string, edit: (value: Record<string, unknown>) => unknown) =>
  async (folder: string): Promise<void> => {
    const value = JSON.parse(await readFile(join(folder, file), 'utf8')) as Record<string, unknown>
    await writeFile(join(folder, file), JSON.stringify(edit(value)))
  }
const tensor = (...shape: number[]): StoredTensor => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(shape.reduce((a, b) => a * b, 4)),
})

test('a whole folder opens: config, tokenizers, weights, number of parameters', async () => {
  const model = await openModelFolder(good)
  expect(model).toMatchObject({ directory: good, name: 'small', config, parameters: table.size })
  expect(model.text.size).toBe(textSize)
  const span = table.spans.find((s) => s.name === 'model.transformer.wte.weight')!
  const stored = model.weights(span.name)
  expect(stored.kind === 'inline' && new Float32Array(stored.bytes.buffer, stored.bytes.byteOffset, span.size)).toEqual(
    flat.slice(span.offset, span.offset + span.size),
  )
  expect(() => model.weights('nonsense')).toThrow('no weight nonsense')
  expect(await model.image.encode(new Uint8Array(192))).toHaveLength(4)
  await model.image.dispose()
})

test('flat weights come back as they were written, in half precision', async () => {
  expect(await readFlatWeights(good, config)).toEqual(flat)
})

describe('what does not fit is named', () => {
  const ln = 'model.transformer.ln_f.weight'
  const cases: [what: string, change: (folder: string) => Promise<void>, says: RegExp][] = [
    [
      'a missing tensor',
      rewriteTensors(modelFiles.weights, (t) => t.delete(ln)),
      /model\.safetensors lacks model\.transformer\.ln_f\.weight/,
    ],
    [
      'many missing tensors',
      rewriteTensors(modelFiles.weights, (t) => t.clear()),
      /lacks model\.transformer\..* and \d+ more tensors/,
    ],
    [
      'an extra tensor',
      rewriteTensors(modelFiles.weights, (t) => t.set('lora.a', tensor(1))),
      /holds lora\.a, which this model does not have/,
    ],
    [
      'a misshapen tensor',
      rewriteTensors(modelFiles.weights, (t) => t.set(ln, tensor(9))),
      /ln_f\.weight in model\.safetensors is \[9\], the config asks for \[8\]/,
    ],
    [
      'a transposed tensor',
      rewriteTensors(modelFiles.weights, (t) => t.set('model.transformer.blocks.0.ff_out.weight', tensor(6, 8))),
      /is \[6, 8\], the config asks for \[8, 6\]/,
    ],
    [
      'a tensor that is no float',
      rewriteTensors(modelFiles.weights, (t) => t.set(ln, { dtype: 'U8', shape: [8], bytes: new Uint8Array(8) })),
      /is U8, not a float/,
    ],
    [
      'an image tokenizer that lacks a tensor',
      rewriteTensors(modelFiles.imageWeights, (t) => t.delete('decoder.patch.bias')),
      /image-tokenizer\.safetensors lacks decoder\.patch\.bias/,
    ],
    [
      'another number of codes',
      rewriteJson(modelFiles.imageConfig, (c) => ({ ...c, bits: 4 })),
      /disagree on the codes/,
    ],
    ['another patch size', rewriteJson(modelFiles.imageConfig, (c) => ({ ...c, factor: 2 })), /disagree on the codes/],
    [
      'a tokenizer with more tokens than the model',
      async (folder) =>
        writeFile(join(folder, modelFiles.tokenizer), JSON.stringify(buildTokenizerJson([...words, 'more']))),
      /more tokens than the model/,
    ],
    [
      'a config with a wrong value',
      rewriteJson(modelFiles.config, (c) => ({ ...c, layers: -1 })),
      /config\.json \(the model config\) is wrong at layers/,
    ],
    [
      'a config with a key too many',
      rewriteJson(modelFiles.config, (c) => ({ ...c, surprise: 1 })),
      /config\.json .*surprise/,
    ],
    ['a config that is not JSON', (folder) => writeFile(join(folder, modelFiles.config), '{'), /is not JSON/],
    [
      'weights cut short',
      async (folder) =>
        writeFile(join(folder, modelFiles.weights), (await readFile(join(folder, modelFiles.weights))).subarray(0, -2)),
      /not a usable safetensors file/,
    ],
    ...Object.values(modelFiles).map((file): [string, (folder: string) => Promise<void>, RegExp] => [
      `no ${file}`,
      (folder) => rm(join(folder, file)),
      new RegExp(file.replace('.', '\\.')),
    ]),
  ]
  test.each(cases)('%s', async (_, change, says) => {
    const refusal = openModelFolder(await changed(change))
    await expect(refusal).rejects.toBeInstanceOf(TandemError)
    await expect(refusal).rejects.toThrow(says)
  })

  test('no folder at all, and a file in its place', async () => {
    await expect(openModelFolder(join(root, 'absent'))).rejects.toThrow('There is no model folder absent')
    await expect(openModelFolder(join(good, modelFiles.config))).rejects.toBeInstanceOf(TandemError)
  })
})

describe('the hash', () => {
  test('is that of the numbers: equal for a copy, and for the same weights stored wider', async () => {
    const { hash } = await openModelFolder(good)
    expect(hash).toMatch(/^[0-9a-f]{32}$/)
    expect((await openModelFolder(await changed(async () => {}))).hash).toBe(hash)
    const wide = rewriteTensors(modelFiles.weights, (t) => {
      for (const [name, { shape, bytes }] of t)
        t.set(name, {
          dtype: 'F32',
          shape,
          bytes: new Uint8Array(Float32Array.from(new Float16Array(bytes.buffer)).buffer),
        })
    })
    expect((await openModelFolder(await changed(wide))).hash).toBe(hash)
  })

  test.each<[string, (folder: string) => Promise<void>]>([
    ['a weight', rewriteTensors(modelFiles.weights, (t) => (t.get('model.options.row.weight')!.bytes[0]! ^= 1))],
    ['the config', rewriteJson(modelFiles.config, (c) => ({ ...c, ropeTheta: 101 }))],
  ])('changes with %s', async (_, change) => {
    expect((await openModelFolder(await changed(change))).hash).not.toBe((await openModelFolder(good)).hash)
  })
})

test('readJson names the file, what it is, and the first thing that is wrong', async () => {
  const path = join(root, 'some.json')
  const schema = z.object({ a: z.object({ b: z.int() }) })
  await writeFile(path, '{"a":{"b":"x"}}')
  await expect(readJson(path, schema, 'a test')).rejects.toThrow(/some\.json \(a test\) is wrong at a\.b/)
  await writeFile(path, '{"a":{"b":3}}')
  expect(await readJson(path, schema, 'a test')).toEqual({ a: { b: 3 } })
})
