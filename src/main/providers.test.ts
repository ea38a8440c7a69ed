/** What was measured is kept for this machine alone, and decides what "auto" means. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ProvidersFound } from '../shared/providers.ts'
import { foundEarlier, measure, providerFor } from './providers.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tandem-providers-'))
})
afterEach(() => rm(data, { recursive: true, force: true }))

const kept = (): string => join(data, 'providers.json')
/** The kept file, changed. */
async function rewrite(change: (file: { machine: string; found: ProvidersFound }) => void): Promise<void> {
  const file = JSON.parse(await readFile(kept(), 'utf8')) as { machine: string; found: ProvidersFound }
  change(file)
  await writeFile(kept(), JSON.stringify(file))
}

it('before anything was measured, "auto" is the processor', async () => {
  expect(await foundEarlier(data)).toBeNull()
  expect(await providerFor('auto', data)).toBe('cpu')
})

it('what was measured is found again, and "auto" is the fastest of it', async () => {
  const { found } = await measure(data)
  expect(found!.reports.find(({ name }) => name === 'cpu')!.gflops).toBeGreaterThan(0)
  expect(await foundEarlier(data)).toEqual(found)
  expect(await providerFor('auto', data)).toBe(found!.chosen)
  await rewrite((file) => Object.assign(file.found, { chosen: 'webgpu' }))
  expect(await providerFor('auto', data)).toBe('webgpu')
  // Whoever names one gets that one.
  expect(await providerFor('cpu', data)).toBe('cpu')
  expect(await providerFor('cuda', data)).toBe('cuda')
})

it('what another machine measured, or half a file, says nothing', async () => {
  await measure(data)
  await rewrite((file) => {
    file.machine += ' another'
    Object.assign(file.found, { chosen: 'cuda' })
  })
  expect(await foundEarlier(data)).toBeNull()
  expect(await providerFor('auto', data)).toBe('cpu')
  await writeFile(kept(), '{"machine":')
  expect(await foundEarlier(data)).toBeNull()
})
