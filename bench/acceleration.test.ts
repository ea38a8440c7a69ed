/** What is said of acceleration is what was measured: in the presets, which the studio shows, and in docs/acceleration.md. */
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { presetNames, presets } from '../src/shared/acceleration.ts'

const text = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

const times = z.record(z.string(), z.number())
const speedSchema = z.object({
  results: z.array(
    z.object({
      model: z.string(),
      schedule: z.string(),
      forwards: times,
      medianMs: times,
      timesFaster: z.object({ median: times }),
    }),
  ),
})
const interval = z.object({ value: z.number(), low: z.number(), high: z.number() })
const scoreSchema = z.object({
  results: z.array(
    z.object({
      schedule: z.string(),
      name: z.string(),
      forwards: z.number(),
      overall: interval,
      minusExact: interval,
    }),
  ),
})
const { results: speeds } = speedSchema.parse(JSON.parse(await text('results/acceleration.json')))
const { results: scores } = scoreSchema.parse(JSON.parse(await text('results/acceleration-scores.json')))
/** Without bold type and the padding of columns. */
const docs = (await text('../docs/acceleration.md')).replaceAll('**', '').replaceAll(/ +/g, ' ')

describe.each(presetNames)('the preset %s', (name) => {
  it('is as many times as fast as the exact path, at the settings of the studio, as it says', () => {
    const { medianMs } = speeds.find(({ model, schedule }) => model === 'storybook' && schedule === 'studio')!
    expect(presets[name].timesFaster).toBe(Number((medianMs['exact']! / medianMs[name]!).toFixed(1)))
  })

  it('loses as many points as it says', () => {
    const { minusExact } = scores.find((score) => score.schedule === 'studio' && score.name === name)!
    expect(presets[name].pointsLost).toBe(Number((-minusExact.value).toFixed(1)))
  })

  it('keeps 98 % of the overall score', () => {
    for (const { overall, minusExact } of scores.filter((score) => score.name === name))
      expect(overall.value / (overall.value - minusExact.value)).toBeGreaterThanOrEqual(0.98)
  })
})

it('fastest is at least four times as fast as the reference, also at 2,432 positions', () => {
  for (const { model, schedule, timesFaster } of speeds)
    expect([model, schedule, timesFaster.median['fastest']! >= 4]).toEqual([model, schedule, true])
})

describe('docs/acceleration.md', () => {
  const tenths = (x: number): string => (Math.round(10 * x) / 10).toFixed(1)
  const shown = (x: number): string => x.toFixed(x < 10 ? 2 : 1)
  const waited = (ms: number): string => (ms < 10_000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`)

  it.each(speeds)('has the speeds of $model on $schedule', ({ forwards, medianMs, timesFaster: { median } }) => {
    const columns = [median['exact']!, median['input kept 8']!, median['fast']!, median['fastest']!].map(shown)
    expect(docs).toContain(`| ${waited(medianMs['reference']!)}, ${forwards['reference']} | ${columns.join(' | ')} |`)
  })

  it.each(scores)('has the scores of $name on $schedule', ({ name, forwards, overall, minusExact }) => {
    const { value, low, high } = minusExact
    const signed = `${value > 0 ? '+' : ''}${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`
    expect(docs).toContain(`| ${forwards} | ${tenths(overall.value)} | ${name === 'exact' ? '' : `${signed} |`}`)
  })
})
