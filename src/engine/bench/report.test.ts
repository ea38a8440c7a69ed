/** Reports, comparisons and drag from runs made up by hand, where every number is known beforehand. */
import { beforeAll, describe, expect, test } from 'vitest'
import { benchComparisonSchema, benchReportSchema, dragReportSchema, type DimensionScores } from '../../shared/bench.ts'
import { loadWorld, type World } from '../data/world/world.ts'
import { dragModes, makeDragReport, type DragMode } from './drag.ts'
import { comparisonTable, dragTable, reportTable } from './report-tables.ts'
import { chooseJudge, compareRuns, makeReport, type ReadRun } from './report.ts'
import { answerKey, type RunContent, type ScoreRecord } from './run-folder.ts'
import { readSuite, type Suite } from './suite.ts'
import { tableFormats, writeTable } from './table.ts'

let world: World
let suite: Suite
beforeAll(async () => {
  world = await loadWorld()
  suite = await readSuite('storybook', world)
})

const all = (value: number | null): DimensionScores => ({
  text_quality: value,
  text_alignment: value,
  image_consistency: value,
  image_alignment: value,
  image_quality: value,
  output_alignment: value,
})

type Make = (id: string, seed: number) => Partial<Pick<ScoreRecord, 'scores' | 'reasons' | 'right' | 'along'>> | null

/** A run of the whole suite whose answers score as `make` says; null leaves one out. */
function runOf(make: Make, options: { mode?: DragMode; seeds?: number[]; judge?: string } = {}): ReadRun {
  const { mode = 'parallel', seeds = [1, 2], judge = 'exact 1' } = options
  const run: RunContent = {
    path: '/nowhere',
    file: {
      format: 'tandem-bench-run',
      version: 1,
      settings: {
        suite: { name: 'storybook', hash: suite.hash },
        model: { name: 'made-up', hash: '0123456789' },
        adapters: [],
        mode,
        steps: 4,
        seeds,
        guidance: { text: 0, image: 0 },
        temperatures: { text: 0, image: 0 },
        limit: null,
        alongEvery: null,
      },
      suite: 'storybook',
      provider: 'cpu',
    },
    answers: new Map(),
    scores: new Map([[judge, new Map<string, ScoreRecord>()]]),
  }
  for (const seed of seeds)
    for (const { id } of suite.prompts) {
      const made = make(id, seed)
      if (made)
        run.scores
          .get(judge)!
          .set(answerKey({ id, seed }), { kind: 'score', id, seed, judge, scores: all(50), reasons: [], ...made })
    }
  return { run, suite }
}

describe('a report', () => {
  test('means each column over what was judged, and says what was not', () => {
    const read = runOf((id, seed) =>
      id === 'spatial-001'
        ? { scores: null, reasons: ['the endpoint failed (500), 5 times.'] }
        : { scores: all(seed === 1 ? 40 : 60), right: { image: seed === 1, reasoning: false } },
    )
    const report = benchReportSchema.parse(makeReport(read, 'exact 1'))
    expect({ expected: report.expected, judged: report.judged }).toEqual({ expected: 600, judged: 598 })
    expect(report.unjudged).toEqual([
      { id: 'spatial-001', seed: 1, reason: 'the endpoint failed (500), 5 times.' },
      { id: 'spatial-001', seed: 2, reason: 'the endpoint failed (500), 5 times.' },
    ])
    expect(report.overall.overall?.value).toBe(50)
    expect(report.overall.right_image).toMatchObject({ value: 0.5 })
    expect(report.categories['Spatial']).toMatchObject({ prompts: 39, answers: 78 })
    expect(Object.keys(report.categories)).toEqual(suite.file.categories)
  })

  test('counts the lines of the suite that cannot be asked, under every seed', () => {
    const read = runOf(() => ({ scores: all(40) }))
    const faulty = [{ id: 'one (line 7)', line: 7, reason: 'prompts.jsonl, line 7: There is no picture a.png.' }]
    const report = makeReport({ ...read, suite: { ...suite, faulty } }, 'exact 1')
    expect({ expected: report.expected, judged: report.judged }).toEqual({ expected: 602, judged: 600 })
    expect(report.unjudged).toEqual([1, 2].map((seed) => ({ id: 'one (line 7)', seed, reason: faulty[0]!.reason })))
    expect(writeTable(reportTable(report, 'markdown'), 'markdown')).toContain('2 answers are unjudged and in no number')
  })

  test('does not depend on the order in which scores came', () => {
    const make: Make = (id, seed) => ({ scores: all((id.length * 7 + seed * 13) % 100) })
    const forward = runOf(make)
    const backward = runOf(make)
    const own = backward.run.scores.get('exact 1')!
    backward.run.scores.set('exact 1', new Map([...own].reverse()))
    expect(makeReport(backward, 'exact 1')).toEqual(makeReport(forward, 'exact 1'))
  })

  test('of image-only answers has no text and no overall', () => {
    const scores = { ...all(80), text_quality: null, text_alignment: null, output_alignment: null }
    const { overall } = makeReport(
      runOf(() => ({ scores, right: { image: true, reasoning: false } }), { mode: 'image-only' }),
      'exact 1',
    )
    expect(overall).toMatchObject({
      text_quality: null,
      overall: null,
      right_reasoning: null,
      image_quality: { value: 80 },
    })
  })

  test('averages output alignment along the run', () => {
    const along: [number, number][] = [
      [2, 0],
      [4, 100],
    ]
    const read = runOf((_, seed) => ({ along: seed === 1 ? along : [[2, 50], along[1]!] }))
    expect(makeReport(read, 'exact 1').along).toMatchObject([
      { step: 2, value: 25 },
      { step: 4, value: 100 },
    ])
  })

  test('says how the judges of the same answers agree', () => {
    const value = (id: string): number => (id.charCodeAt(id.length - 1) * 37) % 100
    const read = runOf((id) => ({ scores: all(value(id)) }))
    const other = runOf((id) => ({ scores: all(value(id) / 2) }), { judge: 'm at h, prompts 1' })
    read.run.scores.set('m at h, prompts 1', other.run.scores.get('m at h, prompts 1')!)
    const [agreement] = makeReport(read, 'exact 1').agreement
    expect(agreement).toMatchObject({ answers: 600, dimensions: { image_quality: { correlation: 1 } } })
    expect(agreement!.dimensions['image_quality']!.mean_difference).toBeLessThan(0)
    expect(chooseJudge(read.run)).toBe('exact 1')
    expect(() => chooseJudge(read.run, 'x')).toThrow(/No judge "x"/)
  })

  test('is refused where the suite has changed', () => {
    const read = runOf(() => ({}))
    expect(() => makeReport({ ...read, suite: { ...suite, hash: 'other' } }, 'exact 1')).toThrow(/has changed since/)
  })
})

describe('a comparison', () => {
  test('is paired: a constant gain has no width, however much prompts differ', () => {
    const value = (id: string): number => (id.charCodeAt(id.length - 1) * 17) % 80
    const a = runOf((id) => ({ scores: all(value(id)) }))
    const b = runOf((id) => (id === 'causal-007' ? null : { scores: all(value(id) + 5) }))
    const comparison = benchComparisonSchema.parse(compareRuns(a, b))
    expect(comparison).toMatchObject({ unpaired: 2, overall: { pairs: 598 } })
    expect(comparison.overall.measures['text_alignment']).toMatchObject({
      difference: { value: 5, low: 5, high: 5 },
      better: 598,
      worse: 0,
      equal: 0,
    })
    expect(compareRuns(b, a).overall.measures['overall']!.difference.value).toBe(-5)
  })

  test('has the overall of the two reports, and their difference', () => {
    const scores =
      (shift: number): Make =>
      (id) => ({
        scores: { ...all(50 + shift), image_consistency: id.startsWith('generation') ? null : 20 },
      })
    const [a, b] = [runOf(scores(0)), runOf(scores(6))]
    const { overall } = compareRuns(a, b).overall.measures
    expect(overall).toMatchObject({ difference: { value: 5 } })
    expect([overall!.a, overall!.b]).toEqual([a, b].map((read) => makeReport(read, 'exact 1').overall.overall!.value))
  })

  test('needs something in common', () => {
    const a = runOf(() => ({}), { seeds: [1] })
    expect(() =>
      compareRuns(
        a,
        runOf(() => ({}), { seeds: [2] }),
      ),
    ).toThrow(/no prompt and seed in common/)
    expect(() =>
      compareRuns(
        a,
        runOf(() => ({}), { judge: 'other' }),
      ),
    ).toThrow(/no scores by "exact 1"/)
  })
})

describe('a drag report', () => {
  const picture = (value: number, alignment: number | null): DimensionScores => ({
    ...all(alignment),
    image_alignment: value,
    image_consistency: value,
  })
  const report = () =>
    makeDragReport(
      Object.fromEntries(
        dragModes.map((mode) => [
          mode,
          runOf(
            (id) => {
              if (mode === 'image-only') return { scores: picture(90, null) }
              // Sequential thinking spoils the spatial pictures, and says something else than they show.
              const spoilt = mode === 'sequential' && id.startsWith('spatial')
              return { scores: picture(spoilt ? 40 : 90, spoilt ? 10 : 95) }
            },
            { mode },
          ),
        ]),
      ) as Record<DragMode, ReadRun>,
      'exact 1',
    )

  test('finds where thinking made pictures worse, and that misalignment goes with it', () => {
    const { drag, worst } = dragReportSchema.parse(report())
    expect(drag['parallel']!.overall).toMatchObject({ worse: { value: 0 }, change: { value: 0 }, correlation: null })
    expect(drag['sequential']!.categories['Spatial']).toMatchObject({
      worse: { value: 1 },
      change: { value: -50 },
      alignment_worse: 10,
      alignment_otherwise: null,
    })
    expect(drag['sequential']!.overall).toMatchObject({ correlation: 1, alignment_worse: 10, alignment_otherwise: 95 })
    expect(worst).toHaveLength(50)
    expect(worst[0]).toMatchObject({
      mode: 'sequential',
      id: 'spatial-001',
      change: -50,
      trajectories: ['image-only/answers/spatial-001.tdm', 'sequential/answers/spatial-001.tdm'],
    })
  })

  test.each(tableFormats)('is a table in %s', (format) => {
    expect(writeTable(dragTable(report(), format), format)).toContain('sequential')
  })
})

describe('tables', () => {
  const report = () =>
    makeReport(
      runOf((_, seed) => ({ scores: all(seed * 30), right: { image: true, reasoning: true } })),
      'exact 1',
    )

  test('as CSV hold a number a column, all rows of one width', () => {
    const rows = writeTable(reportTable(report(), 'csv'), 'csv')
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','))
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([rows[0]!.length]))
    const column = rows[0]!.indexOf('text_quality')
    expect(rows.at(-1)![0]).toBe('all')
    expect(Number(rows.at(-1)![column])).toBe(45)
    expect(
      rows
        .at(-1)!
        .slice(1)
        .every((cell) => cell !== '' && Number.isFinite(Number(cell))),
    ).toBe(true)
  })

  test('as CSV quote what needs it and start no formula', () => {
    const table = { title: '', rows: [['a,b', '=1+1', 'say "x"', '-3']], notes: [] }
    expect(writeTable(table, 'csv')).toBe('"a,b",\'=1+1,"say ""x""",-3\r\n')
  })

  test('as Markdown and LaTeX have a cell a column and escape what is special', () => {
    const markdown = writeTable(reportTable(report(), 'markdown'), 'markdown')
      .split('\n')
      .filter((l) => l.startsWith('|'))
    expect(new Set(markdown.map((l) => l.split('|').length)).size).toBe(1)
    const latex = writeTable(reportTable(report(), 'latex'), 'latex')
    const body = latex.split('\n').filter((l) => l.endsWith('\\\\'))
    expect(new Set(body.map((l) => l.split(/(?<!\\)&/).length)).size).toBe(1)
    expect(latex).not.toMatch(/(?<!\\)[%_#](?! needs)/)
  })

  test('say what an unfinished run lacks', () => {
    const half = makeReport(
      runOf((_, seed) => (seed === 1 ? {} : null)),
      'exact 1',
    )
    expect(reportTable(half, 'text').notes).toContain('This run is not finished: 300 of 600 answers are missing.')
  })

  test('mark the published rows as what they are', () => {
    const text = writeTable(reportTable(report(), 'text'), 'text')
    expect(text).toMatch(/GPT-4o \* +92\.5 +93\.4 +86\.2 +85\.7 +88\.1 +69\.5 +85\.9/)
    expect(text).toContain('* published, other prompts and judge')
  })

  test.each(tableFormats)('of a comparison exist in %s', (format) => {
    const run = runOf(() => ({}))
    expect(writeTable(comparisonTable(compareRuns(run, run), format), format)).toContain('text quality')
  })
})
