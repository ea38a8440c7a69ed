/**
 * Archives from elsewhere unpacked into a folder: zips, and tars of files. Each entry is a plain file whose path stays
 * inside; links, devices, encrypted entries and archives that unpack to absurd sizes are refused, and then nothing of
 * them stays.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline as pipe, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Extract } from 'tar-stream'
import { TandemError } from '../../../shared/errors.ts'
import { asWrite } from '../../files.ts'
import { insideFolder } from '../formats/members.ts'
import { openZip } from './zip-read.ts'

export interface UnpackOptions {
  readonly signal?: AbortSignal
  /** Told after each file. */
  readonly onFile?: (files: number) => void
  /** Unpacked bytes that are refused whatever the archive's size; a multiple of it otherwise. */
  readonly least?: number
}

/** Texts pack to a tenth, pictures not at all: whatever grows a hundredfold is made to. */
const MOST_GROWTH = 100
const LEAST = 256 * 2 ** 20
const MOST_FILES = 2_000_000

interface Budget {
  /** Counts a file's bytes; throws when there are too many. */
  add(bytes: number): void
  file(): void
}

/** Unpacks `archive` (a zip or a tar, by its content) into `folder`, which must not be there yet. */
export async function unpackArchive(archive: string, folder: string, options: UnpackOptions = {}): Promise<void> {
  await mkdir(folder)
  try {
    const { size } = await stat(archive)
    const budget = budgetOf(basename(archive), size, options)
    if (await isZip(archive)) await unpackZip(archive, folder, budget, options)
    else await unpackTar(archive, folder, budget, options)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

export async function isZip(path: string): Promise<boolean> {
  const head = createReadStream(path, { end: 3 })
  for await (const chunk of head) return (chunk as Buffer).toString('latin1').startsWith('PK')
  return false
}

/** Whether a tar holds a quadruplet folder as files, rather than samples: a `data.jsonl` at its top or one below. */
export async function holdsFolder(path: string): Promise<boolean> {
  const { tar, close } = await openTar(path)
  try {
    for await (const entry of tar) {
      if (/^(?:\.\/)?(?:[^/]+\/)?data\.jsonl$/.test(entry.header.name)) return true
      entry.resume()
    }
    return false
  } catch {
    // Whoever reads it says what is wrong with it.
    return false
  } finally {
    close()
  }
}

/** A tar, gzipped or not, as a stream of entries; errors of either end reach whoever iterates. */
async function openTar(path: string): Promise<{ tar: Extract; close: () => void }> {
  const tar = extract()
  const head = await firstBytes(path)
  const source = createReadStream(path)
  if (head[0] === 0x1f && head[1] === 0x8b) pipe(source, createGunzip(), tar, () => undefined)
  else pipe(source, tar, () => undefined)
  const close = (): void => {
    source.destroy()
    tar.destroy()
  }
  return { tar, close }
}

/** The folder the set is in: archives of a folder hold that folder alone at their top. */
export async function topFolder(folder: string): Promise<string> {
  const [only, another] = await readdir(folder, { withFileTypes: true })
  return only?.isDirectory() && !another ? join(folder, only.name) : folder
}

function budgetOf(name: string, size: number, { onFile, least = LEAST }: UnpackOptions): Budget {
  const most = Math.max(least, size * MOST_GROWTH)
  let total = 0
  let files = 0
  return {
    add(bytes) {
      total += bytes
      if (total > most)
        throw new TandemError(
          `${name} unpacks to more than ${Math.round(most / 2 ** 20)} MB, far more than its size suggests.`,
          'Do not open it, or unpack it yourself and give the folder.',
        )
    },
    file() {
      if (++files > MOST_FILES)
        throw new TandemError(`${name} holds more than ${MOST_FILES} files.`, 'Pack the set as webdataset tars.')
      onFile?.(files)
    },
  }
}

/** Names that packers of desktops add and no set needs. */
const isLitter = (name: string): boolean => /(^|\/)(__MACOSX|\.[^/]+)(\/|$)/.test(name.replace(/^\.\//, ''))

/** Where an entry goes. Throws where that is outside. */
function placeOf(folder: string, name: string, archive: string): string {
  const clean = name.replace(/\\/g, '/')
  const place = /^([a-z]:|\/)/i.test(clean) ? null : insideFolder(folder, clean)
  if (place === null || place === folder)
    throw new TandemError(
      `${basename(archive)} holds a file that would land outside its folder: ${name.slice(0, 200)}.`,
      'Do not open this archive.',
    )
  return place
}

async function writeEntry(path: string, content: Readable, budget: Budget, made: Set<string>): Promise<void> {
  const parent = dirname(path)
  if (!made.has(parent)) {
    await mkdir(parent, { recursive: true })
    made.add(parent)
  }
  await asWrite(basename(path), () =>
    pipeline(
      content,
      async function* counted(chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          budget.add(chunk.length)
          yield chunk
        }
      },
      createWriteStream(path, { flags: 'wx' }),
    ),
  )
  budget.file()
}

async function unpackZip(archive: string, folder: string, budget: Budget, { signal }: UnpackOptions): Promise<void> {
  const zip = await openZip(archive)
  const made = new Set<string>()
  try {
    for (const entry of zip.entries) {
      signal?.throwIfAborted()
      const path = placeOf(folder, entry.name, archive)
      if (entry.folder || isLitter(entry.name)) continue
      const refuse = (why: string): TandemError =>
        new TandemError(`${entry.name} in ${basename(archive)} ${why}.`, 'Pack the folder again as a plain zip.')
      if (entry.encrypted) throw refuse('is encrypted')
      if (entry.link) throw refuse('is a link, not a file')
      if (entry.method !== 0 && entry.method !== 8) throw refuse('is packed in a way the studio does not read')
      // What it claims is refused before it is written; what it does not claim is cut off by the reader.
      budget.add(entry.size)
      budget.add(-entry.size)
      await writeEntry(path, await zip.read(entry), budget, made)
    }
  } catch (error) {
    throw twice(error)
  } finally {
    await zip.close()
  }
}

async function unpackTar(archive: string, folder: string, budget: Budget, { signal }: UnpackOptions): Promise<void> {
  const { tar, close } = await openTar(archive)
  const made = new Set<string>()
  try {
    for await (const entry of tar) {
      signal?.throwIfAborted()
      const { name, type, size } = entry.header
      const path = type === 'directory' ? folder : placeOf(folder, name, archive)
      if (type === 'directory' || isLitter(name)) {
        entry.resume()
        continue
      }
      if (type !== 'file')
        throw new TandemError(
          `${name} in ${basename(archive)} is a ${type ?? 'special file'}, not a plain file.`,
          'Pack the files themselves.',
        )
      budget.add(size ?? 0)
      budget.add(-(size ?? 0))
      await writeEntry(path, entry as unknown as Readable, budget, made)
    }
  } catch (error) {
    if (error instanceof TandemError || signal?.aborted) throw error
    const known = twice(error)
    if (known !== error) throw known
    throw new TandemError(`${basename(archive)} is cut or damaged.`, 'Copy or download it again.', 'input', {
      cause: error,
    })
  } finally {
    close()
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  for await (const chunk of createReadStream(path, { end: 1 })) return chunk as Buffer
  return Buffer.alloc(2)
}

/** Two entries of one name: the second would overwrite what the first was checked as. */
function twice(error: unknown): unknown {
  const cause = error instanceof TandemError ? error.cause : error
  if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')
    return new TandemError('The archive holds two files of one name.', 'Pack the folder again.')
  return error
}
