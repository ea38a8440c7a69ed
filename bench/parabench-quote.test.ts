/** README, model card and docs say of ParaBench what was measured, and nothing else. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { quote, quotes, quoteTimes, withQuote } from './parabench-quote.ts'
import { readJudgeTimes, readMeasured, type Wall } from './parabench-results.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

test('README, card and docs quote what bench/results holds', async () => {
  for (const { file, quoted } of await quotes()) {
    const text = await readFile(join(root, file), 'utf8')
    expect({ file, text: withQuote(text, quoted) }).toEqual({ file, text })
  }
})

test('a number that changed changes the quote', async () => {
  const measured = await readMeasured()
  const before = await quote(measured)
  const group = measured['storybook-16']!.modes['parallel']!
  group.overall = { value: 12.3, low: 1, high: 20 }
  expect(await quote(measured)).not.toBe(before)
})

test('step counts of sampled pictures join the tables when they are measured', async () => {
  const { 'sampled-4': _4, 'sampled-8': _8, 'sampled-32': _32, ...measured } = await readMeasured()
  const sampled = measured['sampled-16']!
  const parallel = async (runs: typeof measured): Promise<number> =>
    (await quote(runs)).match(/\| 8 +\| parallel/g)!.length
  expect(await parallel(measured)).toBe(1)
  const more = { ...measured, 'sampled-8': { ...sampled, settings: { ...sampled.settings, steps: 8 } } }
  expect(await parallel(more)).toBe(2)
})

test('the time of a whole run is that of its file; without one that is said', async () => {
  const [judge, measured] = [await readJudgeTimes(), await readMeasured()]
  const wall: Wall = {
    cpu: 'Some CPU',
    threads: 2,
    suite: 'storybook',
    prompts: 300,
    mode: 'parallel',
    steps: 16,
    seed: 1,
    judge: 'exact 1',
    seconds: 33.3,
  }
  expect((await quoteTimes(judge, wall, measured)).replace(/\s+/g, ' ')).toContain(
    'takes 33 s on 2 threads of Some CPU',
  )
  expect((await quoteTimes(judge, null, measured)).replace(/\s+/g, ' ')).toContain('which is not there yet')
})
