/** A judge over real HTTP, by the command line: what it is said to cost, its faults, its kills, and where its key never is. */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { BenchReport } from '../../shared/bench.ts'
import {
  openFakeEndpoint,
  refuse,
  sayRaw,
  scoreOf,
  type Asked,
  type FakeEndpoint,
} from '../../engine/bench/endpoint/server-fixtures.ts'
import { openWorkplace, startTandem, tandem, until, type Workplace } from './testing.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.remove())

/** Six prompts, one of each category. */
const command = (out: string, ...more: string[]): string[] => [
  ...['bench', 'parabench', '--suite', 'storybook', '--model', place.model, '--steps', '2', '--limit', '6'],
  ...['--out', place.path(out), '--json', ...more],
]
const reportOf = (out: string): Promise<string> => readFile(place.path(`${out}/report.json`), 'utf8')

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
  const judge = (): string[] => ['--judge', server.url, '--judge-model', 'vision-1']
  const judged = (out: string, ...more: string[]): string[] => command(out, ...judge(), ...more)
  /** A score of its own for each question, the same whenever it is asked. */
  const scored = ({ key: k, body }: Asked): string => {
    const [byte] = createHash('sha256').update(JSON.stringify(body.messages)).digest()
    return scoreOf(k, 1 + (byte! % 5))
  }
  const question = ({ body }: Asked): string => JSON.stringify(body.messages)
  /** Every file of a run, with what is in it. */
  async function filesOf(out: string): Promise<[string, string][]> {
    const entries = await readdir(place.path(out), { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    return Promise.all(paths.map(async (path): Promise<[string, string]> => [path, await readFile(path, 'latin1')]))
  }

  it('says what it will cost before anything is sent', async () => {
    const { code, out, err } = await tandem(...judged('judged', '--estimate', '--price-in', '2', '--price-out', '8'))
    expect(code, err).toBe(0)
    // Asked for three times, sent thirty times, and once more in plain words by each of four at once.
    expect(JSON.parse(out)).toMatchObject({ requests: 35, model: 'vision-1', most: { requests: 35 * 90 + 4 } })
    const drag = await tandem('bench', 'drag', ...judged('judged', '--estimate').slice(2))
    expect(JSON.parse(drag.out), drag.err).toMatchObject({
      requests: 3 * 35 + 17,
      usd: null,
      most: { requests: (3 * 35 + 17) * 90 + 4 * 4 },
    })
    const said = await tandem(...judged('judged', '--estimate').filter((a) => a !== '--json'))
    expect(said.out).toMatch(/about 35 requests without repeats.*The most, .*: 3154 requests/)
    expect(server.asked).toHaveLength(0)
    expect(await readdir(place.root)).not.toContain('judged')
  })

  it.each(['parabench', 'drag'])('of %s measures nothing along the run, and says so before it starts', async (name) => {
    const { code, err } = await tandem('bench', name, ...judged('along', '--along', '1').slice(2))
    expect({ code, said: /measured by the exact judge alone/.test(err) }, err).toEqual({ code: 2, said: true })
    expect(await readdir(place.root)).not.toContain('along')
    expect(server.asked).toHaveLength(0)
  })

  it('marks what the exact judge has followed along the run, and leaves that measure to it', async () => {
    expect((await tandem(...command('followed', '--along', '1'))).code).toBe(0)
    const { code, out, err } = await tandem(...judged('followed', '--along', '1'))
    expect(code, err).toBe(0)
    expect(err).toMatch(/Alignment along the run is the exact judge's alone/)
    expect(JSON.parse(out)).toMatchObject({ answered: 0, report: { judged: 6, along: null } })
    const exact = await tandem('bench', 'report', place.path('followed'), '--json')
    expect((JSON.parse(exact.out) as BenchReport).along).toHaveLength(2)
  })

  it('killed while it is asked and taken up again is asked nothing twice that it answered', async () => {
    server.behave(scored)
    const before = server.asked.length
    expect((await tandem(...judged('undisturbed'))).code).toBe(0)
    const questions = server.asked.slice(before)
    const answered = new Set<string>()
    let [waiting, gone] = [0, 0]
    server.behave((asked, _n, response) => {
      if (answered.size < 20) {
        answered.add(question(asked))
        return scored(asked)
      }
      // As many as are asked at once are left without an answer.
      waiting++
      response.on('close', () => gone++)
      return null
    })
    const { child, ended } = startTandem(...judged('cut'))
    const kept = (): Promise<string[]> => readdir(place.path('cut/judge-cache')).catch(() => [])
    await until(async () => waiting > 0 && (await kept()).filter((name) => name.endsWith('.json')).length === 20)
    child.kill('SIGKILL')
    await ended
    await until(() => gone === waiting)
    server.behave(scored)
    const from = server.asked.length
    const { code, err } = await tandem(...judged('cut'))
    expect(code, err).toBe(0)
    const again = server.asked.slice(from).map(question)
    expect(again.filter((one) => answered.has(one))).toEqual([])
    expect(again).toHaveLength(questions.length - answered.size)
    expect(await reportOf('cut')).toBe(await reportOf('undisturbed'))
    expect((JSON.parse(await reportOf('cut')) as BenchReport).judged).toBe(6)
  })

  it('that repeats its request and names no model is believed, counted, and leaves the key nowhere', async () => {
    server.behave(({ key: k, authorization }, _n, response) => {
      const reason = `You sent ${authorization}, ${Buffer.from(authorization!).toString('base64')}`
      const content = JSON.stringify({ reason, [k]: 3 })
      return sayRaw(response, 200, JSON.stringify({ choices: [{ message: { content } }] }))
    })
    const { code, out, err } = await tandem(...judged('echoed'))
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ report: { judged: 6, model_unconfirmed: 6 } })
    const said = await tandem('bench', 'report', place.path('echoed'))
    expect(said.out).toMatch(/Model not confirmed by the endpoint in 6 answers/)
    const files = await filesOf('echoed')
    const secrets = [
      key,
      Buffer.from(key).toString('base64').slice(2, -4),
      Buffer.from(`Bearer ${key}`).toString('base64'),
    ]
    for (const [path, text] of [...files, ['out', out + err + said.out] as const])
      expect({ path, held: secrets.filter((secret) => text.includes(secret)) }).toEqual({ path, held: [] })
    expect(files.find(([path]) => path.endsWith('results.jsonl'))![1]).toContain('You sent Bearer ***')
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
    expect(first.err).toContain('Run the command again to ask once more')
    server.behave(({ key: k }) => scoreOf(k, 3))
    const second = await tandem(...judged('judged'))
    const mended = (JSON.parse(second.out) as { report: BenchReport }).report
    expect(mended).toMatchObject({ judged: 6, unjudged: [], overall: { image_alignment: { value: 50 } } })
    // What had been answered before was not asked again.
    expect(mended.overall.image_consistency?.value).toBe(100)
  })

  it('leaves unjudged what cannot be asked: lines with a fault, and what this model cannot read', async () => {
    const row = { id: 'a', task: 'edit', category: 'General', instruction: 'remove the dog', input_image: 'in.png' }
    const rows = [
      row,
      { ...row, id: 'b', input_image: 'gone.png' },
      { ...row, category: 'Spatial' },
      { ...row, id: 'c', category: 'Magic' },
      { ...row, id: 'd', instruction: 'remove the dog and '.repeat(40) },
    ]
    const suite = place.path('faulty')
    await mkdir(suite)
    const file = { format: 'tandem-suite', version: 1, name: 'mine', title: 'Mine', categories: ['General', 'Spatial'] }
    await writeFile(join(suite, 'suite.json'), JSON.stringify(file))
    await writeFile(join(suite, 'prompts.jsonl'), rows.map((r) => JSON.stringify(r)).join('\n'))
    await copyFile(place.picture, join(suite, 'in.png'))
    server.behave(({ key: k }) => scoreOf(k))
    const own = ['--suite', suite, '--seeds', '1,2']
    const { code, out, err } = await tandem(...judged('faulty-run', ...own))
    expect(code, err).toBe(0)
    expect(err).toMatch(
      /3 prompts of 5 cannot be asked and will be unjudged; the first: prompts\.jsonl, line 2: There is/,
    )
    const { report } = JSON.parse(out) as { report: BenchReport }
    expect({ expected: report.expected, judged: report.judged }).toEqual({ expected: 10, judged: 2 })
    expect(report.unjudged.filter(({ seed }) => seed === 2)).toEqual([
      { id: 'd', seed: 2, reason: expect.stringMatching(/instruction is \d+ tokens long.* Shorten it/) as string },
      { id: 'b (line 2)', seed: 2, reason: expect.stringContaining('There is no picture gone.png') as string },
      { id: 'a (line 3)', seed: 2, reason: expect.stringContaining('the id a is that of line 1') as string },
      { id: 'c (line 4)', seed: 2, reason: expect.stringContaining('its category "Magic"') as string },
    ])
    // There is nothing to ask about again.
    expect(err).not.toContain('Run the command again')
    const again = await tandem(...judged('faulty-run', ...own))
    expect(JSON.parse(again.out)).toMatchObject({ answered: 0, report })
    expect((await tandem('bench', 'report', place.path('faulty-run'))).out).toContain('8 answers are unjudged')
  })

  it('agrees or not with the exact judge, over the same answers', async () => {
    const { out, err } = await tandem(...command('judged'))
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
    for (const [, text] of await filesOf('refused')) expect(text).not.toContain(key)
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
