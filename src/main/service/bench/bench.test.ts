/** The bench of the studio with the real engine: reports, answers, comparisons, blind votes, suites, kills. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { suitesFolder } from '../../../engine/bench/suite.ts'
import type { BenchReport } from '../../../shared/bench.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import { temporaryFolder } from '../../store/testing.ts'
import { engineProcesses, openBench, parabench, type BenchPlace } from './testing.ts'

// Engine processes start and models open in each: minutes on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 })

let bench: BenchPlace
let together: StudioJob
let sequential: StudioJob
let project: string
beforeAll(async () => {
  bench = await openBench()
  project = (await bench.call('projects.create', { name: 'Bench' })).id
  together = await bench.finish(parabench())
  sequential = await bench.finish(parabench({ mode: 'sequential' }))
}, 120_000)
afterAll(() => bench.close())

const reportOf = (job: StudioJob): BenchReport => (job.result as { report: BenchReport }).report

describe('a run of the bench', () => {
  test('has a report at any time, by whom it was judged, and no path in it', async () => {
    const waits = await bench.call('jobs.start', { spec: parabench({ limit: 300, steps: 4 }) })
    const early = await bench.call('bench.report', { job: waits.id })
    expect(early.answered).toBeLessThan(300)
    await bench.until(waits.id, ({ progress }) => (progress?.done ?? 0) > 3)
    const partial = await bench.call('bench.report', { job: waits.id })
    expect(partial.report!.judged).toBeGreaterThan(0)
    expect(partial.report!.expected).toBe(300)
    await bench.call('jobs.delete', { job: waits.id })
    const { report, judges, answered } = await bench.call('bench.report', { job: together.id })
    expect({ report, judges, answered }).toEqual({ report: reportOf(together), judges: ['exact 1'], answered: 6 })
    expect(JSON.stringify(report)).not.toContain(bench.path)
  })

  test('shows its answers a page at a time, with pictures, what was right, and why', async () => {
    const { total, answers } = await bench.call('bench.answers', { job: together.id, filter: {}, limit: 4 })
    expect({ total, shown: answers.length }).toEqual({ total: 6, shown: 4 })
    for (const { input, output, right, reference, judgements, task } of answers) {
      expect(input === null).toBe(task === 'generation')
      for (const blob of [output, right!]) {
        const file = join(bench.path, 'blobs', blob.slice(0, 2), blob)
        expect((await sharp(readFileSync(file)).metadata()).width).toBe(128)
      }
      expect(reference).toMatch(/^the /)
      expect(judgements).toMatchObject([{ judge: 'exact 1', right: { image: expect.any(Boolean) as boolean } }])
    }
    const rest = await bench.call('bench.answers', { job: together.id, filter: {}, offset: 4, limit: 4 })
    expect(new Set([...answers, ...rest.answers].map(({ id }) => id)).size).toBe(6)
  })

  test('finds answers by category, words and worth', async () => {
    const of = (filter: object) => bench.call('bench.answers', { job: together.id, filter })
    expect((await of({ category: 'Spatial' })).answers.map(({ category }) => category)).toEqual(['Spatial'])
    const one = (await of({})).answers[2]!
    expect((await of({ query: one.id.toUpperCase() })).answers.map(({ id }) => id)).toContain(one.id)
    const mean = (answer: (typeof worst)[number]): number => {
      const known = Object.values(answer.judgements[0]!.scores!).filter((x) => x !== null)
      return known.reduce((a, b) => a + b, 0) / known.length
    }
    const worst = (await of({ only: 'worst' })).answers
    expect(worst.map(mean)).toEqual(worst.map(mean).sort((a, b) => a - b))
    expect(
      (await of({ only: 'wrong' })).answers.every(({ judgements: [j] }) => !j!.right!.image || !j!.right!.reasoning),
    ).toBe(true)
    expect((await of({ only: 'unjudged' })).total).toBe(0)
  })

  test('opens an answer on the timeline: one run of the project, however often', async () => {
    const { answers } = await bench.call('bench.answers', { job: sequential.id, filter: {} })
    const { id, seed, reasoning, instruction } = answers[0]!
    const [first, second] = await Promise.all([
      bench.call('bench.open', { job: sequential.id, id, seed, project }),
      bench.call('bench.open', { job: sequential.id, id, seed, project }),
    ])
    const third = await bench.call('bench.open', { job: sequential.id, id, seed, project })
    expect(new Set([first.id, second.id, third.id]).size).toBe(1)
    expect(third).toMatchObject({ project, state: 'done', reasoning, hasTrajectory: true, step: 2 })
    expect(third.settings).toMatchObject({ instruction, mode: 'sequential' })
    expect((await bench.call('runs.trajectory', { run: third.id })).bytes.length).toBeGreaterThan(100)
    expect((await bench.call('runs.list', { project })).total).toBe(1)
  })

  test('is compared with another, prompt by prompt, and leaves in every form', async () => {
    const { comparison } = await bench.call('bench.compare', { a: { job: sequential.id }, b: { job: together.id } })
    expect(comparison).toMatchObject({ overall: { pairs: 6 }, unpaired: 0, a: { mode: 'sequential' } })
    const forms = { csv: 'category,', markdown: '| category |', latex: '\\toprule', json: '"tandem-bench-report"' }
    for (const [form, mark] of Object.entries(forms) as ['csv', string][]) {
      const file = await bench.call('bench.export', { of: 'report', runs: [{ job: together.id }], form })
      expect(file.name).toMatch(/^storybook-parallel-2\.(csv|md|tex|json)$/)
      expect(readFileSync(join(bench.path, 'blobs', file.blob.slice(0, 2), file.blob), 'utf8')).toContain(mark)
    }
    const both = [{ job: together.id }, { job: sequential.id }]
    const file = await bench.call('bench.export', { of: 'comparison', runs: both, form: 'csv' })
    expect(file.name).toBe('storybook-parallel-against-sequential.csv')
  })

  test('whose engine was killed anywhere goes on to the same report, byte for byte', async () => {
    const spec = parabench({ limit: 24, seeds: [1, 2], temperatures: { text: 0, image: 1 } })
    const whole = await bench.finish(spec)
    const { id } = await bench.call('jobs.start', { spec })
    for (const enough of [3, 20]) {
      await bench.until(id, ({ state, progress }) => state === 'running' && (progress?.done ?? 0) >= enough)
      process.kill(engineProcesses().at(-1)!, 'SIGKILL')
      expect(await bench.ended(id)).toMatchObject({ state: 'failed' })
      await bench.call('jobs.resume', { job: id })
    }
    const mended = await bench.ended(id)
    expect(mended.state).toBe('done')
    expect(JSON.stringify(reportOf(mended))).toBe(JSON.stringify(reportOf(whole)))
  })
})

describe('blind votes', () => {
  test('hide which is which, are undone, and say who won and which judge agrees', async () => {
    // Hard enough that the two do not agree on everything.
    const a = await bench.finish(parabench({ suite: 'storybook-hard', mode: 'sequential' }))
    const b = await bench.finish(parabench({ suite: 'storybook-hard' }))
    const { id, pairs, identical } = await bench.call('bench.startStudy', { a: a.id, b: b.id, seed: 7 })
    expect(pairs + identical).toBe(6)
    expect(pairs).toBeGreaterThan(0)
    const answers = async (job: string) => (await bench.call('bench.answers', { job, filter: {} })).answers
    const [ofA, ofB] = [await answers(a.id), await answers(b.id)]
    const alike = ofA.filter((one, i) => one.output === ofB[i]!.output && one.reasoning === ofB[i]!.reasoning)
    expect(identical).toBe(alike.length)
    await expect(bench.call('bench.exportVotes', { study: id, form: 'csv' })).rejects.toThrow('Nobody has voted')
    for (let place = 0; place < pairs; place++) {
      const pair = await bench.call('bench.pair', { study: id, place })
      expect(JSON.stringify(pair)).not.toMatch(/sequential|parallel|storybook/)
      const one = ofA.find(({ instruction }) => instruction === pair.instruction)!
      const aOnLeft = pair.left.picture.blob === one.output && pair.left.reasoning === one.reasoning
      await bench.call('bench.vote', { study: id, place, vote: aOnLeft ? 'right' : 'left' })
    }
    await expect(bench.call('bench.pair', { study: id, place: pairs })).rejects.toThrow('no such pair')
    const all = await bench.call('bench.votes', { study: id })
    expect(all.report!.overall).toMatchObject({ pairs: 6, a: 0, b: pairs, tie: identical })
    expect(await bench.call('bench.vote', { study: id, place: 0, vote: null })).toMatchObject({ voted: pairs - 1 })
    expect((await bench.call('bench.pair', { study: id, place: 0 })).vote).toBeNull()
    await bench.call('bench.vote', { study: id, place: 0, vote: 'both-bad' })
    const { report, study } = await bench.call('bench.votes', { study: id })
    expect(study).toMatchObject({ voted: pairs, a: a.id, b: b.id })
    expect(report!.overall).toMatchObject({ pairs: 6, b: pairs - 1, both_bad: 1, tie: identical })
    expect(report!.agreement).toMatchObject([{ judge: 'exact 1', pairs: 6 }])
    const left = {
      csv: `all,6,6,0,${identical},1,${pairs - 1},`,
      markdown: '| B wins % |',
      latex: 'seed 7;',
      json: '"seed": 7',
    }
    for (const [form, mark] of Object.entries(left) as ['csv', string][]) {
      const file = await bench.call('bench.exportVotes', { study: id, form })
      expect(file.name).toMatch(/^storybook-hard-votes-sequential-parallel\.(csv|md|tex|json)$/)
      const text = readFileSync(join(bench.path, 'blobs', file.blob.slice(0, 2), file.blob), 'utf8')
      expect(text).toContain(mark)
      expect(text).not.toContain(bench.path)
    }
    expect((await bench.call('bench.studies', {})).studies).toMatchObject([{ id }])
    await bench.call('bench.deleteStudy', { study: id })
    expect((await bench.call('bench.studies', {})).studies).toEqual([])
  })

  test('are refused for runs that have nothing in common', async () => {
    const other = await bench.finish(parabench({ limit: 1, seeds: [9] }))
    await expect(bench.call('bench.startStudy', { a: together.id, b: other.id })).rejects.toThrow('in common')
    await expect(bench.call('bench.startStudy', { a: together.id, b: together.id })).rejects.toThrow('itself')
    await expect(bench.call('bench.startStudy', { a: together.id, b: sequential.id })).rejects.toThrow('same answers')
  })
})

describe('suites', () => {
  const suite = { format: 'tandem-suite', version: 1, name: 'mine', title: 'Mine', categories: ['Spatial'] }
  const row = { id: 'p1', task: 'edit', category: 'Spatial', instruction: 'remove the dog', input_image: 'in/a.png' }
  const picture = (): Promise<Buffer> =>
    sharp({ create: { width: 64, height: 64, channels: 3, background: '#48c' } })
      .png()
      .toBuffer()
  async function zipped(rows: readonly object[], more: Record<string, Uint8Array> = {}): Promise<string> {
    const files = {
      'folder/suite.json': strToU8(JSON.stringify(suite)),
      'folder/prompts.jsonl': strToU8(rows.map((r) => JSON.stringify(r)).join('\n')),
      'folder/in/a.png': new Uint8Array(await picture()),
      'folder/notes.txt': strToU8('not taken'),
      ...more,
    }
    return bench.put(zipSync(files))
  }

  test('that ship are there, with what the exact judge can mark', async () => {
    const { suites } = await bench.call('bench.suites', {})
    expect(suites.map(({ id, shipped, exact, prompts }) => [id, shipped, exact, prompts])).toEqual([
      ['storybook', true, true, 300],
      ['storybook-hard', true, true, 240],
    ])
  })

  test('come as a zip, once however often, and run; while a run uses one it stays', async () => {
    const added = await bench.call('bench.addSuite', { blob: await zipped([row]), name: 'mine.zip' })
    expect(added).toMatchObject({ name: 'mine', title: 'Mine', prompts: 1, exact: false, shipped: false })
    expect(existsSync(join(bench.path, 'suites', added.id, 'notes.txt'))).toBe(false)
    const again = await bench.call('bench.addSuite', { blob: await zipped([row]), name: 'mine.zip' })
    expect(again.id).toBe(added.id)
    const job = await bench.finish(parabench({ suite: added.id }))
    expect(job).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('no ground truth') as string },
    })
    await expect(bench.call('bench.deleteSuite', { suite: added.id })).rejects.toThrow('is that of')
    await bench.call('jobs.delete', { job: job.id })
    await bench.call('bench.deleteSuite', { suite: added.id })
    expect((await bench.call('bench.suites', {})).suites).toHaveLength(2)
    await expect(bench.call('bench.deleteSuite', { suite: 'storybook' })).rejects.toThrow('ships')
  })

  test.each([
    ['an unknown category', [{ ...row, category: 'Odd' }], {}, /prompts\.jsonl, line 1: its category "Odd"/],
    ['a missing picture', [{ ...row, input_image: 'b.png' }], {}, /prompts\.jsonl, line 1: There is no picture b\.png/],
    ['a picture that is none', [row], { 'folder/in/a.png': strToU8('no') }, /a\.png/],
    ['a name that leads out', [row], { 'folder/../../evil.png': strToU8('no') }, /leads out/],
  ])('with %s are refused by name and line, and nothing stays', async (_name, rows, more, said) => {
    const blob = await zipped(rows, more)
    const refusal = await bench
      .call('bench.addSuite', { blob, name: 'mine.zip' })
      .catch((error: unknown) => error as Error)
    expect((refusal as Error).message).toMatch(said)
    expect((refusal as Error).message).not.toContain(bench.path)
    expect((await bench.call('bench.suites', {})).suites).toHaveLength(2)
  })

  test('with some lines that cannot be asked are taken, and the lines are named', async () => {
    const rows = [row, row, { ...row, id: 'p2', input_image: 'b.png' }]
    const added = await bench.call('bench.addSuite', { blob: await zipped(rows), name: 'mine.zip' })
    expect(added).toMatchObject({
      prompts: 1,
      faults:
        '2 prompts of 3 cannot be asked and will be unjudged; the first: prompts.jsonl, line 2: the id p1 is that of line 1. Repair or remove that line.',
    })
    await bench.call('bench.deleteSuite', { suite: added.id })
  })

  test('that are no zip, or none at all, are refused', async () => {
    const add = async (bytes: Uint8Array) =>
      bench.call('bench.addSuite', { blob: await bench.put(bytes), name: 'x.zip' })
    await expect(add(strToU8('hello'))).rejects.toThrow('x.zip is not a zip')
    await expect(add(zipSync({ 'a.txt': strToU8('a') }))).rejects.toThrow('no suite.json')
  })

  test('stay with what was measured on them when the data folder is moved', async () => {
    const home = temporaryFolder()
    const own = join(home.path, 'brought')
    const shipped = join(suitesFolder, 'storybook')
    await mkdir(own)
    const text = readFileSync(join(shipped, 'suite.json'), 'utf8')
    await writeFile(join(own, 'suite.json'), JSON.stringify({ ...(JSON.parse(text) as object), name: 'mine' }))
    const [line] = readFileSync(join(shipped, 'prompts.jsonl'), 'utf8').split('\n')
    await writeFile(join(own, 'prompts.jsonl'), line!)
    const before = await openBench({ data: join(home.path, 'before'), roots: [home.path] })
    const [top] = (await before.call('folders.list', { folder: null })).entries
    const { entries } = await before.call('folders.list', { folder: top!.handle })
    const folder = entries.find(({ name }) => name === 'brought')!.handle
    const suite = await before.call('bench.addSuite', { folder })
    const { id: job } = await before.finish(parabench({ suite: suite.id }))
    const told = await before.call('bench.report', { job })
    await before.close()
    await rename(join(home.path, 'before'), join(home.path, 'after'))
    const after = await openBench({ data: join(home.path, 'after') })
    try {
      expect(told).toMatchObject({ answered: 1, report: { judged: 1 } })
      expect(await after.call('bench.report', { job })).toEqual(told)
      expect((await after.call('bench.answers', { job, filter: {} })).total).toBe(1)
    } finally {
      await after.close()
      home.remove()
    }
  })

  test("come from a folder below the server's root", async () => {
    const place = await openBench({ roots: [bench.path] })
    try {
      const folder = join(bench.path, 'brought')
      await mkdir(join(folder, 'in'), { recursive: true })
      await writeFile(join(folder, 'suite.json'), JSON.stringify(suite))
      await writeFile(join(folder, 'prompts.jsonl'), JSON.stringify(row))
      await writeFile(join(folder, 'in', 'a.png'), await picture())
      const [top] = (await place.call('folders.list', { folder: null })).entries
      const { entries } = await place.call('folders.list', { folder: top!.handle })
      const found = entries.find(({ name }) => name === 'brought')!
      expect(await place.call('bench.addSuite', { folder: found.handle })).toMatchObject({ name: 'mine', prompts: 1 })
    } finally {
      await place.close()
    }
  })
})
