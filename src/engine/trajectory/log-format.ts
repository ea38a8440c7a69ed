/**
 * The running log as bytes: 'TDL1', a version, then records {length, CRC-32, kind, body}. Whatever stands behind the
 * first record that is cut, corrupt or inconsistent is dropped, so a crash costs at most the step being written.
 */
import { asciiJson, ByteReader, ByteWriter, crc32, parseJson } from '../../shared/trajectory-bytes.ts'
import { asRead, checkVersion, migrate, migrations, notTrajectory } from '../../shared/trajectory-codec.ts'
import { advanceFrame, initialFrame, type Frame } from '../../shared/trajectory-frame.ts'
import { readStepRecord, writeStepRecord } from '../../shared/trajectory-sections.ts'
import {
  BadTrajectory,
  canonicalStep,
  checkedEvent,
  firstIssue,
  trajectoryHeaderSchema,
  trajectoryVersion,
  type Trajectory,
  type TrajectoryEvent,
  type TrajectoryHeader,
  type TrajectoryStep,
} from '../../shared/trajectory.ts'

export const logMagic = 'TDL1'
const kinds = { header: 1, step: 2, event: 3 } as const
type Kind = (typeof kinds)[keyof typeof kinds]

/** The start of a log: magic, version, header record. */
export function logPrologue(header: TrajectoryHeader): Uint8Array {
  const out = new ByteWriter()
  out.ascii(logMagic)
  out.uint(trajectoryVersion, 2)
  out.uint(0, 2)
  const json = new ByteWriter()
  json.ascii(asciiJson(header))
  out.append(record(kinds.header, json.finish()))
  return out.finish()
}

/** A canonical step as a record. */
export const stepRecord = (step: TrajectoryStep): Uint8Array => record(kinds.step, writeStepRecord(step))

export function eventRecord(event: TrajectoryEvent): Uint8Array {
  const json = new ByteWriter()
  json.ascii(asciiJson(event))
  return record(kinds.event, json.finish())
}

function record(kind: Kind, body: Uint8Array): Uint8Array {
  const payload = new ByteWriter()
  payload.uint(kind, 1)
  payload.append(body)
  const out = new ByteWriter()
  out.uint(payload.length, 4)
  out.uint(crc32(payload.finish()), 4)
  out.append(payload.finish())
  return out.finish()
}

/** The record of a run as far as it is whole, checked while it grows; both ends of the log use it. */
export class LogState {
  readonly header: TrajectoryHeader
  readonly steps: TrajectoryStep[] = []
  readonly events: TrajectoryEvent[] = []
  #frame: Frame
  #pending: TrajectoryEvent[] = []

  constructor(header: unknown) {
    const parsed = trajectoryHeaderSchema.safeParse(header)
    if (!parsed.success) throw new BadTrajectory(firstIssue(parsed.error))
    this.header = parsed.data
    this.#frame = initialFrame(this.header)
  }

  /** Returns the step as recorded. Throws BadTrajectory; the state is then of no further use. */
  addStep(step: TrajectoryStep): TrajectoryStep {
    const canonical = canonicalStep(this.header, step)
    this.#frame = advanceFrame(this.#frame, this.header, canonical, this.#pending)
    this.#pending = []
    this.steps.push(canonical)
    return canonical
  }

  addEvent(event: unknown): TrajectoryEvent {
    const checked = checkedEvent(this.header, event)
    if (checked.step !== this.steps.length + 1) {
      throw new BadTrajectory(`an edit before step ${checked.step} comes after step ${this.steps.length}`)
    }
    this.#pending.push(checked)
    this.events.push(checked)
    return checked
  }
}

export interface RecoveredLog {
  readonly trajectory: Trajectory
  /** Bytes behind the last whole record. */
  readonly droppedBytes: number
}

/** Reads a log as far as it is whole. Throws TandemError only when not even its header is. */
export function readLog(bytes: Uint8Array, name: string): RecoveredLog {
  return asRead(name, () => {
    const reader = new ByteReader(bytes)
    if (bytes.length < 4 || reader.ascii(4) !== logMagic) throw notTrajectory(name)
    const version = reader.uint(2)
    checkVersion(version, name)
    reader.uint(2)
    const first = nextRecord(reader)
    if (first?.kind !== kinds.header) throw new BadTrajectory('its first record is not whole')
    const json = parseJson(first.body.ascii(first.body.remaining))
    const state = new LogState(migrate({ header: json, steps: [], events: [] }, version, migrations).header)
    let whole = bytes.length - reader.remaining
    for (let next = nextRecord(reader); next && accept(state, next); next = nextRecord(reader)) {
      whole = bytes.length - reader.remaining
    }
    const { header, steps, events } = state
    return { trajectory: { header, steps, events }, droppedBytes: bytes.length - whole }
  })
}

interface LogRecord {
  readonly kind: number
  readonly body: ByteReader
}

/** Undefined where the next record is cut or its CRC is wrong. */
function nextRecord(reader: ByteReader): LogRecord | undefined {
  if (reader.remaining < 9) return undefined
  const size = reader.uint(4)
  const crc = reader.uint(4)
  if (size < 1 || size > reader.remaining) return undefined
  const payload = reader.take(size)
  if (crc32(payload) !== crc) return undefined
  return { kind: payload[0]!, body: new ByteReader(payload.subarray(1)) }
}

function accept(state: LogState, { kind, body }: LogRecord): boolean {
  try {
    if (kind === kinds.step) state.addStep(readStepRecord(body, state.header.length))
    else if (kind === kinds.event) state.addEvent(parseJson(body.ascii(body.remaining)))
    else return false
    return true
  } catch (error) {
    if (error instanceof BadTrajectory) return false
    throw error
  }
}
