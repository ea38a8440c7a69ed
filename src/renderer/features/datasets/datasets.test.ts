/** The pure parts of the data screen: pages, a folder packed on its way, unknown words, what changed. */
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { extract } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import type { DatasetRecord } from '../../../shared/dataset-records.ts'
import type { DatasetColumns } from '../../../shared/datasets.ts'
import { changedPixels, changedShare } from './changes.ts'
import { footerOf, toldColumns, unchosen } from './columns.ts'
import { packFolder } from './pack.ts'
import { missingPages, noRows, PAGE, pagesWith, placeOf, rowAt, withPage } from './pages.ts'
import { pieces } from './unknown-words.ts'
import { bring, setName } from './brought.ts'
import { size } from './words.ts'

const rows = (from: number, n: number): DatasetRecord[] =>
  Array.from({ length: n }, (_, i) => ({ key: from + i + 1 }) as DatasetRecord)

describe('pages of rows', () => {
  test('know what is missing, where a row is, and keep what is near', () => {
    let pages = withPage(noRows, 0, rows(0, PAGE), 5000)
    expect(missingPages(pages, 90, 310, new Set([2]))).toEqual([1, 3])
    pages = withPage(pages, 1, rows(PAGE, PAGE), 5000)
    expect(rowAt(pages, 150)?.key).toBe(151)
    expect(placeOf(pages, 151)).toBe(150)
    expect(placeOf(pages, 4000)).toBe(-1)
    expect(pagesWith(pages, new Set([3, 199]))).toEqual([0, 1])
    for (let page = 2; page < 40; page++) pages = withPage(pages, page, rows(page * PAGE, PAGE), 5000)
    expect(pages.pages.size).toBe(20)
    expect(pages.pages.has(0)).toBe(false)
  })
})

describe('a folder on its way', () => {
  test('is a tar that others read, whatever its files are called', async () => {
    const name = fc.stringMatching(/^[a-zé漢 ]{1,120}$/)
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), async (names) => {
        const files = names.map((each, i) => ({ name: `top/${each}`, content: new Blob([each.repeat(i)]) }))
        const tar = extract()
        const found: [string, string][] = []
        Readable.from([Buffer.from(await packFolder(files).arrayBuffer())]).pipe(tar)
        for await (const entry of tar) {
          const chunks: Buffer[] = []
          for await (const chunk of entry) chunks.push(chunk as Buffer)
          found.push([entry.header.name, Buffer.concat(chunks).toString()])
        }
        expect(found).toEqual(names.map((each, i) => [`top/${each}`, each.repeat(i)]))
      }),
      { numRuns: 25 },
    )
  })

  test('leaves out what desktops add; a single file goes as it is', () => {
    const content = new Blob(['x'])
    expect(
      bring([
        { name: 'set/a', content },
        { name: 'set/.DS_Store', content },
      ]),
    ).toMatchObject({
      name: 'set.tar',
      folder: true,
      files: 1,
    })
    expect(bring([{ name: 'a.parquet', content }])).toMatchObject({ name: 'a.parquet', folder: false })
    expect(() => bring([{ name: '.hidden', content }])).toThrow('no files')
    expect(['shards.tar.gz', 'a.zip', 'plain'].map(setName)).toEqual(['shards', 'a', 'plain'])
  })
})

describe('columns of a parquet file', () => {
  const columns = {
    file: 'a.parquet',
    columns: ['src', 'prompt', 'trace', 'tgt'],
    found: { instruction: 'prompt', reasoning: 'trace' },
    lacking: ['output_image'],
  } satisfies DatasetColumns
  const choice = { input_image: '', instruction: 'prompt', reasoning: 'trace', output_image: '', id: '', split: '' }

  test('are in the end of the file, as long as its last bytes say; another file has none', async () => {
    const fixture = new URL('../../../engine/data/formats/fixtures/columns.parquet', import.meta.url)
    const whole = await readFile(fixture)
    const footer = await footerOf(new Blob([whole]))
    const bytes = Buffer.from(await footer!.arrayBuffer())
    expect(bytes.length).toBeLessThan(whole.length)
    expect(bytes.equals(whole.subarray(-bytes.length))).toBe(true)
    expect(bytes.readUInt32LE(bytes.length - 8)).toBe(bytes.length - 8)
    expect(await footerOf(new Blob([whole.subarray(0, -1)]))).toBeNull()
    expect(await footerOf(new Blob([bytes.subarray(-20)]))).toBeNull()
    expect(await footerOf(new Blob(['PAR1']))).toBeNull()
  })

  test('are told where the choice differs from what their names say', () => {
    expect(unchosen(choice)).toEqual(['output_image'])
    const chosen = { ...choice, output_image: 'tgt' }
    expect([unchosen(chosen), toldColumns(columns, chosen)]).toEqual([[], { output_image: 'tgt' }])
    expect(toldColumns({ ...columns, found: { ...columns.found, output_image: 'tgt' } }, chosen)).toBeUndefined()
    expect(toldColumns({ ...columns, found: { ...columns.found, id: 'src' } }, chosen)).toEqual({
      output_image: 'tgt',
      id: '',
    })
  })

  test('are asked of the first file that comes', () => {
    const content = new Blob(['x'])
    const named = (...names: string[]): string | undefined =>
      bring(names.map((name) => ({ name, content }))).parquet?.name
    expect(named('set/b.parquet', 'set/a.parquet', 'set/a.png')).toBe('set/a.parquet')
    expect(named('a.PARQUET')).toBe('a.PARQUET')
    expect(named('a.zip')).toBeUndefined()
  })
})

describe('unknown words', () => {
  test('are cut out of a text that stays the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.stringMatching(/^[a-z]{1,3}$/)), (text, unknown) => {
        const cut = pieces(text, unknown)
        expect(cut.map((piece) => piece.text).join('')).toBe(text)
        for (const { text: word, known } of cut) if (!known) expect(unknown).toContain(word.toLowerCase())
      }),
    )
  })
  test('are found whatever their case, as whole words alone', () => {
    expect(pieces('A Zeppelin, zeppelins', ['zeppelin']).filter(({ known }) => !known)).toEqual([
      { text: 'Zeppelin', known: false, at: 2 },
    ])
  })
})

test('what changed is what an eye sees', () => {
  const before = Uint8ClampedArray.of(10, 10, 10, 255, 10, 10, 10, 255)
  const after = Uint8ClampedArray.of(12, 12, 12, 255, 200, 10, 10, 255)
  expect([...changedPixels(before, after)]).toEqual([0, 1])
  expect([0, 0.0004, 0.051, 0.5].map(changedShare)).toEqual([
    'Nothing changed that an eye would see.',
    'Less than 0.1 % of the picture changed.',
    '5.1 % of the picture changed.',
    '50 % of the picture changed.',
  ])
})

test('sizes are said in the unit that fits', () => {
  expect([999, 1500, 25_000_000, 3_100_000_000].map(size)).toEqual(['999 B', '1.5 kB', '25 MB', '3.1 GB'])
})
