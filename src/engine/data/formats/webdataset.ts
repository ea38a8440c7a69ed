/**
 * Webdataset tars, as the public MMaDA-Parallel-M trainer reads them: members `KEY.input.jpg KEY.output.jpg
 * KEY.input_text.txt KEY.output_text.txt` stand one after another, the key being everything up to the first dot of the
 * name. Pictures may be PNG, JPEG or WebP; `KEY.json` may hold `{id, split}`; a sample without input picture is a
 * generation. A tar that was cut gives the samples before the cut and one problem.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { z } from 'zod'
import { bytesMember } from './members.ts'
import { decodeText, fileStamp, utf8Fix } from './text.ts'
import {
  problemEntry,
  rowEntry,
  splitOf,
  splitOfFile,
  type DatasetEntry,
  type DatasetFormat,
  type DatasetSource,
} from './types.ts'

/** A larger member is refused before it is held in memory. */
const MAX_MEMBER = 512 * 1024 * 1024
const pictures = /^(input|output)(?:_image)?\.(?:jpg|jpeg|png|webp)$/i
const texts: Readonly<Record<string, 'instruction' | 'reasoning'>> = {
  'input_text.txt': 'instruction',
  'instruction.txt': 'instruction',
  'output_text.txt': 'reasoning',
  'reasoning.txt': 'reasoning',
}
const recordSchema = z.looseObject({ id: z.string().min(1).optional(), split: z.string().nullish() })

interface Group {
  readonly key: string
  readonly members: Map<string, Uint8Array>
  problem: string | null
}

export const webdatasetFormat: DatasetFormat = {
  label: 'a webdataset',
  async *read({ files }: DatasetSource): AsyncGenerator<DatasetEntry, void, undefined> {
    for (const file of files) yield* readTar(file)
  },
}

async function* readTar(path: string): AsyncGenerator<DatasetEntry, void, undefined> {
  const name = basename(path)
  const before = await fileStamp(path)
  const packed = await isGzip(path)
  const tar = extract()
  const source = createReadStream(path)
  // The error of either end reaches the iteration below.
  if (packed) pipeline(source, createGunzip(), tar, () => undefined)
  else pipeline(source, tar, () => undefined)
  let group: Group | null = null
  let whole = 0
  try {
    for await (const entry of tar) {
      const { type, name: member, size } = entry.header
      const split = type === 'file' ? splitName(member) : null
      if (!split) {
        entry.resume()
        continue
      }
      if (group && group.key !== split.key) {
        yield sampleEntry(name, group)
        whole++
        group = null
      }
      group ??= { key: split.key, members: new Map(), problem: null }
      if ((size ?? 0) > MAX_MEMBER) {
        group.problem = `${member} is larger than 512 MB`
        entry.resume()
        continue
      }
      if (group.members.has(split.field)) group.problem = `it holds ${split.field} twice`
      const chunks: Buffer[] = []
      for await (const chunk of entry) chunks.push(chunk as Buffer)
      group.members.set(split.field, Buffer.concat(chunks))
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const last = group ? `in sample ${group.key}, ` : ''
    yield problemEntry(
      'cut',
      name,
      `the tar is cut or damaged ${last}after ${whole} whole samples (${said})`,
      'Copy or download it again.',
    )
    return
  } finally {
    source.destroy()
    tar.destroy()
  }
  if (group) yield sampleEntry(name, group)
  if (!packed && !(await endsWithZeros(path)))
    yield problemEntry(
      'no-end',
      name,
      'the tar has no end mark: it may have been cut between two members',
      'Compare its size with where it came from.',
    )
  if ((await fileStamp(path)) !== before)
    yield problemEntry('changed', name, 'it changed while it was read', 'Read it again when nothing writes to it.')
}

/** `dir/000012.input.jpg` is field `input.jpg` of the sample `dir/000012`; hidden files belong to no sample. */
function splitName(path: string): { key: string; field: string } | null {
  const base = path.slice(path.lastIndexOf('/') + 1)
  const dot = base.indexOf('.')
  if (dot < 1) return null
  return { key: path.slice(0, path.length - base.length) + base.slice(0, dot), field: base.slice(dot + 1) }
}

function sampleEntry(file: string, { key, members, problem }: Group): DatasetEntry {
  const where = `${file}, sample ${key}`
  const say = (code: 'missing-member' | 'unreadable-row', message: string, fix: string): DatasetEntry =>
    problemEntry(code, where, message, fix, key)
  if (problem) return say('unreadable-row', problem, 'Write the sample again.')
  const found = new Map<string, { name: string; bytes: Uint8Array }>()
  let id = key
  let split = splitOfFile(file)
  for (const [field, bytes] of members) {
    const picture = pictures.exec(field)
    if (picture) found.set(picture[1]!.toLowerCase(), { name: `${key}.${field}`, bytes })
    const text = texts[field.toLowerCase()]
    if (text) found.set(text, { name: `${key}.${field}`, bytes })
    if (field === 'json') {
      const record = recordSchema.safeParse(parseJson(bytes))
      if (!record.success) return say('unreadable-row', `${key}.json is not a record of id and split`, 'Repair it.')
      id = record.data.id ?? id
      split = splitOf(record.data.split) ?? split
    }
  }
  const lacking = ['output', 'instruction', 'reasoning'].filter((field) => !found.has(field))
  if (lacking.length > 0) {
    const names = { output: 'output.jpg', instruction: 'input_text.txt', reasoning: 'output_text.txt' }
    const listed = lacking.map((field) => names[field as keyof typeof names]).join(', ')
    return say('missing-member', `it lacks ${listed}`, 'Add the member, or remove the sample.')
  }
  const decoded = { instruction: '', reasoning: '' }
  for (const field of ['instruction', 'reasoning'] as const) {
    const text = decodeText(found.get(field)!.bytes)
    if ('problem' in text) return say('unreadable-row', `${found.get(field)!.name}: ${text.problem}`, utf8Fix)
    decoded[field] = text.text
  }
  const input = found.get('input')
  const output = found.get('output')!
  return rowEntry({
    where,
    id,
    split,
    ...decoded,
    inputImage: input ? bytesMember(input.bytes, input.name) : null,
    outputImage: bytesMember(output.bytes, output.name),
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return null
  }
}

async function isGzip(path: string): Promise<boolean> {
  const head = await readSpan(path, 0, 2)
  return head[0] === 0x1f && head[1] === 0x8b
}

/** Two blocks of zeros close a tar. */
async function endsWithZeros(path: string): Promise<boolean> {
  const tail = await readSpan(path, -1024, 1024)
  return tail.length === 1024 && tail.every((byte) => byte === 0)
}

/** Bytes of a file from an offset; a negative one counts from its end. */
export async function readSpan(path: string, offset: number, length: number): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const from = offset < 0 ? Math.max(0, (await handle.stat()).size + offset) : offset
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
