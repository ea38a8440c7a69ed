/**
 * The compacted file (.tdm): fixed head, JSON header, then four sections (initial tokens, last commit of every position
 * as planes, steps with their candidates, everything a plane cannot hold) and a CRC-32 of it all. docs/formats.md gives
 * every byte. Compression comes in as a function; equal trajectories are equal bytes for one deflate implementation.
 */
import { TandemError } from './errors.ts'
import { asciiJson, ByteReader, ByteWriter, crc32, parseJson } from './trajectory-bytes.ts'
import { canonicalTrajectory } from './trajectory-frame.ts'
import { readHistory, readSteps, writeHistory, writeSteps, type StepShell } from './trajectory-sections.ts'
import {
  BadTrajectory,
  confidenceLevel,
  levelConfidence,
  maxLength,
  maxSteps,
  trajectoryVersion,
  type Trajectory,
  type TrajectoryEvent,
  type TrajectoryStep,
} from './trajectory.ts'

/** Raw deflate (RFC 1951). `inflate` must refuse to produce more than `maxBytes`. */
export interface Compression {
  readonly deflate: (bytes: Uint8Array) => Uint8Array
  readonly inflate: (bytes: Uint8Array, maxBytes: number) => Uint8Array
}

/** What a file of any version is read into; `header` is parsed after the migrations have run. */
export interface RawTrajectory {
  readonly header: unknown
  readonly steps: readonly TrajectoryStep[]
  readonly events: readonly TrajectoryEvent[]
}
export type Migration = (raw: RawTrajectory) => RawTrajectory

/** version -> how to turn a record of that version into one of the next. Frozen once released. */
export const migrations: Readonly<Record<number, Migration>> = {}

export const trajectoryMagic = 'TDM1'
const headBytes = 20
/** No section is larger; a 2432-token run of 128 steps holds about 1.5 MB of candidates. */
const maxSectionBytes = 256 * 2 ** 20
/** Deflate cannot expand further than 1032 : 1. */
const maxRatio = 1032

/** The compacted bytes. Confidences are quantised; a record that is inconsistent is a defect of its writer. */
export function encodeTrajectory(trajectory: Trajectory, compression: Compression): Uint8Array {
  const { header, steps, events } = asWritten(() => canonicalTrajectory(trajectory))
  const { tokens, ...json } = header
  const length = header.length
  const lastStep = new Uint16Array(length)
  const lastToken = new Int32Array(length)
  const lastLevel = new Uint8Array(length)
  for (const { step, commits } of steps) {
    commits.positions.forEach((p, i) => {
      lastStep[p] = step
      lastToken[p] = commits.tokens[i]!
      lastLevel[p] = confidenceLevel(commits.confidence[i]!)
    })
  }
  const stepWidth = steps.length < 256 ? 1 : 2
  const tokenWidth = bytesFor(largestToken(steps, events, tokens) + 1)

  const out = new ByteWriter()
  out.ascii(trajectoryMagic)
  out.uint(trajectoryVersion, 2)
  out.uint(stepWidth, 1)
  out.uint(tokenWidth, 1)
  out.uint(length, 4)
  out.uint(steps.length, 4)
  const text = asciiJson(json)
  out.uint(text.length, 4)
  out.ascii(text)

  const given = new ByteWriter()
  given.planes(tokens, tokenWidth)
  const commits = new ByteWriter()
  commits.planes(lastStep, stepWidth)
  commits.planes(lastToken, tokenWidth)
  commits.planes(lastLevel, 1)
  const stepSection = writeSteps(steps, length, tokenWidth)
  const history = writeHistory(steps, events, lastStep)
  for (const raw of [given.finish(), commits.finish(), stepSection, history]) {
    const stored = compression.deflate(raw)
    out.uint(raw.length, 4)
    out.uint(stored.length, 4)
    out.append(stored)
  }
  out.uint(crc32(out.finish()), 4)
  return out.finish()
}

/** Reads a compacted file. `name` stands for it in messages. Only TandemError is thrown, whatever the bytes. */
export function decodeTrajectory(bytes: Uint8Array, compression: Compression, name = 'The trajectory'): Trajectory {
  return asRead(name, () => {
    const reader = new ByteReader(bytes)
    if (bytes.length < 6 || reader.ascii(4) !== trajectoryMagic) throw notTrajectory(name)
    const version = reader.uint(2)
    checkVersion(version, name)
    const body = bytes.subarray(0, Math.max(0, bytes.length - 4))
    if (bytes.length < headBytes + 4) throw new BadTrajectory('it ends too early')
    if (new ByteReader(bytes.subarray(body.length)).uint(4) !== crc32(body))
      throw new BadTrajectory('its checksum is wrong')
    return finish(migrate(readVersion1(new ByteReader(body.subarray(6)), compression), version, migrations))
  })
}

/** Runs the migrations from `version` up to the current one. */
export function migrate(
  raw: RawTrajectory,
  version: number,
  table: Readonly<Record<number, Migration>>,
): RawTrajectory {
  let current = raw
  for (let v = version; v < trajectoryVersion; v++) {
    const step = table[v]
    if (!step) throw new BadTrajectory(`version ${v} is not known`)
    current = step(current)
  }
  return current
}

/** Refuses what a later program wrote. */
export function checkVersion(version: number, name: string): void {
  if (version > trajectoryVersion) {
    throw new TandemError(
      `${name} was written by a newer version of Tandem (format ${version}; this one reads up to ${trajectoryVersion}).`,
      'Update Tandem to open it.',
    )
  }
  if (version < 1) throw new BadTrajectory('its version is 0')
}

export function notTrajectory(name: string): TandemError {
  return new TandemError(`${name} is not a trajectory.`, 'Choose a .tdm file that Tandem saved.')
}

/** Runs a reader; whatever is wrong with the record becomes "damaged". */
export function asRead<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BadTrajectory)) throw error
    const remedy = 'Use another copy of the file, or run the edit again.'
    throw new TandemError(`${name} is damaged: ${error.message}.`, remedy, 'input', { cause: error })
  }
}

/** Runs a writer; a record that is inconsistent is our own defect. */
export function asWritten<T>(write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (!(error instanceof BadTrajectory)) throw error
    const message = `The run recorded something impossible: ${error.message}.`
    throw new TandemError(message, 'Please report this.', 'internal', { cause: error })
  }
}

function readVersion1(reader: ByteReader, compression: Compression): RawTrajectory {
  const stepWidth = reader.uint(1)
  const tokenWidth = reader.uint(1)
  const length = reader.uint(4)
  const stepCount = reader.uint(4)
  if (stepWidth < 1 || stepWidth > 2 || tokenWidth < 2 || tokenWidth > 4)
    throw new BadTrajectory('its widths are wrong')
  if (length < 1 || length > maxLength || stepCount > maxSteps) throw new BadTrajectory('its sizes are impossible')
  const json = parseJson(reader.ascii(reader.uint(4)))
  if (typeof json !== 'object' || json === null) throw new BadTrajectory('its header is not an object')

  const given = section(reader, compression)
  const tokens = given.planes(length, tokenWidth)
  given.end()
  const planes = section(reader, compression)
  const lastStep = planes.planes(length, stepWidth)
  const lastToken = planes.planes(length, tokenWidth)
  const lastLevel = planes.take(length)
  planes.end()
  const shells = readSteps(section(reader, compression), stepCount, length, tokenWidth)
  const history = readHistory(section(reader, compression), shells, length)
  reader.end()
  lastStep.forEach((step, p) => {
    if (step > stepCount) throw new BadTrajectory(`position ${p} was decided after the end`)
    if (step > 0) addCommit(shells[step - 1]!, p, lastToken[p]!, lastLevel[p]!)
  })
  return { header: { ...json, tokens }, steps: shells, events: history }
}

function addCommit(shell: StepShell, position: number, token: number, level: number): void {
  shell.commits.positions.push(position)
  shell.commits.tokens.push(token)
  shell.commits.confidence.push(levelConfidence(level))
}

function finish(raw: RawTrajectory): Trajectory {
  // canonicalTrajectory parses the header: it is unknown until here.
  return canonicalTrajectory(raw as Trajectory)
}

function section(reader: ByteReader, compression: Compression): ByteReader {
  const rawBytes = reader.uint(4)
  const stored = reader.take(reader.uint(4))
  if (rawBytes > Math.min(maxSectionBytes, (stored.length + 1) * maxRatio)) {
    throw new BadTrajectory('a section claims an impossible size')
  }
  let raw: Uint8Array
  try {
    raw = compression.inflate(stored, rawBytes)
  } catch {
    throw new BadTrajectory('a section cannot be unpacked')
  }
  if (raw.length !== rawBytes) throw new BadTrajectory('a section has the wrong size')
  return new ByteReader(raw)
}

function largestToken(
  steps: readonly TrajectoryStep[],
  events: readonly TrajectoryEvent[],
  given: readonly number[],
): number {
  let largest = 0
  const note = (token: number): void => {
    if (token > largest) largest = token
  }
  given.forEach(note)
  for (const step of steps) {
    step.commits.tokens.forEach(note)
    step.candidates.tokens.forEach(note)
  }
  for (const event of events) if (event.kind === 'replace') note(event.token)
  return largest
}

const bytesFor = (value: number): number => (value < 2 ** 16 ? 2 : value < 2 ** 24 ? 3 : 4)
