/** Runs: started, branched, continued, found again; their steps as pictures and as files. */
import { randomInt } from 'node:crypto'
import { TandemError } from '../../../shared/errors.ts'
import { rastersResultSchema } from '../../../shared/jobs.ts'
import type { ParsedArgsOf } from '../../../shared/ipc.ts'
import type { Run } from '../../../shared/studio.ts'
import { advanceFrame, frameCodes, initialFrame } from '../../../shared/trajectory-frame.ts'
import { eventsByStep } from '../../../shared/trajectory.ts'
import { freshRun } from '../fresh-run.ts'
import { openTrajectory } from '../open-trajectory.ts'
import { pictureRef } from '../pictures.ts'
import { change } from '../run-state.ts'
import { exportRun } from '../run-export.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

const SEEDS = 2 ** 32

export function runHandlers(deps: HandlerDeps): Handlers<'runs' | 'trajectories'> {
  const { store, publisher, scheduler, models, lanes } = deps

  async function start(args: ParsedArgsOf<'runs.start'>): Promise<{ runs: Run[] }> {
    const { settings, project, document, box, count, lane, pins } = args
    if (settings.instruction.trim() === '')
      throw new TandemError('The instruction is empty.', 'Say what should change, for example: remove the cat.')
    if ((settings.task === 'edit') !== (args.input !== null))
      throw new TandemError(
        'An edit needs a picture, a generation has none.',
        'Put a picture on the canvas, or choose "Generate".',
      )
    store.projects.get(project)
    await models.path(settings.model)
    const input = args.input === null ? null : await pictureRef(store.blobs, args.input)
    const mask = args.mask === null ? null : await pictureRef(store.blobs, args.mask)
    const first = settings.seed ?? randomInt(SEEDS)
    const runs = Array.from({ length: count }, (_, i) =>
      freshRun({ project, document, settings, seed: (first + i) % SEEDS, input, mask, box, pins, lane }),
    )
    for (const run of runs) add(run)
    store.projects.touch(project)
    publisher.publish('projects.changed', { projects: store.projects.list() })
    return { runs }
  }

  function add(run: Run): void {
    publisher.publishWith(() => {
      store.runs.insert(run)
      return { run }
    }, 'run.changed')
    scheduler.add(run.id, run.lane)
  }

  return {
    'runs.start': start,
    'runs.branch': async ({ run: id, step, edits }) => {
      const parent = store.runs.get(id)
      const { steps, header } = store.records.trajectory(id)
      const last = Math.min(steps.length, header.steps - 1)
      if (step > last) throw new TandemError(`The run cannot go on after step ${step}.`, `Choose a step up to ${last}.`)
      await models.path(parent.settings.model)
      const run: Run = {
        ...freshRun({ ...parent, lane: 'interactive' }),
        settings: { ...parent.settings, seed: parent.seed },
        parent: { run: id, step },
        edits,
      }
      add(run)
      return run
    },
    'runs.continue': async ({ run: id }) => {
      const run = store.runs.get(id)
      if (run.state !== 'cancelled' && run.state !== 'failed')
        throw new TandemError(
          'Only a run that was stopped or failed can be continued.',
          'Start a new run, or branch this one.',
        )
      await models.path(run.settings.model)
      change(deps, id, { state: 'queued', endedAt: null, error: null, stoppedAtOnce: false })
      scheduler.add(id, run.lane)
      return store.runs.get(id)
    },
    'runs.cancel': ({ run, now }) => {
      scheduler.cancel(run, now)
      return Promise.resolve({})
    },
    'runs.heard': ({ run, step }) => {
      scheduler.heard(run, step)
      return Promise.resolve({})
    },
    'runs.reorder': ({ run, before }) => {
      scheduler.reorder(run, before)
      return Promise.resolve({})
    },
    'runs.get': ({ run }) => Promise.resolve(store.runs.get(run)),
    'runs.list': (query) => Promise.resolve(store.runs.list(query)),
    'runs.tree': ({ run }) => Promise.resolve({ runs: store.runs.tree(run) }),
    'runs.update': ({ run, ...changes }) => {
      change(deps, run, changes)
      return Promise.resolve(store.runs.get(run))
    },
    'runs.delete': ({ runs }) => {
      for (const { run } of scheduler.items()) if (runs.includes(run)) scheduler.cancel(run, true)
      publisher.publishWith(() => {
        store.runs.delete(runs)
        return { runs }
      }, 'run.removed')
      publisher.publish('projects.changed', { projects: store.projects.list() })
      return Promise.resolve({})
    },
    'runs.trajectory': ({ run: id }) => {
      const { endedAt, error } = store.runs.get(id)
      // Nobody waits for the first step of a run that is over: what stopped it is the answer.
      if (endedAt !== null && !store.records.has(id))
        throw new TandemError(
          error?.message ?? 'This run ended before its first step.',
          error?.remedy ?? 'Continue it, or run it again.',
        )
      return Promise.resolve({ bytes: store.records.bytes(id) })
    },
    'runs.decode': async ({ run: id, steps }) => {
      const run = store.runs.get(id)
      const trajectory = store.records.trajectory(id)
      const model = await models.path(run.settings.model)
      const last = trajectory.steps.length
      if (steps.some((step) => step > last))
        throw new TandemError('The run has no such step.', `Choose a step from 0 to ${last}.`)
      const byStep = eventsByStep(trajectory.events)
      let state = initialFrame(trajectory.header)
      const codes = new Map<number, number[]>([[0, frameCodes(trajectory.header, state)]])
      const highest = Math.max(...steps)
      for (const step of trajectory.steps.slice(0, highest)) {
        state = advanceFrame(state, trajectory.header, step, byStep.get(step.step))
        if (steps.includes(step.step)) codes.set(step.step, frameCodes(trajectory.header, state))
      }
      const pictures = steps.map((step) => codes.get(step)!)
      return rastersResultSchema.parse(await lanes.ask({ kind: 'decode', model, pictures }))
    },
    'runs.export': ({ run, kind, metadata, task: name }) =>
      deps.tasks.run(name, (task) => exportRun(deps, store.runs.get(run), kind, metadata, task)),
    'trajectories.open': async (args) => {
      const run = await openTrajectory(deps, args)
      publisher.publish('run.changed', { run })
      return run
    },
  }
}
