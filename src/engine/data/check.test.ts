/** The gate: each fault is found, named by its row, and stops training or not; sound sets pass. */
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { problemSeverity, type CheckReport, type ProblemCode } from '../../shared/datasets.ts'
import { allOptions, tinyConfig } from '../model/testing.ts'
import { buildTokenizerJson, createTextTokenizer } from '../model/text-tokenizer.ts'
import { checkDataset, refuseErrors } from './check.ts'
import type { CheckedModel } from './check-row.ts'
import { openDataset } from './formats/open.ts'
import { oddPictures, picture, writeJsonl, writeRows, type PlainRow } from './formats/testing.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'check-test-'))
})
afterEach(() => rm(base, { recursive: true }))

/** Reads 5 and 6 tokens less the end mark. */
const model: CheckedModel = {
  config: tinyConfig(allOptions),
  text: createTextTokenizer(
    buildTokenizerJson([
      'remove',
      'the',
      'dog',
      'now',
      'is',
      'empty',
      '.',
      ...Array.from({ length: 30 }, (_, i) => [`b${i}`, `${i}`]).flat(),
    ]),
  ),
}
const check = async (path: string, limit?: number): Promise<CheckReport> =>
  checkDataset(await openDataset(path), { model, ...(limit ? { limit } : {}) })

test('a sound set has neither errors nor warnings', async () => {
  await writeRows(base, 12, (i) => ({ split: i < 10 ? 'train' : 'val' }))
  const report = await check(base)
  expect(report).toMatchObject({
    errors: 0,
    warnings: 0,
    problems: [],
    rows: 12,
    splits: { train: 10, val: 2, test: 0 },
  })
  expect(report.train).toEqual({ edits: 10, generations: 0 })
  expect((await check(base)).hash).toBe(report.hash)
  refuseErrors(report, base)
})

/** What is done to row 1 of four, and what must be said of it. */
const faults: [ProblemCode, RegExp, Partial<PlainRow> | ((folder: string) => Promise<void>)][] = [
  ['missing-member', /images\/gone\.png is not there/, { output_image: 'images/gone.png' }],
  ['missing-member', /outside its folder/, { output_image: '../../etc/passwd' }],
  ['undecodable', /1-input\.png is empty \(0 bytes\)/, (folder) => truncate(join(folder, 'images/1-input.png'), 0)],
  [
    'undecodable',
    /1-input\.png is damaged or cut short/,
    async (folder) => {
      const path = join(folder, 'images/1-input.png')
      // Noise does not pack: half of the file is half of the picture.
      const noise = await sharp({
        create: {
          width: 64,
          height: 64,
          channels: 3,
          background: '#888',
          noise: { type: 'gaussian', mean: 128, sigma: 60 },
        },
      })
        .png()
        .toBuffer()
      await writeFile(path, noise.subarray(0, noise.length / 2))
    },
  ],
  [
    'undecodable',
    /1-output\.png is not a picture/,
    (folder) => writeFile(join(folder, 'images/1-output.png'), 'no picture at all'),
  ],
  ['undecodable', /is not a file/, { input_image: 'images' }],
  ['undecodable', /20000 x 20000 pixels/, (folder) => writeFile(join(folder, 'images/1-input.png'), hugePng())],
  [
    'size-mismatch',
    /its input is 32 x 16, its output 32 x 32/,
    async (folder) =>
      writeFile(
        join(folder, 'images/1-input.png'),
        await sharp(await picture(9))
          .resize(32, 16, { fit: 'fill' })
          .png()
          .toBuffer(),
      ),
  ],
  ['empty-instruction', /instruction is empty/, { instruction: ' . ' }],
  ['empty-trace', /reasoning is empty/, { reasoning: '  ' }],
  ['long-instruction', /its instruction is 5 tokens, the model reads 4/, { instruction: 'remove the dog 1 2' }],
  ['long-trace', /its reasoning is 6 tokens, the model reads 5/, { reasoning: 'now b1 is empty . .' }],
  ['broken-text', /U\+FFFD/, { reasoning: 'now \uFFFD' }],
  ['duplicate-id', /also that of data\.jsonl, line 1/, { id: 'row-0' }],
  ['unknown-words', /lacks z:/, { reasoning: 'now z .' }],
  ['nothing-changed', /same file/, { output_image: 'images/1-input.png' }],
  [
    'duplicate',
    /same instruction and pictures as row-0/,
    { instruction: 'remove the dog 0', input_image: 'images/0-input.png', output_image: 'images/0-output.png' },
  ],
  [
    'near-duplicate',
    /looks like row-0/,
    async (folder) => {
      await writeFile(
        join(folder, 'images/1-input.png'),
        await sharp(await picture(0))
          .jpeg({ quality: 92 })
          .toBuffer(),
      )
      await writeFile(
        join(folder, 'images/1-output.png'),
        await sharp(await picture(1))
          .jpeg({ quality: 92 })
          .toBuffer(),
      )
      await edit(folder, { instruction: 'remove the dog 0' })
    },
  ],
  [
    'leak',
    /in val and has the same instruction and pictures as row-0 in train/,
    {
      split: 'val',
      instruction: 'remove the dog 0',
      input_image: 'images/0-input.png',
      output_image: 'images/0-output.png',
    },
  ],
  [
    'squashed',
    /its pictures are 64 x 32 and are squashed to a square/,
    async (folder) => {
      for (const [side, seed] of [
        ['input', 2],
        ['output', 3],
      ] as const)
        await writeFile(
          join(folder, `images/1-${side}.png`),
          await sharp(await picture(seed))
            .resize(64, 32, { fit: 'fill' })
            .png()
            .toBuffer(),
        )
    },
  ],
  [
    'near-leak',
    /in val and looks like row-0 in train/,
    { split: 'val', input_image: 'images/0-input.png', output_image: 'images/0-output.png' },
  ],
]

async function edit(folder: string, change: Partial<PlainRow>): Promise<void> {
  const rows = (await readFile(join(folder, 'data.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PlainRow)
  await writeJsonl(
    folder,
    rows.map((row, i) => (i === 1 ? { ...row, ...change } : row)),
  )
}

/** A whole PNG header of 20,000 pixels a side, and next to nothing behind it. */
function hugePng(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const out = Buffer.alloc(8 + body.length)
    out.writeUInt32BE(data.length)
    body.copy(out, 4)
    out.writeUInt32BE(crc32(body), 4 + body.length)
    return out
  }
  const sizes = Buffer.from('00004e2000004e200802000000', 'hex')
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', sizes),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe('a fault in one row of four', () => {
  test.each(faults)('is %s: %s', async (code, message, how) => {
    await writeRows(base, 4, () => ({ split: 'train' }))
    if (typeof how === 'function') await how(base)
    else await edit(base, how)
    const report = await check(base)
    const found = report.problems.filter((problem) => problem.code === code)
    expect(found, JSON.stringify(report.problems)).toHaveLength(1)
    expect(found[0]!.message).toMatch(message)
    expect(found[0]!.fix).not.toBe('')
    expect(found[0]!.where).toContain('data.jsonl, line 2')
    const stops = problemSeverity[code] === 'error'
    expect(report.errors > 0).toBe(stops)
    if (stops) expect(() => refuseErrors(report, base)).toThrow(message)
    else refuseErrors(report, base)
  })
})

test('odd pictures that can be read are read', async () => {
  const odd = await oddPictures()
  await mkdir(join(base, 'images'))
  const rows = []
  for (const [name, bytes] of Object.entries(odd)) {
    await writeFile(join(base, 'images', name), bytes)
    rows.push({ id: name, instruction: `remove the ${rows.length}`, reasoning: 'now', output_image: `images/${name}` })
  }
  await writeJsonl(base, rows)
  const { errors, problems } = await check(base)
  const told = problems.flatMap(({ code, id }) => (code === 'near-duplicate' ? [] : [`${code} ${id}`]))
  expect({ errors, told: told.sort() }).toEqual({
    errors: 0,
    told: ['animated gif', 'animated pages', 'squashed line', 'squashed turned'],
  })
})

test('all problems are counted, and so many of a kind are listed', async () => {
  await writeRows(base, 9, () => ({ reasoning: '' }))
  const { counts, errors, problems } = await check(base, 3)
  expect({ counts, errors, listed: problems.length }).toEqual({ counts: { 'empty-trace': 9 }, errors: 9, listed: 3 })
})

test('a set without rows is an error', async () => {
  await writeFile(join(base, 'data.jsonl'), '')
  expect((await check(base)).counts).toEqual({ 'no-rows': 1 })
})
