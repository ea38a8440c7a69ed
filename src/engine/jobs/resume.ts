/** Goes on from a step of a recorded run, with tokens replaced or masked again: a branch of it, and its own record. */
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Trajectory, TrajectoryEvent } from '../../shared/trajectory.ts'
import { hashTrajectory, readTrajectory } from '../trajectory/file.ts'
import type { JobContext } from './context.ts'
import { checkFits } from './fits.ts'
import { hostRun, loading } from './host.ts'
import { positionOf, tokenAt } from './places.ts'
import { recordRun } from './record.ts'

export async function* resumeJob(spec: SpecOf<'resume'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const began = performance.now()
  const parent = await readTrajectory(spec.trajectory)
  const { header } = parent
  const hosted = yield* hostRun({ ...spec, guidance: header.guidance }, context)
  const { engine } = hosted
  checkFits(engine.model, parent)
  const last = Math.min(parent.steps.length, header.steps - 1)
  if (spec.step > last)
    throw new TandemError(`The run cannot be resumed after step ${spec.step}.`, `Choose a step from 0 to ${last}.`)
  const step = spec.step + 1
  const events: TrajectoryEvent[] = parent.events.filter((event) => event.step <= spec.step)
  for (const { place, token } of spec.replace) {
    const position = positionOf(header, place)
    events.push({ kind: 'replace', step, position, token: tokenAt(engine.model, header, position, token) })
  }
  for (const place of spec.remask) events.push({ kind: 'remask', step, position: positionOf(header, place) })
  const untouched = spec.replace.length === 0 && spec.remask.length === 0
  const known: Trajectory = {
    header: untouched ? header : { ...header, parent: { hash: hashTrajectory(parent), step: spec.step } },
    steps: parent.steps.slice(0, spec.step),
    events: untouched ? [...events, ...parent.events.filter((event) => event.step === step)] : events,
  }
  yield* loading(hosted)
  yield* recordRun(engine, known, spec.out, began, context.signal, spec.preview)
}
