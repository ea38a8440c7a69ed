/**
 * A run's metrics: one row of JSON a line, appended while it goes. Rows stand in the order of their steps, so a resume
 * cuts the file after the checkpoint's step and the rows that follow are those of an uninterrupted run. Rows are on disk
 * before the checkpoint that comes after them.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { metricsRowSchema, type MetricsRow } from '../../shared/training.ts'
import { asWrite } from '../files.ts'

export interface MetricsLog {
  /** Writes a row; a row that finds no room leaves nothing. */
  append(row: MetricsRow): Promise<void>
  /** Before a checkpoint: what was appended survives a loss of power. */
  flush(): Promise<void>
  close(): void
}

export interface OpenedLog {
  readonly log: MetricsLog
  /** Rows of steps after the one kept, which are trained again. */
  readonly dropped: number
  /** Lines that could not be read, and everything after them. */
  readonly damaged: number
}

/** Opens a run's metrics, empty or cut after the rows of `keepStep`. */
export async function openMetricsLog(path: string, keepStep: number | null): Promise<OpenedLog> {
  const cut = keepStep === null ? { at: 0, dropped: 0, damaged: 0 } : await findCut(path, keepStep)
  const name = basename(path)
  const handle = await asWrite(name, () => Promise.resolve(openSync(path, 'a')))
  try {
    await asWrite(name, () => Promise.resolve(ftruncateSync(handle, cut.at)))
  } catch (error) {
    closeSync(handle)
    throw error
  }
  let closed = false
  const log: MetricsLog = {
    append: (row) =>
      asWrite(name, () => {
        const before = fstatSync(handle).size
        const line = Buffer.from(JSON.stringify(row) + '\n')
        try {
          for (let from = 0; from < line.length;) from += writeSync(handle, line, from)
        } catch (error) {
          ftruncateSync(handle, before)
          throw error
        }
        return Promise.resolve()
      }),
    flush: () => asWrite(name, () => Promise.resolve(fsyncSync(handle))),
    close() {
      if (!closed) closeSync(handle)
      closed = true
    },
  }
  return { log, dropped: cut.dropped, damaged: cut.damaged }
}

/** The place after the last row to keep, and what comes after it. */
async function findCut(path: string, keepStep: number): Promise<{ at: number; dropped: number; damaged: number }> {
  let at = 0
  let dropped = 0
  let damaged = 0
  for await (const { line, end } of linesOf(path)) {
    const row = readRow(line)
    if (row === null) damaged++
    else if (row.step > keepStep) dropped++
    // Only what is whole up to here may stay.
    else if (dropped === 0 && damaged === 0) at = end
  }
  return { at, dropped, damaged }
}

function readRow(line: string): MetricsRow | null {
  try {
    return metricsRowSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

/** Whole lines and a torn last one, each with the position after it. None where there is no file. */
async function* linesOf(path: string): AsyncGenerator<{ line: string; end: number }> {
  const handle = await open(path).catch(() => null)
  if (!handle) return
  try {
    let rest = Buffer.alloc(0)
    let end = 0
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      rest = Buffer.concat([rest, chunk as Buffer])
      for (let stop = rest.indexOf(10); stop >= 0; stop = rest.indexOf(10)) {
        end += stop + 1
        yield { line: rest.toString('utf8', 0, stop), end }
        rest = rest.subarray(stop + 1)
      }
    }
    if (rest.length > 0) yield { line: '', end }
  } finally {
    await handle.close()
  }
}

/**
 * The rows of a run's metrics, in order. The last line of a run that is going, or was killed, may be torn: it is left
 * out. Throws a TandemError for any other line that is no row.
 */
export async function* readMetrics(path: string): AsyncGenerator<MetricsRow> {
  let torn = 0
  let number = 0
  for await (const { line } of linesOf(path)) {
    number++
    const row = readRow(line)
    if (torn > 0)
      throw new TandemError(
        `Line ${torn} of ${basename(path)} is damaged.`,
        'Remove that line, or resume the run: it is then cut there.',
      )
    if (row) yield row
    else torn = number
  }
}
