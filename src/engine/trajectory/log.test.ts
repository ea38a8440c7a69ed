import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { chance, randomRun, testHeader } from '../../shared/trajectory-fixtures.ts'
import { canonicalTrajectory } from '../../shared/trajectory-frame.ts'
import { quantiseConfidence, type Trajectory } from '../../shared/trajectory.ts'
import { readTrajectory } from './file.ts'
import { readLog } from './log-format.ts'
import { compact, recoverLog, TrajectoryLog } from './log.ts'

let folder = ''
let path = ''
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-log-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(() => {
  path = join(folder, `run${count++}.log`)
})

const { trajectory } = randomRun({ seed: 8, length: 24, steps: 7, vocabSize: 600, remaskRate: 0.15, editRate: 0.05 })
const canonical = canonicalTrajectory(trajectory)

function write(log: TrajectoryLog, { steps, events }: Trajectory): void {
  for (const step of steps) {
    for (const event of events.filter((e) => e.step === step.step)) log.appendEvent(event)
    log.append(step)
  }
}

async function written(): Promise<Buffer> {
  const log = TrajectoryLog.create(path, trajectory.header)
  write(log, trajectory)
  log.close()
  return readFile(path)
}

/** The same run cut after some steps and edits. */
function isPrefix(part: Trajectory): boolean {
  const { header, steps, events } = canonical
  expect(part.header).toEqual(header)
  expect(part.steps).toEqual(steps.slice(0, part.steps.length))
  expect(part.events).toEqual(events.slice(0, part.events.length))
  return true
}

test('a log can be read while it grows, and holds each step as it is published', async () => {
  const log = TrajectoryLog.create(path, trajectory.header)
  for (const step of trajectory.steps) {
    for (const event of trajectory.events.filter((e) => e.step === step.step)) log.appendEvent(event)
    const recorded = log.append(step)
    expect(recorded).toEqual(canonical.steps[step.step - 1])
    expect(recorded.commits.confidence).toEqual(recorded.commits.confidence.map(quantiseConfidence))
    expect((await recoverLog(path)).trajectory.steps.at(-1)).toEqual(recorded)
  }
  log.close()
  log.close()
  expect(await readTrajectory(path)).toEqual(canonical)
})

test('compacting gives the same trajectory and takes the log away', async () => {
  await written()
  const tdm = path.replace('.log', '.tdm')
  expect(await compact(path, tdm)).toEqual(canonical)
  expect(await readTrajectory(tdm)).toEqual(canonical)
  await expect(stat(path)).rejects.toThrow()
})

test('compacting keeps a log of which a part could not be read', async () => {
  const bytes = await written()
  await writeFile(path, bytes.subarray(0, -3))
  const tdm = path.replace('.log', '.tdm')
  expect((await compact(path, tdm)).steps).toHaveLength(6)
  expect((await stat(path)).size).toBe(bytes.length - 3)
})

test('a log cut at any byte gives a valid prefix or a plain error', async () => {
  const bytes = await written()
  const seen = new Set<number>()
  let before = -1
  for (let n = 0; n <= bytes.length; n++) {
    try {
      const { trajectory: part, droppedBytes } = readLog(bytes.subarray(0, n), 'x.log')
      expect(isPrefix(part)).toBe(true)
      expect(droppedBytes).toBeLessThan(n)
      expect(part.steps.length).toBeGreaterThanOrEqual(before)
      before = part.steps.length
      seen.add(before)
    } catch (error) {
      expect(error).toBeInstanceOf(TandemError)
      expect(before).toBe(-1)
    }
  }
  expect([...seen]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test('a log with changed bytes gives a valid prefix or a plain error', async () => {
  const bytes = await written()
  const random = chance(4)
  for (let round = 0; round < 2000; round++) {
    const changed = Buffer.from(bytes)
    const at = Math.floor(random() * bytes.length)
    changed[at] = changed[at]! ^ (1 + Math.floor(random() * 255))
    try {
      // The two reserved bytes are the only ones that may change unnoticed.
      expect(isPrefix(readLog(changed, 'x.log').trajectory)).toBe(true)
    } catch (error) {
      expect(error).toBeInstanceOf(TandemError)
    }
  }
})

test('an existing file is not overwritten, and a closed log takes nothing more', async () => {
  await written()
  expect(() => TrajectoryLog.create(path, trajectory.header)).toThrow(`run${count - 1}.log exists already.`)
  const log = TrajectoryLog.create(`${path}2`, testHeader())
  log.close()
  expect(() => log.append(trajectory.steps[0]!)).toThrow(/is closed/)
})

test('an impossible step is a defect that ends the log and leaves what stood before', async () => {
  const log = TrajectoryLog.create(path, trajectory.header)
  const none = { positions: [], tokens: [], confidence: [] }
  log.append({ step: 1, commits: none, remasked: [], candidates: none, forwards: 1 })
  expect(() => log.append({ ...trajectory.steps[1]!, step: 5 })).toThrow(expect.objectContaining({ kind: 'internal' }))
  expect(() => log.append(trajectory.steps[1]!)).toThrow(/is closed/)
  expect((await recoverLog(path)).trajectory.steps).toHaveLength(1)
  expect(() => TrajectoryLog.create(`${path}2`, testHeader({ length: 2 }))).toThrow(
    expect.objectContaining({ kind: 'internal' }),
  )
})

test('an edit belongs to the step that comes next', () => {
  const log = TrajectoryLog.create(path, testHeader())
  expect(() => log.appendEvent({ kind: 'pin', step: 2, position: 0 })).toThrow(TandemError)
})
