/**
 * What a run has decided: header, edits and steps while it goes, one compact trajectory when it is over. A step is on
 * disk before anyone hears of it.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { TandemError } from '../../shared/errors.ts'
import { decodeTrajectory, encodeTrajectory, type Compression } from '../../shared/trajectory-codec.ts'
import {
  trajectoryEventSchema,
  trajectoryHeaderSchema,
  trajectoryStepSchema,
  type Trajectory,
  type TrajectoryEvent,
  type TrajectoryHeader,
  type TrajectoryStep,
} from '../../shared/trajectory.ts'
import type { Database } from './database.ts'

export const zlibCompression: Compression = {
  deflate: (bytes) => deflateRawSync(bytes, { level: 9 }),
  inflate: (bytes, maxBytes) => inflateRawSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }),
}

export interface RecordStore {
  /** A run begins, or begins again from a part that is known: what was recorded before is replaced. */
  begin(
    run: string,
    header: TrajectoryHeader,
    steps: readonly TrajectoryStep[],
    events: readonly TrajectoryEvent[],
  ): void
  append(run: string, step: TrajectoryStep): void
  step(run: string, step: number): TrajectoryStep | null
  /** The finished form: compacted bytes take the place of the steps. */
  finish(run: string, bytes: Uint8Array): void
  /** Compacts what is there; false where nothing is. */
  compact(run: string): boolean
  has(run: string): boolean
  /** A .tdm file, also of a run that goes on. */
  bytes(run: string): Uint8Array
  trajectory(run: string): Trajectory
}

export function createRecordStore(db: Database): RecordStore {
  const putHeader = db.prepare('INSERT OR REPLACE INTO run_headers (run, header, events) VALUES (?, ?, ?)')
  const header = db.prepare<[string], { header: string; events: string }>('SELECT * FROM run_headers WHERE run = ?')
  const dropHeader = db.prepare('DELETE FROM run_headers WHERE run = ?')
  const putStep = db.prepare('INSERT INTO run_steps (run, step, record) VALUES (?, ?, ?)')
  const steps = db.prepare<[string], { record: string }>('SELECT record FROM run_steps WHERE run = ? ORDER BY step')
  const one = db.prepare<[string, number], { record: string }>(
    'SELECT record FROM run_steps WHERE run = ? AND step = ?',
  )
  const dropSteps = db.prepare('DELETE FROM run_steps WHERE run = ?')
  const putBytes = db.prepare('INSERT OR REPLACE INTO trajectories (run, bytes) VALUES (?, ?)')
  const bytes = db.prepare<[string], { bytes: Buffer }>('SELECT bytes FROM trajectories WHERE run = ?')
  const dropBytes = db.prepare('DELETE FROM trajectories WHERE run = ?')

  function running(run: string): Trajectory | null {
    const row = header.get(run)
    if (!row) return null
    return {
      header: trajectoryHeaderSchema.parse(JSON.parse(row.header)),
      steps: steps.all(run).map(({ record }) => trajectoryStepSchema.parse(JSON.parse(record))),
      events: trajectoryEventSchema.array().parse(JSON.parse(row.events)),
    }
  }
  const finish = db.transaction((run: string, whole: Uint8Array) => {
    putBytes.run(run, whole)
    dropSteps.run(run)
    dropHeader.run(run)
  })
  function read(run: string): Uint8Array {
    const going = running(run)
    if (going) return encodeTrajectory(going, zlibCompression)
    const row = bytes.get(run)
    if (row) return new Uint8Array(row.bytes)
    throw new TandemError('This run has recorded nothing yet.', 'Wait for its first step.')
  }

  return {
    begin: db.transaction(
      (run: string, head: TrajectoryHeader, known: readonly TrajectoryStep[], events: readonly TrajectoryEvent[]) => {
        dropSteps.run(run)
        dropBytes.run(run)
        putHeader.run(run, JSON.stringify(head), JSON.stringify(events))
        for (const step of known) putStep.run(run, step.step, JSON.stringify(step))
      },
    ),
    append: (run, step) => void putStep.run(run, step.step, JSON.stringify(step)),
    step(run, number) {
      const row = one.get(run, number)
      return row ? trajectoryStepSchema.parse(JSON.parse(row.record)) : null
    },
    finish,
    compact(run) {
      const going = running(run)
      if (!going) return bytes.get(run) !== undefined
      finish(run, encodeTrajectory(going, zlibCompression))
      return true
    },
    has: (run) => header.get(run) !== undefined || bytes.get(run) !== undefined,
    bytes: read,
    trajectory: (run) => running(run) ?? decodeTrajectory(read(run), zlibCompression, 'The trajectory'),
  }
}
