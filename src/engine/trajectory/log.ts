/**
 * The log of a run under way, for the process that runs it. Writes are synchronous: a step is in the system's hands
 * before the next one starts, so a killed process loses nothing that was published; `close` makes it survive a power
 * cut. After a crash `recoverLog` opens what is left; at the end `compact` turns the log into a .tdm file.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { asWritten } from '../../shared/trajectory-codec.ts'
import type { Trajectory, TrajectoryEvent, TrajectoryHeader, TrajectoryStep } from '../../shared/trajectory.ts'
import { fileError, readWhole, writeTrajectory } from './file.ts'
import { eventRecord, LogState, logPrologue, readLog, stepRecord, type RecoveredLog } from './log-format.ts'

export class TrajectoryLog {
  readonly #name: string
  readonly #state: LogState
  /** Undefined once closed or failed. */
  #fd: number | undefined
  /** Bytes of whole records. */
  #length = 0

  private constructor(path: string, header: TrajectoryHeader) {
    this.#name = basename(path)
    this.#state = asWritten(() => new LogState(header))
    try {
      this.#fd = openSync(path, 'wx')
    } catch (error) {
      throw fileError(error, this.#name)
    }
    this.#write(logPrologue(this.#state.header))
  }

  /** Starts a log; an existing file is never overwritten. */
  static create(path: string, header: TrajectoryHeader): TrajectoryLog {
    return new TrajectoryLog(path, header)
  }

  /** Records a step and returns it as recorded: sorted, confidences quantised. That is the step to publish. */
  append(step: TrajectoryStep): TrajectoryStep {
    this.#open()
    const recorded = this.#check(() => this.#state.addStep(step))
    this.#write(stepRecord(recorded))
    return recorded
  }

  /** Records an edit; it belongs to the step that is appended next. */
  appendEvent(event: TrajectoryEvent): void {
    this.#open()
    this.#write(eventRecord(this.#check(() => this.#state.addEvent(event))))
  }

  /** Flushes to the disk and closes. Closing twice is fine. */
  close(): void {
    const fd = this.#fd
    if (fd === undefined) return
    this.#fd = undefined
    try {
      fsyncSync(fd)
    } catch (error) {
      throw fileError(error, this.#name)
    } finally {
      closeSync(fd)
    }
  }

  /** An impossible step ends the log: what was written before it stays good. */
  #check<T>(add: () => T): T {
    try {
      return asWritten(add)
    } catch (error) {
      this.close()
      throw error
    }
  }

  #open(): number {
    if (this.#fd === undefined) throw new TandemError(`${this.#name} is closed.`, 'Start the run again.', 'internal')
    return this.#fd
  }

  #write(bytes: Uint8Array): void {
    const fd = this.#open()
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
      this.#length += bytes.length
    } catch (error) {
      // A half-written record would be dropped on opening anyway; cutting it keeps the log clean.
      this.#fd = undefined
      try {
        ftruncateSync(fd, this.#length)
      } finally {
        closeSync(fd)
      }
      throw fileError(error, this.#name)
    }
  }
}

/** Opens a log that a run left behind: the header, all whole steps and edits; a cut or corrupted tail is dropped. */
export async function recoverLog(path: string): Promise<RecoveredLog> {
  return readLog(await readWhole(path), basename(path))
}

/** Turns a log into a compacted file, then removes the log, unless part of it could not be read: then it stays. */
export async function compact(logPath: string, tdmPath: string): Promise<Trajectory> {
  const { trajectory, droppedBytes } = await recoverLog(logPath)
  await writeTrajectory(tdmPath, trajectory)
  if (droppedBytes === 0) await rm(logPath, { force: true })
  return trajectory
}
