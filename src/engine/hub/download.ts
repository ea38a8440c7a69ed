/**
 * Files of a repository on disk. Each grows under a .part name beside its place and is moved there when its length and hash
 * are right; a download that was stopped or broken goes on with the bytes it has, as long as they are of the same file.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { bytesInWords } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import { asWrite, makeFolder, writeFileAtomic } from '../files.ts'
import { readJson } from '../model/folder.ts'
import { safePath } from './address.ts'
import { PATIENCE_MS, persist, request, Transient, type HubOptions } from './client.ts'
import { resolvePath, type HubFile, type Listed } from './listing.ts'

export interface DownloadProgress {
  readonly file: string
  readonly done: number
  readonly total: number
  /** Bytes that came over the line in this session. */
  readonly received: number
}

/** Says which repository and commit a folder is a download of, so that another one is not mixed into it. */
export const originFile = '.tandem-download.json'
const originSchema = z.strictObject({
  format: z.literal('tandem-download'),
  version: z.literal(1),
  host: z.string(),
  repository: z.string(),
  folder: z.string(),
  commit: z.string(),
})

/** Kept free beside what is downloaded. */
const MARGIN = 256 << 20
const TELL_MS = 200

/** Yields as bytes arrive; ends early when the signal is aborted, keeping what is there. Returns the bytes received. */
export async function* download(
  options: HubOptions,
  { listing, files }: Listed,
  out: string,
): AsyncGenerator<DownloadProgress, number> {
  await claim(out, listing)
  const total = listing.bytes
  const standing = await Promise.all(files.map((file) => standingOf(out, listing.folder, file)))
  await checkSpace(out, total - standing.reduce((n, { there }) => n + there, 0), options.marginBytes ?? MARGIN)
  let done = 0
  let received = 0
  for (const [i, file] of files.entries()) {
    if (options.signal.aborted) return received
    const { path, whole } = standing[i]!
    if (whole && (await hashOf(path, file)) === (file.hash?.hex ?? null)) {
      done += file.bytes
      yield { file: file.path, done, total, received }
      continue
    }
    const steps = getFile(options, resolvePath(listing, listing.commit, file.path), file, path)
    for (let next = await steps.next(); ; next = await steps.next()) {
      if (next.done) {
        if (!next.value) return received
        break
      }
      received += next.value.received
      yield { file: file.path, done: done + next.value.at, total, received }
    }
    done += file.bytes
  }
  yield { file: '', done, total, received }
  return received
}

/** The folder is this download's, or nobody's. */
async function claim(out: string, { host, repository, folder, commit }: Listed['listing']): Promise<void> {
  await makeFolder(out)
  const path = join(out, originFile)
  const own = { format: 'tandem-download', version: 1, host, repository, folder, commit } as const
  if (await stat(path).catch(() => null)) {
    const found = await readJson(path, originSchema, 'what this folder is a download of')
    if (found.repository !== repository || found.folder !== folder)
      throw new TandemError(`${basename(out)} holds a download of ${found.repository}.`, 'Choose another --out.')
  } else {
    if ((await readdir(out)).length > 0)
      throw new TandemError(`${basename(out)} already holds other files.`, 'Choose a new or empty folder with --out.')
  }
  await writeFileAtomic(path, JSON.stringify(own, null, 2) + '\n')
}

interface Standing {
  readonly path: string
  /** Bytes of it that are there. */
  readonly there: number
  readonly whole: boolean
}

async function standingOf(out: string, folder: string, file: HubFile): Promise<Standing> {
  const below = folder === '' ? file.path : file.path.slice(folder.length + 1)
  const path = join(out, ...safePath(below))
  const [whole, part] = await Promise.all([path, partOf(path, file)].map((each) => stat(each).catch(() => null)))
  if (whole?.isFile() && whole.size === file.bytes) return { path, there: file.bytes, whole: true }
  return { path, there: Math.min(part?.size ?? 0, file.bytes), whole: false }
}

/** Named after the hash as well: bytes of another version of the file are not gone on with. */
const partOf = (path: string, { hash }: HubFile): string => `${path}.${hash?.hex.slice(0, 12) ?? 'unhashed'}.part`

async function checkSpace(out: string, needed: number, margin: number): Promise<void> {
  const disk = await statfs(out)
  const free = Number(disk.bavail) * Number(disk.bsize)
  if (free >= needed + margin) return
  throw new TandemError(
    `The download takes ${bytesInWords(needed)}, and ${bytesInWords(free)} are free there.`,
    'Free some space, or choose another folder.',
  )
}

function hasherOf({ hash, bytes }: HubFile): Hash {
  // What git hashes is the length and then the file.
  return hash?.kind === 'git' ? createHash('sha1').update(`blob ${bytes}\0`) : createHash('sha256')
}

/** Null where the host gave none to compare with. */
async function hashOf(path: string, file: HubFile): Promise<string | null> {
  if (!file.hash) return null
  const hasher = hasherOf(file)
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hasher.update(chunk as Buffer)
  return hasher.digest('hex')
}

interface Arrived {
  readonly at: number
  readonly received: number
}

/** One file, over as many tries as it takes. False where it was stopped. */
async function* getFile(
  options: HubOptions,
  url: string,
  file: HubFile,
  path: string,
): AsyncGenerator<Arrived, boolean> {
  const name = basename(path)
  const part = partOf(path, file)
  await makeFolder(dirname(path))
  const queue = new Arrivals()
  for (let wrong = 0; ; wrong++) {
    let best = (await stat(part).catch(() => null))?.size ?? 0
    let further = false
    const fetched = persist(
      options,
      async () => {
        further = false
        await fetchRest(options, url, file, part, (at, received) => {
          further ||= at > best
          best = Math.max(best, at)
          queue.put({ at, received })
        })
      },
      () => further,
    )
    const ended = fetched.then(
      () => null,
      (error: unknown) => ({ error }),
    )
    void ended.then(() => queue.close())
    yield* queue.drain()
    const failed = await ended
    if (failed) {
      if (options.signal.aborted) return false
      throw failed.error
    }
    if ((await hashOf(part, file)) === (file.hash?.hex ?? null)) break
    await rm(part, { force: true })
    // Once is a bad line; twice is a host whose file is not what it says.
    if (wrong > 0)
      throw new TandemError(
        `${name} arrived twice with another hash than ${options.base.host} promises.`,
        'It was not kept. Try again later, or report it to the host.',
        'environment',
      )
    queue.reopen()
  }
  await asWrite(name, () => rename(part, path))
  return true
}

/** One try: asks for what is missing and appends it. Throws a Transient where the line broke. */
async function fetchRest(
  options: HubOptions,
  url: string,
  file: HubFile,
  part: string,
  arrived: (at: number, received: number) => void,
): Promise<void> {
  const { base, signal, patienceMs = PATIENCE_MS } = options
  let at = (await stat(part).catch(() => null))?.size ?? 0
  if (at > file.bytes) {
    await rm(part)
    at = 0
  }
  if (at === file.bytes && at > 0) return arrived(at, 0)
  const stalled = new AbortController()
  let timer = setTimeout(() => stalled.abort(), patienceMs)
  const stop = AbortSignal.any([signal, stalled.signal])
  try {
    const response = await request(options, url, stop, at > 0 ? { range: `bytes=${at}-` } : {})
    at = startOf(response, at, file, base.host)
    if (response.status === 416) {
      await response.body?.cancel()
      await rm(part, { force: true })
      throw new Transient(`${base.host} does not go on where it was`)
    }
    const handle = await asWrite(basename(part), () => open(part, at > 0 ? 'a' : 'w'))
    let pending = 0
    let told = 0
    try {
      for await (const chunk of response.body ?? []) {
        const bytes = chunk as Uint8Array
        clearTimeout(timer)
        timer = setTimeout(() => stalled.abort(), patienceMs)
        if (at + bytes.length > file.bytes) throw new Transient(`${base.host} sent more than the file holds`)
        await asWrite(basename(part), () => handle.writeFile(bytes))
        at += bytes.length
        pending += bytes.length
        if (Date.now() - told < TELL_MS) continue
        told = Date.now()
        arrived(at, pending)
        pending = 0
      }
      await asWrite(basename(part), () => handle.sync())
    } finally {
      if (pending > 0) arrived(at, pending)
      await handle.close()
    }
  } catch (error) {
    if (error instanceof TandemError || error instanceof Transient) throw error
    signal.throwIfAborted()
    throw new Transient(
      stalled.signal.aborted ? `${base.host} sent nothing for ${patienceMs / 1000} s` : 'the connection broke',
    )
  } finally {
    clearTimeout(timer)
  }
  if (at < file.bytes) throw new Transient('the connection ended early')
}

/** Where the answer starts: where we asked, or at the beginning. Throws where its lengths are not those of the file. */
function startOf(response: Response, asked: number, file: HubFile, host: string): number {
  const { headers, status } = response
  if (status === 416) return asked
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '')
  const at = status === 206 ? Number(range?.[1] ?? NaN) : 0
  const length = headers.get('content-length')
  const total = status === 206 && range && range[3] !== '*' ? Number(range[3]) : null
  const wrong =
    !(at === 0 || at === asked) ||
    (length !== null && at + Number(length) !== file.bytes) ||
    (total !== null && total !== file.bytes)
  if (!wrong) return at
  throw new TandemError(
    `${host} lists ${basename(file.path)} with ${file.bytes.toLocaleString('en')} bytes and sends another length.`,
    'Try again later; if it stays, report it to the host.',
    'environment',
  )
}

/** What arrives in a callback, as an iteration. */
class Arrivals {
  #waiting: Arrived[] = []
  #wake: (() => void) | null = null
  #closed = false

  put(arrived: Arrived): void {
    this.#waiting.push(arrived)
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  reopen(): void {
    this.#closed = false
  }

  async *drain(): AsyncGenerator<Arrived> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next) yield next
      else if (this.#closed) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
