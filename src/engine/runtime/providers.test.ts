import { beforeAll, describe, expect, test } from 'vitest'
import { executionProvider, probeProviders, providerNames, type ProviderReport } from './providers.ts'

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
