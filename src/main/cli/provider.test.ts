/** Providers from the command line: what works is listed and kept; one that does not start is left for the processor. */
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRaster } from '../../engine/images.ts'
import { runResultSchema, type RunResult } from '../../shared/jobs.ts'
import { providersFoundSchema, providerNames, providerWords, type ProviderName } from '../../shared/providers.ts'
import { openWorkplace, tandem, type Ended, type Workplace } from './testing.ts'

let place: Workplace
const before = process.env.TANDEM_DATA
beforeAll(async () => {
  place = await openWorkplace()
  process.env.TANDEM_DATA = place.path('data')
})
afterAll(async () => {
  if (before === undefined) delete process.env.TANDEM_DATA
  else process.env.TANDEM_DATA = before
  await place.remove()
})

const list = async (...more: string[]): Promise<ReturnType<typeof providersFoundSchema.parse>> => {
  const ended = await tandem('provider', 'list', '--json', ...more)
  expect(ended.code, ended.err).toBe(0)
  return providersFoundSchema.parse(JSON.parse(ended.out))
}

describe('tandem provider list', () => {
  it('measures what works the first time, says why the rest does not, and knows it from then on', async () => {
    const found = await list()
    expect(found.reports.map(({ name }) => name)).toEqual([...providerNames])
    for (const { available, gflops, reason } of found.reports) {
      if (available) expect(gflops).toBeGreaterThan(0)
      else expect(reason).toMatch(/\S/)
    }
    expect(found.reports.find(({ name }) => name === found.chosen)!.available).toBe(true)
    // To the last digit: nothing was measured again.
    expect(await list()).toEqual(found)
    const text = await tandem('provider', 'list')
    expect(text.out).toMatch(new RegExp(`^\\* ${providerWords[found.chosen]} .*works, .*GFLOP/s, chosen$`, 'm'))
  })
})

describe('--provider', () => {
  /** Of another system: it starts nowhere here. */
  const foreign: ProviderName = process.platform === 'darwin' ? 'dml' : 'coreml'
  const edit = (provider: string, out: string): Promise<Ended> => {
    const run = ['edit', '--model', place.model, '--image', place.picture, '--instruction', 'swap the dog and the cow']
    return tandem(...run, '--steps', '4', '--seed', '5', '--provider', provider, '--out', place.path(out), '--json')
  }
  const result = ({ code, out, err }: Ended): RunResult => {
    expect(code, err).toBe(0)
    return runResultSchema.parse(JSON.parse(out))
  }

  it('one that does not start here is left for the processor with the reason: the same picture and words', async () => {
    const ended = await edit(foreign, 'foreign')
    const [found, plain] = [result(ended), result(await edit('cpu', 'plain'))]
    const name = providerWords[foreign]
    expect(ended.err).toMatch(
      new RegExp(`${name} failed at step 1 \\(.+\\); the run goes on with Processor from there`),
    )
    // It says what computed it, not what was asked for.
    expect([found.provider, found.reasoning, found.forwards]).toEqual(['cpu', plain.reasoning, plain.forwards])
    expect((await readRaster(found.image)).rgb).toEqual((await readRaster(plain.image)).rgb)
  })

  it('one that nobody knows is refused with those there are', async () => {
    const ended = await edit('tpu', 'unknown')
    expect([ended.code, ended.err]).toEqual([2, expect.stringMatching(/cuda.*dml.*coreml.*webgpu.*cpu/)])
  })
})

describe('tandem provider install', () => {
  const linux = process.platform === 'linux' && process.arch === 'x64'

  it.runIf(linux)('says what comes from where, and takes nothing while nobody agrees', async () => {
    const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
    const libraries = (): Promise<string[]> => readdir(join(runtime, 'bin', 'napi-v6', 'linux', 'x64'))
    const there = await libraries()
    const ended = await tandem('provider', 'install', 'cuda')
    expect(ended.code).toBe(2)
    expect(ended.err).toMatch(/OnnxRuntime\.Gpu\.Linux from api\.nuget\.org .*over 400 MB/)
    expect(ended.err).toMatch(/Nothing was downloaded: nobody can be asked here\. .*--yes/)
    expect(await libraries()).toEqual(there)
  })

  it.runIf(!linux)('is refused where there is no CUDA, with what there is', async () => {
    const ended = await tandem('provider', 'install', 'cuda')
    expect([ended.code, ended.err]).toEqual([2, expect.stringMatching(/provider list/)])
  })

  it('knows nothing else to install', async () => {
    expect((await tandem('provider', 'install', 'rocm')).code).toBe(2)
  })
})
