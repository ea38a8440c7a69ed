/**
 * The registry of formats, and finding out which one a path holds. What counts is the content of files, not their names:
 * a tar is what has a tar's header, wherever it came from.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import { mmadaFormat } from './mmada.ts'
import { parquetFormat } from './parquet.ts'
import { quadrupletFormat } from './quadruplet-folder.ts'
import { readJsonObjects, decodeText } from './text.ts'
import {
  formatNames,
  type DatasetEntry,
  type DatasetFormat,
  type DatasetSource,
  type FormatName,
  type ReadOptions,
} from './types.ts'
import { readSpan, webdatasetFormat } from './webdataset.ts'

export const formats: { readonly [N in FormatName]: DatasetFormat } = {
  quadruplets: quadrupletFormat,
  webdataset: webdatasetFormat,
  parquet: parquetFormat,
  mmada: mmadaFormat,
}

export interface Dataset extends DatasetSource {
  readonly format: FormatName
  readonly label: string
  entries(): AsyncGenerator<DatasetEntry, void, undefined>
}

/** Never holds rows: not worth opening one by one. */
const pictureEnding = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif)$/i

/** The set at a path, a folder or a file. Throws a TandemError where there is none, or more than one. */
export async function openDataset(path: string, options: ReadOptions = {}): Promise<Dataset> {
  const at = resolve(path)
  const info = await stat(at).catch(() => null)
  if (!info) throw new TandemError(`There is no data set ${basename(at)}.`, 'Check the path.')
  const files = info.isDirectory() ? await candidates(at) : [at]
  const found = new Map<FormatName, string[]>()
  for (const file of files) {
    const format = await sniff(file)
    if (format) found.set(format, [...(found.get(format) ?? []), file])
  }
  const [first, second] = formatNames.filter((name) => found.has(name))
  if (!first) {
    throw new TandemError(
      `${basename(at)} holds no data set: no data.jsonl, tar, parquet or JSON records with rows were found.`,
      'Give a quadruplet folder, webdataset tars, parquet files or records of MMaDA-Parallel-A.',
    )
  }
  // Tools put lists and logs in JSON beside what they describe; two kinds of rows are not for us to choose from.
  if (second) {
    const name = (format: FormatName): string => basename(found.get(format)![0]!)
    throw new TandemError(
      `${basename(at)} holds ${formats[first].label} (${name(first)}) and ${formats[second].label} (${name(second)}).`,
      'Name the file, or keep each in a folder of its own.',
    )
  }
  const source = { root: info.isDirectory() ? at : dirname(at), files: found.get(first)! }
  const format = formats[first]
  return { ...source, format: first, label: format.label, entries: () => format.read(source, options) }
}

/** Files of a folder and of the folders in it, where tars and parquet files of large sets stand. */
async function candidates(folder: string): Promise<string[]> {
  const own = join(folder, 'data.jsonl')
  if ((await stat(own).catch(() => null))?.isFile()) return [own]
  const out: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) {
      for (const inner of await readdir(join(folder, entry.name), { withFileTypes: true }))
        if (inner.isFile() && isCandidate(inner.name)) out.push(join(folder, entry.name, inner.name))
    } else if (isCandidate(entry.name)) out.push(join(folder, entry.name))
  }
  return out.sort()
}

const isCandidate = (name: string): boolean => !name.startsWith('.') && !pictureEnding.test(name)

async function sniff(path: string): Promise<FormatName | null> {
  const head = await readSpan(path, 0, 512).catch(() => Buffer.alloc(0))
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet'
  if (head.subarray(257, 262).toString('latin1') === 'ustar' || isOldTar(head)) return 'webdataset'
  if (head[0] === 0x1f && head[1] === 0x8b && /\.(tar\.gz|tgz)$/i.test(path)) return 'webdataset'
  const start = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()[0]
  if (start === '{' || start === '[') return sniffJson(path)
  // A file that says it is ours is told what is wrong with it, line by line.
  if (basename(path) === 'data.jsonl') return 'quadruplets'
  return extname(path).toLowerCase() === '.tar' && head.length > 0 ? 'webdataset' : null
}

/** A tar from before ustar has no magic, but a header whose checksum is right. */
function isOldTar(head: Buffer): boolean {
  if (head.length < 512 || head[0] === 0) return false
  const claimed = parseInt(head.subarray(148, 156).toString('latin1').trim(), 8)
  let sum = 0
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : head[i]!
  return claimed === sum
}

/** By the keys of its first record. */
async function sniffJson(path: string): Promise<FormatName | null> {
  for await (const { bytes } of readJsonObjects(path)) {
    const decoded = decodeText(bytes)
    let keys: string[] = []
    try {
      keys = 'text' in decoded ? Object.keys(JSON.parse(decoded.text) as object) : []
    } catch {
      // Its name decides below.
    }
    if (keys.includes('output_image')) return 'quadruplets'
    if (keys.includes('answer_image') || keys.includes('user_prompt')) return 'mmada'
    break
  }
  return basename(path) === 'data.jsonl' ? 'quadruplets' : null
}
