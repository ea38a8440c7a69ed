/**
 * The JSON records of MMaDA-Parallel-A: `{id, system_prompt, user_prompt, user_image, answer_text, answer_image,
 * answer_thinking}`, as one array or as lines. The trace is `answer_thinking`, or `answer_text` where that is absent; a
 * record without `user_image` is a generation. Pictures are paths relative to the file, or data URLs.
 */
import { basename, dirname } from 'node:path'
import { z } from 'zod'
import { bytesMember, fileMember, insideFolder } from './members.ts'
import { decodeText, fileStamp, readJsonObjects, utf8Fix } from './text.ts'
import {
  problemEntry,
  rowEntry,
  splitOf,
  splitOfFile,
  type DatasetEntry,
  type DatasetFormat,
  type DatasetSource,
  type ImageMember,
} from './types.ts'

const image = z.union([z.string(), z.array(z.string())]).nullish()
const recordSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).nullish(),
  user_prompt: z.string(),
  user_image: image,
  answer_text: z.string().nullish(),
  answer_image: image,
  answer_thinking: z.string().nullish(),
  split: z.string().nullish(),
})
type MmadaRecord = z.infer<typeof recordSchema>

const dataUrl = /^data:image\/[\w.+-]+;base64,/

export const mmadaFormat: DatasetFormat = {
  label: 'records of MMaDA-Parallel-A',
  async *read({ files }: DatasetSource): AsyncGenerator<DatasetEntry, void, undefined> {
    for (const file of files) {
      const name = basename(file)
      const before = await fileStamp(file)
      for await (const { line, bytes } of readJsonObjects(file)) yield parseRecord(file, line, bytes)
      if ((await fileStamp(file)) !== before)
        yield problemEntry('changed', name, 'it changed while it was read', 'Read it again when nothing writes to it.')
    }
  },
}

function parseRecord(file: string, line: number, bytes: Uint8Array): DatasetEntry {
  const where = `${basename(file)}, line ${line}`
  const decoded = decodeText(bytes)
  if ('problem' in decoded) return problemEntry('unreadable-row', where, decoded.problem, utf8Fix)
  let raw: unknown
  try {
    raw = JSON.parse(decoded.text)
  } catch {
    return problemEntry('unreadable-row', where, 'the record is not JSON', 'Repair or remove it.')
  }
  const parsed = recordSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const what = `${issue?.path.join('.') || 'the record'} is wrong: ${issue?.message ?? 'it does not fit'}`
    return problemEntry('unreadable-row', where, what, 'Repair or remove the record.')
  }
  return recordEntry(file, where, line, parsed.data)
}

function recordEntry(file: string, where: string, line: number, record: MmadaRecord): DatasetEntry {
  const id = record.id === null || record.id === undefined ? `${basename(file)}-${line}` : String(record.id)
  try {
    const outputImage = member(file, record.answer_image, 'answer_image')
    if (!outputImage)
      return problemEntry('missing-member', where, 'it has no answer_image', 'Add it, or remove the record.', id)
    return rowEntry({
      where,
      id,
      split: splitOf(record.split) ?? splitOfFile(basename(file)),
      instruction: record.user_prompt,
      reasoning: record.answer_thinking || record.answer_text || '',
      inputImage: member(file, record.user_image, 'user_image'),
      outputImage,
    })
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return problemEntry(
      'missing-member',
      where,
      said,
      'Name one picture inside the folder; for records that were tokenised already, import the set they were made from.',
      id,
    )
  }
}

/** Null where there is none; throws for what cannot be taken. */
function member(file: string, value: MmadaRecord['user_image'], field: string): ImageMember | null {
  const all = Array.isArray(value) ? value : value ? [value] : []
  if (all.length > 1) throw new Error(`${field} names ${all.length} pictures, the model takes one`)
  const [path] = all
  if (!path) return null
  const head = dataUrl.exec(path)
  if (head) return bytesMember(Buffer.from(path.slice(head[0].length), 'base64'), field)
  // What A's pre_tokenize.py leaves: the codes of its tokenizer, pickled.
  if (path.endsWith('.pkl')) throw new Error(`${field} is a file of codes (${path}), not a picture`)
  const place = insideFolder(dirname(file), path)
  if (!place) throw new Error(`${field} names a picture outside its folder: ${path}`)
  return fileMember(place, path)
}
