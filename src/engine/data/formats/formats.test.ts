/** Every format is read from what another program wrote, and what is wrong with a file is told with its place. */
import { execFile } from 'node:child_process'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { faultLine } from './fault.ts'
import { openDataset } from './open.ts'
import { damageGroup, endOfSample, picture, readAll, writeFiles, writeJsonl, writeRows } from './testing.ts'
import { readJsonObjects, readLines } from './text.ts'

const run = promisify(execFile)
const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url))

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'formats-test-'))
})
afterEach(() => rm(base, { recursive: true }))

/** Three samples, the last a generation, packed by the system's tar. */
async function systemTar(name = 'train-000000.tar'): Promise<string> {
  const jpeg = async (seed: number): Promise<Buffer> =>
    sharp(await picture(seed))
      .jpeg()
      .toBuffer()
  await writeFiles(join(base, 'members'), {
    '000.input.jpg': await jpeg(0),
    '000.output.jpg': await jpeg(1),
    '000.input_text.txt': 'remove the dog',
    '000.output_text.txt': 'now b1 is empty .',
    '001.input.png': await picture(2),
    '001.output.webp': await sharp(await picture(3))
      .webp()
      .toBuffer(),
    '001.input_text.txt': 'swap',
    '001.output_text.txt': 'swapped',
    '001.json': '{"id": "mine", "split": "validation"}',
    '002.output.jpg': await jpeg(5),
    '002.input_text.txt': 'draw',
    '002.output_text.txt': 'drawn',
  })
  await mkdir(join(base, 'shards'))
  const path = join(base, 'shards', name)
  await run('tar', ['-cf', path, '-C', join(base, 'members'), ...(await readdir(join(base, 'members'))).sort()])
  return path
}

describe('webdataset tars', () => {
  test('of the system tar are read, with splits and generations', async () => {
    await systemTar()
    const { format, rows, problems } = await readAll(join(base, 'shards'))
    expect({ format, problems }).toEqual({ format: 'webdataset', problems: [] })
    expect(
      rows.map(({ id, split, instruction, reasoning, inputImage }) => [
        id,
        split,
        instruction,
        reasoning,
        inputImage?.name ?? null,
      ]),
    ).toEqual([
      ['000', 'train', 'remove the dog', 'now b1 is empty .', '000.input.jpg'],
      ['mine', 'val', 'swap', 'swapped', '001.input.png'],
      ['002', 'train', 'draw', 'drawn', null],
    ])
    expect(Buffer.compare(Buffer.from(await rows[1]!.inputImage!.read()), await picture(2))).toBe(0)
  })

  test('packed with gzip are read as well', async () => {
    const path = await systemTar()
    await writeFile(join(base, 'set.tar.gz'), gzipSync(await readFile(path)))
    expect((await readAll(join(base, 'set.tar.gz'))).rows).toHaveLength(3)
  })

  test('packed with gzip and cut give whole samples and one problem', async () => {
    const packed = gzipSync(await readFile(await systemTar()))
    const path = join(base, 'cut.tar.gz')
    for (const share of [0.3, 0.6, 0.9]) {
      await writeFile(path, packed.subarray(0, Math.floor(packed.length * share)))
      const { rows, problems } = await readAll(path)
      expect(rows.length).toBeLessThan(3)
      for (const row of rows) await sharp(await row.outputImage.read()).stats()
      expect(problems.map(({ code, where }) => [code, where])).toEqual([['cut', 'cut.tar.gz']])
    }
  })

  test('cut between two samples give all before the cut, and say that the end mark is gone', async () => {
    const path = await systemTar()
    await truncate(path, await endOfSample(path, '001'))
    const { rows, problems } = await readAll(path)
    expect(rows.map(({ id }) => id)).toEqual(['000', 'mine'])
    expect(problems.map(({ code, where }) => [code, where])).toEqual([['no-end', 'train-000000.tar']])
  })

  test('cut anywhere give whole samples and one problem that names the tar', async () => {
    const path = await systemTar()
    const whole = await readFile(path)
    const cutPath = join(base, 'cut.tar')
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 513, max: whole.length - 1 }), async (at) => {
        await writeFile(cutPath, whole.subarray(0, at))
        const { rows, problems } = await readAll(cutPath)
        for (const row of rows) expect((await row.outputImage.read()).length).toBeGreaterThan(0)
        // Behind the members there are only zeros: what is cut there is all there.
        if (rows.length < 3) expect(problems.length).toBeGreaterThan(0)
        for (const { where } of problems) expect(where).toMatch(/^cut\.tar/)
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  test('with an incomplete or doubtful sample name it and go on', async () => {
    await writeFiles(join(base, 'members'), {
      'a.input.jpg': 'x',
      'a.input_text.txt': 'one',
      'b.output.jpg': 'x',
      'b.input_text.txt': Buffer.from('caf\xe9', 'latin1'),
      'b.output_text.txt': 'two',
      'c.output.jpg': 'x',
      'c.input_text.txt': 'three',
      'c.output_text.txt': 'four',
    })
    await run('tar', ['-cf', join(base, 'x.tar'), '-C', join(base, 'members'), '.'].concat(['--sort=name']))
    const { rows, problems } = await readAll(join(base, 'x.tar'))
    expect(rows.map(({ id }) => id)).toEqual(['./c'])
    expect(problems.map(({ code, id, message }) => [code, id, message])).toEqual([
      ['missing-member', './a', 'it lacks output.jpg, output_text.txt'],
      ['unreadable-row', './b', './b.input_text.txt: its text is not UTF-8 (byte 0xe9 at position 4)'],
    ])
  })
})

describe('parquet files', () => {
  test.each(['train-snappy.parquet', 'train-zstd.parquet'])('of pyarrow are read: %s', async (name) => {
    const { format, rows, problems } = await readAll(join(fixtures, name))
    expect({ format, problems }).toEqual({ format: 'parquet', problems: [] })
    expect(
      rows.map(({ id, split, instruction, reasoning, inputImage }) => [
        id,
        split,
        instruction,
        reasoning,
        inputImage === null,
      ]),
    ).toEqual([
      ['a', 'train', 'make it blue', 'red becomes blue', false],
      ['b', 'train', 'ünïcode', '', false],
      ['c', 'train', 'draw grey', 'grey', true],
    ])
    const { data } = await sharp(await rows[0]!.outputImage.read())
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([...data.subarray(0, 3)]).toEqual([0, 0, 255])
  })

  test('with other columns are refused with the list of them, and read once they are named', async () => {
    const path = join(base, 'columns.parquet')
    await cp(join(fixtures, 'columns.parquet'), path)
    await expect(readAll(path)).rejects.toThrow(/no column for output_image; it has src, prompt, trace, tgt, split/)
    await expect(readAll(path, { columns: { output_image: 'nothing' } })).rejects.toThrow(/has no column nothing/)
    await writeFiles(base, { 'pictures/a.png': await picture(1) })
    for (const [namedIn, remedy] of [
      ['option', /for instance --columns output_image=NAME/],
      ['dialog', /the dialog then asks/],
      [undefined, /tandem dataset import FILE --columns output_image=NAME/],
    ] as const)
      await expect(readAll(path, namedIn ? { namedIn } : {})).rejects.toMatchObject({
        remedy: expect.stringMatching(remedy) as string,
      })
    const without = await readAll(path, { columns: { output_image: 'tgt', split: '' } })
    expect(without.rows.map(({ split, inputImage }) => [split, inputImage])).toEqual([[null, null]])
    const { rows, problems } = await readAll(path, { columns: { output_image: 'tgt', input_image: 'src' } })
    expect(rows.map(({ id, split, outputImage }) => [id, split, outputImage.name])).toEqual([
      ['columns-1', 'val', 'pictures/a.png'],
    ])
    expect(problems.map(({ code, where, message }) => [code, where, message])).toEqual([
      ['unreadable-row', 'columns.parquet, row 2', 'prompt: its text is not UTF-8 (byte 0xe9 at position 4)'],
    ])
  })

  test('cut short are one problem', async () => {
    const whole = await readFile(join(fixtures, 'train-snappy.parquet'))
    const path = join(base, 'x.parquet')
    for (const at of [20, 1000, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, at))
      const { rows, problems } = await readAll(path)
      expect([rows.length, problems.map(({ code }) => code)]).toEqual([0, ['cut']])
    }
  })
})

test('a parquet file with a damaged group in its middle gives the rows before it and one problem', async () => {
  const path = join(base, 'x.parquet')
  await cp(join(fixtures, 'groups.parquet'), path)
  expect((await readAll(path)).rows.map(({ id }) => id)).toEqual(['g0', 'g1', 'g2', 'g3', 'g4', 'g5'])
  await damageGroup(path, 1)
  const { rows, problems } = await readAll(path)
  expect(rows.map(({ id }) => id)).toEqual(['g0', 'g1'])
  expect(problems.map(({ code, where, message }) => [code, where, message])).toEqual([
    ['cut', 'x.parquet', expect.stringMatching(/^the parquet file is cut or damaged after 2 rows/)],
  ])
})

describe('records of MMaDA-Parallel-A', () => {
  const records = [
    {
      id: 7,
      user_prompt: 'edit',
      user_image: 'in.png',
      answer_image: 'out.png',
      answer_thinking: 'think',
      answer_text: 'text',
      system_prompt: 's',
      len: 3,
    },
    { user_prompt: 'draw "{"', answer_image: ['out.png'], answer_text: 'said }' },
    { id: 'two', user_prompt: 'x', user_image: ['a.png', 'b.png'], answer_image: 'out.png', answer_thinking: 't' },
    { id: 'none', user_prompt: 'x', answer_thinking: 't' },
    {
      id: 'codes',
      user_prompt: 'x',
      user_image: '/out/files/0_0.pkl',
      answer_image: 'files/0_1.pkl',
      answer_text: 't',
    },
    { id: 'away', user_prompt: 'x', answer_image: '/etc/passwd', answer_thinking: 't' },
  ]

  test.each([
    ['an array', JSON.stringify(records, null, 1)],
    ['lines', records.map((record) => JSON.stringify(record)).join('\n')],
  ])('are read from %s', async (_how, text) => {
    await writeFiles(base, { 'records.json': text, 'in.png': await picture(0), 'out.png': await picture(1) })
    const { format, rows, problems } = await readAll(base)
    expect(format).toBe('mmada')
    expect(
      rows.map(({ id, instruction, reasoning, inputImage }) => [id, instruction, reasoning, inputImage?.name ?? null]),
    ).toEqual([
      ['7', 'edit', 'think', 'in.png'],
      [expect.stringMatching(/^records\.json-\d+$/), 'draw "{"', 'said }', null],
    ])
    expect(problems.map(({ id, message }) => [id, message])).toEqual([
      ['two', 'user_image names 2 pictures, the model takes one'],
      ['none', 'it has no answer_image'],
      ['codes', 'answer_image is a file of codes (files/0_1.pkl), not a picture'],
      ['away', 'answer_image names a picture outside its folder: /etc/passwd'],
    ])
  })

  test('may carry their pictures as data URLs', async () => {
    const url = `data:image/png;base64,${(await picture(3)).toString('base64')}`
    await writeFiles(base, { 'r.json': JSON.stringify([{ user_prompt: 'p', answer_image: url, answer_text: 't' }]) })
    expect(Buffer.from(await (await readAll(base)).rows[0]!.outputImage.read())).toEqual(await picture(3))
  })
})

describe('quadruplet folders', () => {
  test('name each line that is none and read the others', async () => {
    await writeRows(base, 2)
    await appendFile(join(base, 'data.jsonl'), Buffer.from('{"id": "caf\xe9"}\n', 'latin1'))
    await appendFile(join(base, 'data.jsonl'), '{"id": "x", "instruction": 3}\n\n[]\n')
    const { rows, problems } = await readAll(base)
    expect(rows).toHaveLength(2)
    expect(problems.map(({ where, message }) => [where, message])).toEqual([
      ['data.jsonl, line 3', 'its text is not UTF-8 (byte 0xe9 at position 12)'],
      ['data.jsonl, line 4', expect.stringMatching(/^instruction is wrong/)],
      ['data.jsonl, line 6', expect.stringMatching(/^the row is wrong/)],
    ])
  })

  test('tell a fault that a line keeps; one that stops nothing is no such line', async () => {
    await writeRows(base, 1)
    const problem = { code: 'cut', where: 'a.tar', id: null, message: 'it is cut', fix: 'Copy it again.' } as const
    const lines = [faultLine(problem), faultLine({ ...problem, code: 'no-end' })].map((line) => `${String(line)}\n`)
    await appendFile(join(base, 'data.jsonl'), lines.join(''))
    const { rows, problems } = await readAll(base)
    expect(rows).toHaveLength(1)
    expect(problems.map(({ code, where, message, fix }) => [code, where, message, fix])).toEqual([
      ['cut', 'data.jsonl, line 2', 'a.tar: it is cut', 'Copy it again.'],
      ['unreadable-row', 'data.jsonl, line 3', expect.stringMatching(/is wrong/), expect.anything()],
    ])
  })

  test('that are written to while they are read say so', async () => {
    await writeRows(base, 3)
    const entries = (await openDataset(base)).entries()
    await entries.next()
    await writeJsonl(base, [{ id: 'other' }])
    const rest = await Array.fromAsync(entries)
    expect(rest.map((entry) => (entry.kind === 'problem' ? entry.problem.code : 'row'))).toContain('changed')
  })

  test('in UTF-16 are told so, and a byte order mark is no fault', async () => {
    const row = JSON.stringify({ id: 'a', instruction: 'i', reasoning: 'r', output_image: 'o.png' })
    await writeFile(join(base, 'data.jsonl'), Buffer.from(`\uFEFF${row}\n`, 'utf16le'))
    expect((await readAll(base)).problems[0]!.message).toMatch(/UTF-16/)
    await writeFile(join(base, 'data.jsonl'), `\uFEFF${row}\n`)
    expect((await readAll(base)).problems).toEqual([])
  })
})

test.each<[string, Record<string, string>, RegExp]>([
  ['nothing', {}, /holds no data set/],
  ['pictures alone', { 'a.png': 'x' }, /holds no data set/],
  ['other JSON', { 'a.json': '{"x": 1}' }, /holds no data set/],
  [
    'two kinds',
    { 'a.parquet': 'PAR1....PAR1', 'r.json': '[{"user_prompt": "x"}]' },
    /holds parquet \(a\.parquet\) and records/,
  ],
])('a folder with %s is refused', async (_what, files, message) => {
  await writeFiles(base, files)
  await expect(openDataset(base)).rejects.toThrow(message)
})

test('a path that is not there is refused', async () => {
  await expect(openDataset(join(base, 'gone'))).rejects.toThrow(/There is no data set gone/)
})

test('lines and objects come out whole wherever the stream is cut into pieces', async () => {
  // Longer than the chunks a stream is read in, with braces and quotes inside strings.
  const texts = Array.from({ length: 400 }, (_, i) => ({ n: i, s: `"}{\\${'é'.repeat(i)}` }))
  await writeFile(join(base, 'lines'), texts.map((text) => JSON.stringify(text)).join('\r\n'))
  await writeFile(join(base, 'array'), JSON.stringify(texts))
  const parse = ({ bytes }: { bytes: Buffer }): unknown => JSON.parse(bytes.toString('utf8'))
  expect((await Array.fromAsync(readLines(join(base, 'lines')))).map(parse)).toEqual(texts)
  expect((await Array.fromAsync(readJsonObjects(join(base, 'array')))).map(parse)).toEqual(texts)
})
