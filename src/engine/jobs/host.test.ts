/** A run that does not fit is refused before anything is loaded, with what would fit. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importAll, importOptions, layOutPublished } from '../checkpoints/import-fixtures.ts'
import type { Engine } from '../run.ts'
import type { JobContext } from './context.ts'
import { hostRun } from './host.ts'

const storybook = fileURLToPath(new URL('../../../resources/models/storybook', import.meta.url))
let root: string
let large: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-host-'))
  large = join(root, 'large')
  await importAll(importOptions('m', await layOutPublished('m', root), large))
  // The sizes of an 8B trunk: nothing of it is opened.
  const path = join(large, 'config.json')
  const config = JSON.parse(await readFile(path, 'utf8')) as object
  const sizes = { dModel: 4096, layers: 32, heads: 32, mlpHidden: 12288, vocabSize: 134_656 }
  await writeFile(path, JSON.stringify({ ...config, ...sizes }))
})
afterAll(() => rm(root, { recursive: true, force: true }))

function host(model: string, free: number, { guidance = 0, warm = false } = {}) {
  let opened = 0
  const context: JobContext = {
    signal: new AbortController().signal,
    engine: () => {
      opened++
      return Promise.resolve({} as Engine)
    },
    isWarm: () => Promise.resolve(warm),
  }
  const memory = { free, limit: null, total: 64e9 }
  const said: string[] = []
  const run = (async () => {
    const steps = hostRun({ model, guidance: { text: guidance, image: 0 } }, context, memory)
    for (let next = await steps.next(); ; next = await steps.next()) {
      if (next.done) return next.value
      if (next.value.type === 'loading') said.push(next.value.what)
    }
  })()
  return { opened: () => opened, said, run }
}

test('the model that ships fits where a gigabyte is free', async () => {
  const { run, opened } = host(storybook, 1e9, { guidance: 2 })
  expect((await run).reads).toBeGreaterThan(20e6)
  expect(opened()).toBe(1)
})

test.each([
  [12e9, /Import it as int8/],
  [8e9, /Import it as int4/],
  [1e9, /Close other programs/],
])('an 8B model where %d bytes are free is refused', async (free, remedy) => {
  const { run, opened } = host(large, free)
  await expect(run).rejects.toMatchObject({
    message: expect.stringMatching(/takes about 1\d GB of memory \(1\d GB of weights/) as string,
    remedy: expect.stringMatching(remedy) as string,
    kind: 'environment',
  })
  expect(opened()).toBe(0)
})

test('an 8B model is opened where it fits', async () => {
  const { run, opened, said } = host(large, 40e9)
  expect((await run).reads).toBeGreaterThan(14e9)
  expect(said).toEqual(['Opening tiny-m'])
  expect(opened()).toBe(1)
})

test('one that has computed already is used again where what it holds is all there is, and nothing is told', async () => {
  const { run, opened, said } = host(large, 1e9, { warm: true })
  expect((await run).reads).toBeNull()
  expect(said).toEqual([])
  expect(opened()).toBe(1)
})

test('but not for passes that do not fit beside it', async () => {
  const { run } = host(large, 0, { warm: true, guidance: 2 })
  await expect(run).rejects.toMatchObject({ remedy: expect.stringMatching(/^Set guidance to 0/) as string })
})
