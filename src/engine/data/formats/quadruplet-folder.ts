/** Our own format: `data.jsonl`, one row a sample, beside its images. */
import { basename } from 'node:path'
import { z } from 'zod'
import { splitNames } from '../world/types.ts'
import { faultOf } from './fault.ts'
import { fileMember, insideFolder } from './members.ts'
import { decodeText, fileStamp, readLines, utf8Fix } from './text.ts'
import { problemEntry, rowEntry, type DatasetEntry, type DatasetFormat, type DatasetSource } from './types.ts'

/** One row of data.jsonl. Unknown columns are let through: other tools add their own. */
const rowSchema = z.looseObject({
  id: z.string().min(1),
  input_image: z.string().min(1).nullish(),
  instruction: z.string(),
  reasoning: z.string(),
  output_image: z.string().min(1),
  split: z.enum(splitNames).nullish(),
})

const mend = 'Repair or remove that line.'

export const quadrupletFormat: DatasetFormat = {
  label: 'a quadruplet folder',
  async *read({ root, files }: DatasetSource): AsyncGenerator<DatasetEntry, void, undefined> {
    for (const file of files) {
      const before = await fileStamp(file)
      for await (const { line, bytes } of readLines(file)) {
        const entry = parseLine(root, `${basename(file)}, line ${line}`, bytes)
        yield entry.kind === 'problem' ? { ...entry, line: bytes } : entry
      }
      if ((await fileStamp(file)) !== before)
        yield problemEntry(
          'changed',
          basename(file),
          'it changed while it was read',
          'Read it again when nothing writes to it.',
        )
    }
  },
}

function parseLine(root: string, where: string, bytes: Uint8Array): DatasetEntry {
  const decoded = decodeText(bytes)
  if ('problem' in decoded) return problemEntry('unreadable-row', where, decoded.problem, utf8Fix)
  let raw: unknown
  try {
    raw = JSON.parse(decoded.text)
  } catch {
    return problemEntry('unreadable-row', where, 'it is not JSON', mend)
  }
  const fault = faultOf(raw)
  if (fault) return problemEntry(fault.code, where, fault.message, fault.fix, fault.id)
  const parsed = rowSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const field = issue?.path.join('.') || 'the row'
    const id = typeof raw === 'object' && raw !== null && 'id' in raw && typeof raw.id === 'string' ? raw.id : null
    return problemEntry('unreadable-row', where, `${field} is wrong: ${issue?.message ?? 'it does not fit'}`, mend, id)
  }
  const row = parsed.data
  const extra = Object.fromEntries(Object.entries(row).filter(([name]) => !(name in rowSchema.shape)))
  const named = [row.input_image, row.output_image].filter((path) => typeof path === 'string')
  const outside = named.find((path) => insideFolder(root, path) === null)
  if (outside !== undefined)
    return problemEntry(
      'missing-member',
      where,
      `it names an image outside its folder: ${outside}`,
      'Use paths relative to the folder.',
      row.id,
    )
  const member = (path: string): ReturnType<typeof fileMember> => fileMember(insideFolder(root, path)!, path)
  return rowEntry({
    where,
    id: row.id,
    split: row.split ?? null,
    instruction: row.instruction,
    reasoning: row.reasoning,
    inputImage: row.input_image ? member(row.input_image) : null,
    outputImage: member(row.output_image),
    extra,
  })
}
