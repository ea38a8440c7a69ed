import { beforeAll, describe, expect, test } from 'vitest'
import { choose, executionProvider, probeProviders, providerNames, type ProviderReport } from './providers.ts'

describe('the probe', () => {
  let found: { chosen: string; reports: ProviderReport[] }
  beforeAll(async () => {
    found = await probeProviders()
  })

  test('reports on every provider, in the order of preference', () => {
    expect(found.reports.map((report) => report.name)).toEqual([...providerNames])
  })

  test('finds the CPU available everywhere', () => {
    expect(found.reports.at(-1)).toEqual({ name: 'cpu', available: true })
  })

  test('says in one line why each refused provider was refused', () => {
    for (const { available, reason } of found.reports) {
      if (available) expect(reason).toBeUndefined()
      else {
        expect(reason).toMatch(/\S/)
        expect(reason).not.toContain('\n')
        expect(reason!.length).toBeLessThanOrEqual(300)
      }
    }
  })

  test('chooses the first that works', () => {
    expect(found.chosen).toBe(found.reports.find((report) => report.available)!.name)
  })

  test('comes to the same answer again', async () => {
    expect(await probeProviders()).toEqual(found)
  })
})

test('every provider has a description the runtime takes', () => {
  expect(executionProvider('cpu')).toEqual({ name: 'cpu' })
  expect(executionProvider('cuda')).toBe('cuda')
})

describe('the choice', () => {
  const works = (name: ProviderReport['name'], gflops?: number): ProviderReport => ({
    name,
    available: true,
    ...(gflops === undefined ? {} : { gflops }),
  })
  const refused: ProviderReport = { name: 'cuda', available: false, reason: 'no driver' }

  test.each<[what: string, reports: ProviderReport[], chosen: string]>([
    ['a device that is faster', [refused, works('webgpu', 900), works('cpu', 200)], 'webgpu'],
    ['the processor where it is faster than a device in software', [works('webgpu', 3), works('cpu', 200)], 'cpu'],
    ['one that was measured before one that was not', [works('webgpu'), works('cpu', 200)], 'cpu'],
    ['the processor where nothing works', [refused], 'cpu'],
  ])('is %s', (_, reports, chosen) => {
    expect(choose(reports)).toBe(chosen)
  })
})

test('measured, a provider that works has a speed, and the fastest is chosen', async () => {
  const { chosen, reports } = await probeProviders({ measureMs: 1 })
  const working = reports.filter(({ available }) => available)
  for (const { gflops } of working) expect(gflops).toBeGreaterThan(0)
  expect(chosen).toBe(working.reduce((best, each) => (each.gflops! > best.gflops! ? each : best)).name)
})
