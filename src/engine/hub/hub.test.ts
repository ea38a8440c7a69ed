/** Getting a model from a host on this machine that behaves as badly as hosts do. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { placeOf } from './address.ts'
import { download, type DownloadProgress } from './download.ts'
import { listRepository } from './listing.ts'
import { startHub, type HubServer, type Manners } from './server-fixtures.ts'

const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251)
const repository = new Map<string, Uint8Array>([
  ['config.json', Buffer.from('{"d_model": 8}')],
  ['model.safetensors', weights],
  ['vqvae/diffusion_pytorch_model.safetensors', weights.subarray(0, 1000)],
  ['vqvae/diffusion_pytorch_model.fp16.safetensors', weights.subarray(0, 500)],
  ['pytorch_model.bin', weights.subarray(0, 10)],
  ['.gitattributes', Buffer.from('x')],
  ['sample.py', Buffer.from('print()')],
])

let folder: string
let hub: HubServer
const others: HubServer[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-hub-'))
})
afterEach(async () => {
  await hub?.close()
  for (const other of others.splice(0)) await other.close()
  await rm(folder, { recursive: true, force: true })
})

const stop = (): AbortController => new AbortController()
const out = (): string => join(folder, 'model')

async function open(manners: Manners = {}, files = repository): Promise<void> {
  hub = await startHub(files, manners)
}
let patienceMs = 20_000
const optionsFor = (signal: AbortSignal, token: string | null = null) => ({
  base: new URL(hub.url),
  token,
  signal,
  retryMs: 5,
  patienceMs,
})
async function list(name = 'owner/model', token: string | null = null) {
  const place = placeOf({ repository: name, host: hub.url, revision: null })
  return listRepository(optionsFor(stop().signal, token), place)
}
async function get(
  name = 'owner/model',
  signal = stop().signal,
  token: string | null = null,
): Promise<DownloadProgress[]> {
  const listed = await list(name, token)
  const seen: DownloadProgress[] = []
  for await (const progress of download(optionsFor(signal, token), listed, out())) seen.push(progress)
  return seen
}
const written = async (below = ''): Promise<string[]> =>
  (await readdir(join(out(), below))).filter((name) => name !== '.tandem-download.json').sort()

describe('what a person names', () => {
  it.each([
    ['owner/model', 'https://hub.example', 'https://hub.example', 'owner/model', 'main', ''],
    ['owner/model/vqvae', 'https://hub.example', 'https://hub.example', 'owner/model', 'main', 'vqvae'],
    ['https://other.example/owner/model', 'https://hub.example', 'https://other.example', 'owner/model', 'main', ''],
    ['https://o.example/owner/model/tree/v2/a/b', 'hub.example', 'https://o.example', 'owner/model', 'v2', 'a/b'],
  ])('%s', (name, host, origin, repository, revision, inside) => {
    const place = placeOf({ repository: name, host, revision: null })
    expect([place.base.origin, place.repository, place.revision, place.folder]).toEqual([
      origin,
      repository,
      revision,
      inside,
    ])
  })

  it.each([
    'model',
    '../etc/passwd',
    'owner/..',
    'owner/a/../../b',
    'ftp://host/owner/model',
    'https://host/owner',
    'owner/mo del',
  ])('is refused: %s', (name) => {
    expect(() => placeOf({ repository: name, host: 'https://hub.example', revision: null })).toThrow(
      /names no|leads out/,
    )
  })

  it.each(['https://user:key@host', 'https://host?token=x', 'not a host', 'file:///etc'])(
    'as a host is refused: %s',
    (host) => {
      expect(() => placeOf({ repository: 'a/b', host, revision: null })).toThrow(/host/)
    },
  )
})

describe('the list', () => {
  it('holds what is taken, licence and sizes, and why the rest is left', async () => {
    await open()
    const { listing } = await list()
    expect(listing).toMatchObject({ licence: 'mit', gated: false, weights: 301_000, host: new URL(hub.url).host })
    expect(listing.files.map(({ path }) => path)).toEqual([
      'config.json',
      'model.safetensors',
      'vqvae/diffusion_pytorch_model.safetensors',
    ])
    expect(Object.fromEntries(listing.left.map(({ path, why }) => [path, why]))).toMatchObject({
      'pytorch_model.bin': expect.stringContaining('pickle') as string,
      'vqvae/diffusion_pytorch_model.fp16.safetensors': expect.stringContaining('second copy') as string,
    })
  })

  it('is read page by page', async () => {
    await open({ page: 2 })
    expect((await list()).files).toHaveLength(3)
  })

  it.each(['../../outside.json', '/etc/passwd', 'a\\..\\b.json', 'CON.json', 'a//b.json', 'C:/x.json'])(
    'with a file named %s is refused, and nothing is downloaded',
    async (names) => {
      await open({ names })
      await expect(get()).rejects.toThrow(/leads out of its folder|no file name/)
      expect(await readdir(folder)).toEqual([])
    },
  )

  it.each([
    [{ refuses: { status: 404, code: 'RepoNotFound' } }, /no such repository/],
    [{ refuses: { status: 404, code: 'RevisionNotFound' } }, /no such revision/],
    [{ refuses: { status: 401 } }, /gated, private, or not there/],
    [{ refuses: { status: 403, code: 'GatedRepo' } }, /is gated/],
    [{ refuses: { status: 400 } }, /refused the request/],
    [{ about: { sha: 7 } }, /does not answer as a host of models/],
  ])('is refused in words: %o', async (manners, words) => {
    await open(manners)
    await expect(list()).rejects.toThrow(words)
  })

  it('of a repository of pickles is refused', async () => {
    await open({}, new Map([['pytorch_model.bin', weights]]))
    await expect(list()).rejects.toThrow(/pickles alone/)
  })

  it('is waited for where the host asks to, and where it fails for a moment', async () => {
    await open({ refuses: { status: 429, times: 2, retryAfter: '0' } })
    expect((await list()).files).toHaveLength(3)
  })

  it('of a host that is not there says so', async () => {
    await open()
    await hub.close()
    await expect(list()).rejects.toThrow(/refuses connections/)
  })
})

describe('the download', () => {
  it('arrives whole, with the same bytes, and nothing else', async () => {
    await open()
    const seen = await get()
    expect(seen.at(-1)).toMatchObject({ done: 301_014, total: 301_014, received: 301_014 })
    expect(await written()).toEqual(['config.json', 'model.safetensors', 'vqvae'])
    expect(new Uint8Array(await readFile(join(out(), 'model.safetensors')))).toEqual(weights)
  })

  it('of a folder puts it in the place of the repository', async () => {
    await open({}, new Map([...repository].filter(([path]) => path.startsWith('vqvae/'))))
    await get('owner/model/vqvae')
    expect(await written()).toEqual(['diffusion_pytorch_model.safetensors'])
  })

  it('goes on where the connection broke, again and again', async () => {
    await open({ dropAfter: 40_000 })
    expect((await get()).at(-1)!.received).toBe(301_014)
    expect(new Uint8Array(await readFile(join(out(), 'model.safetensors')))).toEqual(weights)
    const ranges = hub.asked.filter(({ url }) => url.endsWith('/model.safetensors')).map(({ range }) => range)
    expect(ranges.slice(0, 3)).toEqual([undefined, 'bytes=40000-', 'bytes=80000-'])
  })

  it('starts over where the host sends everything whatever is asked', async () => {
    await open({ dropAfter: 40_000, drops: 2, ignoresRange: true })
    await get()
    expect(new Uint8Array(await readFile(join(out(), 'model.safetensors')))).toEqual(weights)
  })

  it('gives up in words where nothing comes, keeps what is there, and goes on later', async () => {
    await open({ stallAfter: 100_000 }, new Map([['model.safetensors', weights]]))
    patienceMs = 300
    const listed = await list()
    const stalling = async (): Promise<void> => {
      for await (const { done } of download(optionsFor(stop().signal), listed, out()))
        if (done > 0) hub.manners.stallAfter = 0
    }
    await expect(stalling()).rejects.toThrow(/stopped: .* sent nothing for 0.3 s/)
    patienceMs = 20_000
    expect(await written()).toEqual([expect.stringMatching(/^model\.safetensors\..*\.part$/)])
    await hub.close()
    await open()
    expect((await get()).at(-1)!.received).toBeLessThan(301_014)
    expect(await written()).toEqual(['config.json', 'model.safetensors', 'vqvae'])
  })

  it('that is stopped goes on with what is there', async () => {
    await open({ dropAfter: 100_000, drops: 1 })
    const stopping = stop()
    const listed = await list()
    for await (const { file, done } of download(optionsFor(stopping.signal), listed, out()))
      if (file === 'model.safetensors' && done > 50_000) stopping.abort()
    expect((await written()).some((name) => name.endsWith('.part'))).toBe(true)
    const seen = await get()
    expect(seen.at(-1)!.received).toBeLessThan(301_014)
    expect(new Uint8Array(await readFile(join(out(), 'model.safetensors')))).toEqual(weights)
  })

  it('that is done is not asked for again', async () => {
    await open()
    await get()
    const before = hub.asked.length
    expect((await get()).at(-1)).toMatchObject({ done: 301_014, received: 0 })
    expect(hub.asked.slice(before).some(({ url }) => url.includes('/resolve/'))).toBe(false)
  })

  it('with another hash is thrown away', async () => {
    const other = weights.slice()
    other[5]! ^= 1
    await open({ instead: new Map([['model.safetensors', other]]) })
    await expect(get()).rejects.toThrow(/arrived twice with another hash/)
    expect(await written()).toEqual(['config.json'])
  })

  it('of a small file with another hash as well: git has one of it', async () => {
    await open({ instead: new Map([['config.json', Buffer.from('{"d_model": 9}')]]) })
    await expect(get()).rejects.toThrow(/config.json arrived twice with another hash/)
  })

  it.each([10, 400_000])('of a length other than the listed one is refused: %i', async (claims) => {
    await open({ claims })
    await expect(get()).rejects.toThrow(/sends another length/)
    expect((await written()).filter((name) => !name.endsWith('.part'))).toEqual([])
  })

  it('follows to another host without taking the token there', async () => {
    const far = await startHub(repository)
    others.push(far)
    await open({ elsewhere: far.url.replace('127.0.0.1', 'localhost') })
    await get('owner/model', stop().signal, 'secret')
    expect(hub.asked.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true)
    expect(far.asked.length).toBeGreaterThan(0)
    expect(far.asked.every(({ authorization }) => authorization === undefined)).toBe(true)
  })

  it('does not follow in circles', async () => {
    await open()
    hub.manners.elsewhere = hub.url
    await expect(get()).rejects.toThrow(/without end/)
  })

  it('is not put among other files, nor into the download of another repository', async () => {
    await open()
    await mkdir(out())
    await writeFile(join(out(), 'mine.txt'), 'x')
    await expect(get()).rejects.toThrow(/already holds other files/)
    await rm(join(out(), 'mine.txt'))
    await get()
    await expect(get('owner/other')).rejects.toThrow(/holds a download of owner\/model/)
  })

  it('that no disk can hold is refused before the first byte', async () => {
    await open()
    const listed = await list()
    const huge = { ...listed, listing: { ...listed.listing, bytes: 2 ** 52 } }
    await expect(download(optionsFor(stop().signal), huge, out()).next()).rejects.toThrow(/are free there/)
    expect((await stat(out())).isDirectory()).toBe(true)
    expect(await written()).toEqual([])
  })
})
