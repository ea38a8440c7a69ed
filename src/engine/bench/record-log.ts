/**
 * An append-only file of JSON lines that each carry a checksum, so that a process may be killed at any byte: on opening,
 * lines that are cut or damaged are dropped and whatever they recorded is done again. Every line is plain JSON; its last
 * key, `check`, is the start of the SHA-256 of the line before it.
 */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from 'zod'
import { asWrite, writeError, writeFileAtomic } from '../files.ts'

const checkOf = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, 16)

/** A record as its line, without the line's end. */
export function sealLine(record: object): string {
  const body = JSON.stringify(record)
  return `${body.slice(0, -1)},"check":"${checkOf(body)}"}`
}

/** The record of a line, or undefined where it is cut, damaged or of another shape. */
export function openLine<T>(line: string, schema: z.ZodType<T>): T | undefined {
  const match = /^(\{.*),"check":"([0-9a-f]{16})"\}$/.exec(line)
  if (!match) return undefined
  const body = `${match[1]!}}`
  if (checkOf(body) !== match[2]) return undefined
  try {
    return schema.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

export interface RecordLog<T> {
  /** Lines dropped on opening. */
  readonly dropped: number
  /** In the system's hands when this returns; on the disk after `close`. */
  append(record: T): void
  close(): void
}

/** The whole records of a file; none where there is no file. Changes nothing. */
export async function readRecords<T>(path: string, schema: z.ZodType<T>): Promise<{ records: T[]; dropped: number }> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n')
  // What stands behind the last line's end was cut.
  const cut = lines.pop() === '' ? 0 : 1
  const records = lines.map((line) => openLine(line, schema))
  const whole = records.filter((r) => r !== undefined)
  return { records: whole, dropped: records.length - whole.length + cut }
}

/** Opens a log to go on with it, rid of damaged lines. Throws a TandemError where it cannot be written. */
export async function openRecordLog<T extends object>(
  path: string,
  schema: z.ZodType<T>,
): Promise<{ log: RecordLog<T>; records: T[] }> {
  const { records, dropped } = await readRecords(path, schema)
  if (dropped > 0) await writeFileAtomic(path, records.map((r) => sealLine(r) + '\n').join(''))
  const name = basename(path)
  let fd: number | null = await asWrite(name, () => Promise.resolve(openSync(path, 'a')))
  const log: RecordLog<T> = {
    dropped,
    append(record) {
      if (fd === null) throw new Error(`${name} is closed`)
      try {
        const bytes = Buffer.from(sealLine(record) + '\n')
        for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
      } catch (error) {
        throw writeError(error, name) ?? error
      }
    },
    close() {
      if (fd === null) return
      const open = fd
      fd = null
      try {
        fsyncSync(open)
      } finally {
        closeSync(open)
      }
    },
  }
  return { log, records }
}
