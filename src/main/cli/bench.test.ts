/** `tandem bench` end to end with a small model: runs, kills, resumes, reports, comparisons, drag. */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BenchReport } from '../../shared/bench.ts'
import { openWorkplace, startTandem, tandem, until, writeTinyAdapter, type Workplace } from './testing.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.remove())

const command = (out: string, ...more: string[]): string[] => [
  'bench',
  'parabench',
  '--suite',
  'storybook',
  '--model',
  place.model,
  '--steps',
  '2',
  '--limit',
  '12',
  '--out',
  place.path(out),
  '--json',
  ...more,
]
const lines = async (out: string): Promise<string[]> =>
  (await readFile(place.path(`${out}/results.jsonl`), 'utf8').catch(() => '')).split('\n').filter(Boolean)
const reportOf = (out: string): Promise<string> => readFile(place.path(`${out}/report.json`), 'utf8')

describe('tandem bench parabench', () => {
  it('answers and judges every prompt under every seed, and reports', async () => {
    const { code, out, err } = await tandem(
      ...command('whole', '--seeds', '1,2', '--temperature-image', '1', '--along', '1'),
    )
    expect(code, err).toBe(0)
    const { report, answered } = JSON.parse(out) as { report: BenchReport; answered: number }
    expect({ answered, judged: report.judged, unjudged: report.unjudged }).toEqual({
      answered: 24,
      judged: 24,
      unjudged: [],
    })
    expect(report.overall).toMatchObject({ prompts: 12, answers: 24 })
    expect(report.along).toHaveLength(2)
    expect(JSON.parse(await reportOf('whole'))).toEqual(report)
    expect((await readdir(place.path('whole/answers'))).filter((f) => f.endsWith('.tdm'))).toHaveLength(24)
  })

  it('lays adapters on the model, each with its weight, and counts them in what the run is', async () => {
    const [first, second] = [place.path('adapters/first'), place.path('adapters/second')]
    await writeTinyAdapter(first, place.model, 1)
    await writeTinyAdapter(second, place.model, 2)
    const adapted = ['--limit', '6', '--adapter', first, '--adapter', `${second}:0.5`]
    const { code, out, err } = await tandem(...command('adapted', ...adapted))
    expect(code, err).toBe(0)
    const { settings } = (JSON.parse(out) as { report: BenchReport }).report
    const plain = JSON.parse((await tandem(...command('unadapted', '--limit', '6'))).out) as { report: BenchReport }
    expect(settings.adapters.map(({ name, weight }) => [name, weight])).toEqual([
      ['adapter-1', 1],
      ['adapter-2', 0.5],
    ])
    expect(settings.model.hash).not.toBe(plain.report.settings.model.hash)
    expect(plain.report.settings.adapters).toEqual([])
    const other = await tandem(...command('adapted', '--limit', '6', '--adapter', first, '--adapter', `${second}:0.6`))
    expect({ code: other.code, said: /holds a run with another (model|adapters)/.test(other.err) }).toEqual({
      code: 2,
      said: true,
    })
  })

  it('killed anywhere and taken up again gives the same report, byte for byte', async () => {
    const args = command('killed', '--seeds', '1,2', '--temperature-image', '1', '--along', '1')
    for (const enough of [5, 19]) {
      const { child, ended } = startTandem(...args)
      await until(async () => (await lines('killed')).length >= enough)
      child.kill('SIGKILL')
      await ended
    }
    // A line cut by the kill, and one that a disk spoilt.
    const kept = await lines('killed')
    const spoilt = kept.with(3, kept[3]!.replace('"seed":1', '"seed":7'))
    await writeFile(place.path('killed/results.jsonl'), spoilt.join('\n') + '\n{"kind":"answer","id":"spat')
    const { code, err } = await tandem(...args)
    expect(code, err).toBe(0)
    expect(err).toMatch(/answers are there already/)
    expect(err).toMatch(/2 damaged lines of results\.jsonl were dropped/)
    expect(await reportOf('killed')).toBe(await reportOf('whole'))
  })

  it('does nothing where all is done', async () => {
    const { out } = await tandem(...command('whole', '--seeds', '1,2', '--temperature-image', '1', '--along', '1'))
    expect(JSON.parse(out)).toMatchObject({ answered: 0 })
  })

  it.each([
    [['--steps', '3'], /another steps \(2 there, 3 asked\)/],
    [['--seeds', '1'], /another seeds/],
    [['--mode', 'sequential'], /another mode/],
    [['--suite', 'storybook-hard'], /another suite/],
  ])('refuses to mix answers of other settings: %j', async (more, said) => {
    const { code, err } = await tandem(
      ...command('whole', '--seeds', '1,2', '--temperature-image', '1', '--along', '1', ...more),
    )
    expect({ code, said: said.test(err) }, err).toEqual({ code: 2, said: true })
  })

  it.each([
    [['--judge', 'exakt'], /"exakt" is no judge/],
    [['--judge', 'https://example.com/v1'], /--judge-model/],
    [['--seeds', '1,x'], /"x" is not a whole number/],
    [['--suite', 'nothing'], /There is no suite "nothing"/],
    [['--estimate'], /exact judge costs nothing/],
  ])('names what is wrong: %j', async (more, said) => {
    const { code, err } = await tandem(...command('wrong', ...more))
    expect({ code, said: said.test(err) }, err).toEqual({ code: 2, said: true })
    expect(await readdir(place.root)).not.toContain('wrong')
  })
})

describe('tandem bench report and compare', () => {
  it.each([
    ['text', /Spatial/],
    ['markdown', /\| all \|/],
    ['csv', /^category,prompts,answers,right_image/],
    ['latex', /\\begin\{tabular\}/],
    ['json', /"tandem-bench-report"/],
  ])('report writes %s', async (format, said) => {
    const file = place.path('report.txt')
    const args = ['bench', 'report', place.path('whole'), '--format', format]
    const { code, out, err } = await tandem(...args, ...(format === 'latex' ? ['--out', file] : []))
    expect(code, err).toBe(0)
    expect(format === 'latex' ? await readFile(file, 'utf8') : out).toMatch(said)
  })

  it('compare pairs prompt by prompt', async () => {
    await tandem(...command('other', '--seeds', '1,2', '--temperature-image', '1', '--mode', 'sequential'))
    const { code, out, err } = await tandem('bench', 'compare', place.path('whole'), place.path('other'), '--json')
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ unpaired: 0, overall: { pairs: 24 }, b: { mode: 'sequential' } })
    const none = await tandem('bench', 'compare', place.path('whole'), place.path('nowhere'))
    expect({ code: none.code, said: none.err.includes('There is no run in') }).toEqual({ code: 2, said: true })
  })
})

describe('tandem bench drag', () => {
  const drag = (out: string): string[] => ['bench', 'drag', ...command(out).slice(2), '--limit', '6', '--along', '1']

  it('answers in four modes and says what thinking did', async () => {
    const args = drag('drag')
    const { code, out, err } = await tandem(...args)
    expect(code, err).toBe(0)
    const { report } = JSON.parse(out) as { report: { drag: object; along: object; modes: object } }
    expect(Object.keys(report.modes)).toEqual(['image-only', 'parallel', 'semi-parallel', 'sequential'])
    expect(Object.keys(report.drag)).toEqual(['parallel', 'semi-parallel', 'sequential'])
    expect(Object.keys(report.along)).toEqual(['parallel', 'semi-parallel', 'sequential'])
    const { out: text } = await tandem(...args.filter((a) => a !== '--json'))
    expect(text).toMatch(/mode +category +prompts +worse %/)
  })

  it.each([
    ['markdown', /^\*\*Reasoning drag[^]*\| mode \| category \|[^]*\| sequential \| all \|/],
    ['csv', /^mode,category,prompts,worse_%,worse_%_low,worse_%_high,[^]*\r\nsequential,all,6,/],
    ['latex', /\\begin\{tabular\}[^]*sequential & all & 6/],
    ['json', /^\{"format":"tandem-drag-report"/],
  ])('writes %s of a report that is there, and nothing else', async (format, said) => {
    const { code, out, err } = await tandem(...drag('drag').filter((a) => a !== '--json'), '--format', format)
    expect(code, err).toBe(0)
    expect(out).toMatch(said)
    expect(out).not.toContain('Pictures that lost most')
  })

  it('killed in two of its modes and taken up again gives the same report, byte for byte', async () => {
    for (const [mode, enough] of [
      ['image-only', 3],
      ['semi-parallel', 7],
    ] as const) {
      const { child, ended } = startTandem(...drag('dragged'))
      await until(async () => (await lines(`dragged/${mode}`)).length >= enough)
      child.kill('SIGKILL')
      await ended
      expect(await readdir(place.path('dragged'))).not.toContain('drag.json')
    }
    const { code, err } = await tandem(...drag('dragged'))
    expect(code, err).toBe(0)
    expect(err).toMatch(/answers are there already/)
    const report = (out: string): Promise<string> => readFile(place.path(`${out}/drag.json`), 'utf8')
    expect(await report('dragged')).toBe(await report('drag'))
  })
})
