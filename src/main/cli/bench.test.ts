/** `tandem bench` end to end with a small model: runs, kills, resumes, reports, comparisons, drag, a judge over HTTP. */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { BenchReport } from '../../shared/bench.ts'
import { openFakeEndpoint, refuse, scoreOf, type FakeEndpoint } from '../../engine/bench/endpoint/server-fixtures.ts'
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
  it('answers in four modes and says what thinking did', async () => {
    const args = ['bench', 'drag', ...command('drag').slice(2), '--limit', '6', '--along', '1']
    const { code, out, err } = await tandem(...args)
    expect(code, err).toBe(0)
    const { report } = JSON.parse(out) as { report: { drag: object; along: object; modes: object } }
    expect(Object.keys(report.modes)).toEqual(['image-only', 'parallel', 'semi-parallel', 'sequential'])
    expect(Object.keys(report.drag)).toEqual(['parallel', 'semi-parallel', 'sequential'])
    expect(Object.keys(report.along)).toEqual(['parallel', 'semi-parallel', 'sequential'])
    const { out: text } = await tandem(...args.filter((a) => a !== '--json'))
    expect(text).toMatch(/mode +category +prompts +worse %/)
  })
})

describe('a judge at an endpoint', () => {
  const key = 'sk-test-30115'
  let server: FakeEndpoint
  beforeAll(async () => {
    process.env['TANDEM_JUDGE_KEY'] = key
    server = await openFakeEndpoint()
  })
  afterEach(() => server.behave(({ key: k }) => scoreOf(k)))
  afterAll(async () => {
    delete process.env['TANDEM_JUDGE_KEY']
    await server.close()
  })
  const judged = (out: string, ...more: string[]): string[] =>
    command(out, '--limit', '6', '--judge', server.url, '--judge-model', 'vision-1', ...more)

  it('says what it will cost before anything is sent', async () => {
    const { code, out, err } = await tandem(...judged('judged', '--estimate', '--price-in', '2', '--price-out', '8'))
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ requests: 5 * 6 + 5, model: 'vision-1' })
    expect(server.asked).toHaveLength(0)
    expect(await readdir(place.root)).not.toContain('judged')
  })

  it('marks what it can, leaves the rest unjudged with the reason, and mends it on another try', async () => {
    server.behave(({ key: k }) => scoreOf(k, k === 'instruction_score' ? 7 : 5))
    const first = await tandem(...judged('judged'))
    expect(first.code, first.err).toBe(0)
    expect(first.err).toMatch(/127\.0\.0\.1:\d+ \(vision-1\) will be sent instructions, reasoning and pictures/)
    const { report } = JSON.parse(first.out) as { report: BenchReport }
    expect(report.judged).toBe(0)
    expect(report.unjudged).toHaveLength(6)
    expect(report.unjudged[0]!.reason).toContain('7 is not from 1 to 5')
    server.behave(({ key: k }) => scoreOf(k, 3))
    const second = await tandem(...judged('judged'))
    const mended = (JSON.parse(second.out) as { report: BenchReport }).report
    expect(mended).toMatchObject({ judged: 6, unjudged: [], overall: { image_alignment: { value: 50 } } })
    // What had been answered before was not asked again.
    expect(mended.overall.image_consistency?.value).toBe(100)
  })

  it('agrees or not with the exact judge, over the same answers', async () => {
    const { out, err } = await tandem(...command('judged', '--limit', '6'))
    const { report, answered } = JSON.parse(out) as { report: BenchReport; answered: number }
    expect(answered, err).toBe(0)
    expect(report.judge).toBe('exact 1')
    expect(report.agreement).toMatchObject([{ judge: expect.stringMatching(/^vision-1 at /) as string, answers: 6 }])
  })

  it('that refuses the key is asked once, and the key is told nowhere', async () => {
    const before = server.asked.length
    server.behave((_a, _n, response) => refuse(response, 401))
    const { code, out, err } = await tandem(...judged('refused', '--concurrency', '1'))
    expect(code, err).toBe(0)
    expect(server.asked.length).toBe(before + 1)
    const { report } = JSON.parse(out) as { report: BenchReport }
    expect(report.unjudged).toHaveLength(6)
    expect(report.unjudged[5]!.reason).toContain('refused the key (401)')
    expect(out + err).not.toContain(key)
    for (const name of await readdir(place.path('refused'), { recursive: true, withFileTypes: true }))
      if (name.isFile()) expect(await readFile(join(name.parentPath, name.name), 'latin1')).not.toContain(key)
  })

  it('judges a suite of plain pictures, which the exact judge refuses', async () => {
    const folder = place.path('mine')
    await rm(folder, { recursive: true, force: true })
    await tandem('world', 'sample', '--seed', '1', '--count', '1', '--out', folder)
    await sharp({ create: { width: 64, height: 48, channels: 3, background: '#48c' } })
      .png()
      .toFile(join(folder, 'photo.png'))
    await writeFile(
      join(folder, 'suite.json'),
      JSON.stringify({ format: 'tandem-suite', version: 1, name: 'mine', title: 'Mine', categories: ['Spatial'] }),
    )
    const row = { id: 'p1', task: 'edit', category: 'Spatial', instruction: 'remove the dog', input_image: 'photo.png' }
    await writeFile(join(folder, 'prompts.jsonl'), JSON.stringify(row) + '\n')
    const args = judged('plain').map((a) => (a === 'storybook' ? folder : a))
    const { code, out, err } = await tandem(...args)
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ report: { judged: 1, overall: { right_image: null } } })
    const exact = await tandem(...command('plain2').map((a) => (a === 'storybook' ? folder : a)))
    expect({ code: exact.code, said: exact.err.includes('has no ground truth') }, exact.err).toEqual({
      code: 2,
      said: true,
    })
  })
})
