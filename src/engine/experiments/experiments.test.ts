/** Experiments as data: which cells there are, when a kept one counts, and what is made of their numbers. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { cellsOf, commandOf, experimentSchema, type Experiment } from './grid.ts'
import { differenceInterval, meanInterval, summaryTable } from './summary.ts'

const raw = {
  format: 'tandem-experiment',
  version: 1,
  name: 'toy',
  title: 'Toy',
  seeds: [1, 2],
  groups: [
    { name: 'base', label: 'Base', command: ['a.ts', '--seed', '{seed}', '--out', '{out}'] },
    { name: 'tuned', label: 'Tuned', command: ['b.ts', '--from', '{out:base}/model', '--out', '{out}'] },
  ],
  tables: [
    {
      title: 'Scores',
      columns: [{ metric: 'score', label: 'Score' }],
      groups: ['base', 'tuned'],
      against: 'base',
      published: [{ label: 'paper', values: [50] }],
    },
  ],
}
const parse = (change: object = {}): Experiment => experimentSchema.parse({ ...raw, ...change })

describe('an experiment', () => {
  test('has a cell for every group and seed, the seeds one after another', () => {
    expect(cellsOf(parse(), []).map((cell) => cell.name)).toEqual(['base-s1', 'tuned-s1', 'base-s2', 'tuned-s2'])
    const own = parse({ groups: [{ ...raw.groups[0], seeds: [7] }], tables: [] })
    expect(cellsOf(own, []).map((cell) => cell.name)).toEqual(['base-s7'])
  })

  test('fills in the seed, the own folder and that of a group it builds on', () => {
    const tuned = cellsOf(parse(), [])[3]!
    expect(commandOf(tuned, (cell) => `/runs/${cell}`)).toEqual([
      'b.ts',
      '--from',
      '/runs/base-s2/model',
      '--out',
      '/runs/tuned-s2',
    ])
  })

  test('fills in cells of other seeds, which stand before it, and what it is given', () => {
    const pooled = {
      name: 'all',
      label: 'All',
      seeds: [2],
      command: ['c.ts', '{out:base@1},{out:base@2}', '{given:model}'],
    }
    const given = [{ name: 'model', what: 'a checkpoint' }]
    const experiment = parse({ groups: [...raw.groups, pooled], given })
    const cells = cellsOf(experiment, [])
    expect(cells.at(-1)!.name).toBe('all-s2')
    expect(commandOf(cells.at(-1)!, (cell) => cell, { model: '/m' })).toEqual(['c.ts', 'base-s1,base-s2', '/m'])
    expect(() => parse({ groups: [...raw.groups, pooled] })).toThrow('not given')
    expect(() => parse({ groups: [...raw.groups, { ...pooled, seeds: [1] }], given })).toThrow('needs base-s2')
  })

  test('of the repository are all whole', async () => {
    const folder = fileURLToPath(new URL('../../../resources/experiments/', import.meta.url))
    const files = (await readdir(folder)).filter((file) => file.endsWith('.json'))
    expect(files).toContain('pararl.json')
    for (const file of files) {
      const { name } = experimentSchema.parse(JSON.parse(await readFile(join(folder, file), 'utf8')))
      expect(`${name}.json`).toBe(file)
    }
  })

  test('has another digest as soon as command, seed or an input differs, and the same on another machine', () => {
    const digests = (change: object, inputs: string[]): string[] => cellsOf(parse(change), inputs).map((c) => c.digest)
    const before = digests({}, ['recipe'])
    expect(digests({ title: 'Other' }, ['recipe'])).toEqual(before)
    const others = [
      digests({}, ['recipe 2']),
      digests({ groups: [{ ...raw.groups[0], command: ['a.ts'] }], tables: [] }, []),
    ]
    for (const digest of others.flat()) expect(before).not.toContain(digest)
    expect(new Set(before).size).toBe(4)
  })

  test.each([
    [{ groups: [raw.groups[0], raw.groups[0]] }, /twice/],
    [{ groups: [raw.groups[1]], tables: [] }, /needs base/],
    [{ tables: [{ ...raw.tables[0], groups: ['nobody'] }] }, /names no group/],
    [{ tables: [{ ...raw.tables[0], published: [{ label: 'x', values: [1, 2] }] }] }, /has 1 columns/],
    [{ name: '../x' }, /name/],
  ])('is refused when it contradicts itself: %#', (change, message) => {
    expect(() => parse(change)).toThrow(message)
  })
})

describe('the summary', () => {
  // t quantile 4.303 at 2 degrees of freedom; sd of 1, 2, 3 is 1.
  test('gives a mean its t interval', () => {
    const { estimate, low, high } = meanInterval([1, 2, 3])
    expect(estimate).toBe(2)
    expect(high - estimate).toBeCloseTo(4.303 / Math.sqrt(3), 3)
    expect(estimate - low).toBeCloseTo(4.303 / Math.sqrt(3), 3)
  })

  // R: t.test(c(20, 22, 19, 25), c(18, 17, 21)); Welch's df is 4.94, which counts as 4 here.
  test('gives a difference the interval of Welch', () => {
    const { estimate, low, high } = differenceInterval([20, 22, 19, 25], [18, 17, 21])
    expect(estimate).toBeCloseTo(2.8333, 3)
    const error = Math.sqrt(7 / 4 + 13 / 3 / 3)
    expect(high - estimate).toBeCloseTo(2.776 * error, 3)
    expect(estimate - low).toBeCloseTo(2.776 * error, 3)
  })

  test('claims no interval for one seed, and nothing for none', () => {
    expect(meanInterval([5]).low).toBeNaN()
    expect(meanInterval([]).estimate).toBeNaN()
    expect(differenceInterval([1, 2], [3]).low).toBeNaN()
  })

  test('is a table of means, differences and rows from elsewhere', () => {
    const cells = [
      { group: 'base', seed: 1, metrics: { score: 10 } },
      { group: 'base', seed: 2, metrics: { score: 12 } },
      { group: 'tuned', seed: 1, metrics: { score: 20 } },
    ]
    const experiment = parse()
    const { rows } = summaryTable(experiment, experiment.tables[0]!, cells)
    expect(rows).toEqual([
      ['', 'seeds', 'Score'],
      ['Base', '2', '11.0 [-1.7, 23.7]'],
      ['Tuned', '1', '20.0'],
      ['Tuned - Base', '1', '9.0'],
      ['paper', '', '50.0'],
    ])
  })
})
