/**
 * The queue at work: one run at a time in each lane, in the order on disk. A cancel is acknowledged at once and takes
 * effect after the step; "now" ends the process. What waited when the studio closed goes on waiting when it opens.
 */
import { TandemError } from '../../shared/errors.ts'
import type { QueueItem } from '../../shared/studio.ts'
import type { Lane } from '../store/queue.ts'
import { Pace } from './pace.ts'
import { change, settleHeld, settleLeft, type WorkDeps } from './run-state.ts'
import { workOnRun } from './run-work.ts'

export interface Scheduler {
  add(run: string, lane: Lane): void
  cancel(run: string, now: boolean): void
  /** A screen has come to this step: of a run that does not go on, nothing. */
  heard(run: string, step: number): void
  reorder(run: string, before: string | null): void
  items(): QueueItem[]
  /** Takes up what the last process left: cut runs are settled, waiting ones go on. */
  start(): void
  /** Stops what runs, keeping what it has, and starts nothing more. */
  stop(): Promise<void>
}

interface Active {
  readonly run: string
  readonly lane: Lane
  readonly stop: AbortController
  readonly pace: Pace
  step: number
  stepMs: number | null
  done: Promise<void>
}

const LANES: readonly Lane[] = ['interactive', 'background']

/** The store cannot even be read: there is no run left to show it in. */
const report = (error: unknown): void =>
  void process.stderr.write(
    `tandem: the queue stopped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )

export function createScheduler(deps: WorkDeps): Scheduler {
  const { store, publisher, lanes } = deps
  const active = new Map<Lane, Active>()
  let stopped = false

  function items(): QueueItem[] {
    return store.queue.list().flatMap(({ run: id, lane }): QueueItem[] => {
      const run = store.runs.find(id)
      if (!run || run.endedAt !== null) return []
      const at = active.get(lane)
      const mine = at?.run === id ? at : null
      const left = run.settings.steps - (mine?.step ?? 0)
      return [
        {
          run: id,
          lane,
          state: mine ? (mine.stop.signal.aborted ? 'cancelling' : 'running') : 'queued',
          step: mine?.step ?? run.step,
          steps: run.settings.steps,
          instruction: run.settings.instruction,
          seed: run.seed,
          etaMs: mine && mine.stepMs !== null ? left * mine.stepMs : null,
        },
      ]
    })
  }
  const tell = (): void => publisher.say('queue.changed', { items: items() })

  /** A run whose end could not be written stands in the queue on disk still: only those that wait are taken. */
  const waits = (run: string): boolean => store.runs.find(run)?.state === 'queued'

  function pump(): void {
    settleHeld(deps)
    for (const lane of LANES) {
      if (stopped || active.has(lane)) continue
      const next = store.queue.list().find((entry) => entry.lane === lane && waits(entry.run))
      if (!next) continue
      const entry: Active = {
        run: next.run,
        lane,
        stop: new AbortController(),
        pace: new Pace(),
        step: 0,
        stepMs: null,
        done: Promise.resolve(),
      }
      active.set(lane, entry)
      entry.done = follow(entry).catch(report)
    }
  }

  async function follow(entry: Active): Promise<void> {
    try {
      tell()
      await workOnRun(deps, entry.run, entry.lane, entry.stop.signal, (step, stepMs) => {
        entry.step = step
        entry.stepMs = stepMs
        return entry.pace.after(step, entry.stop.signal)
      })
    } finally {
      active.delete(entry.lane)
    }
    if (!stopped) tell()
    pump()
  }

  const activeOf = (run: string): Active | null => [...active.values()].find((entry) => entry.run === run) ?? null

  return {
    items,
    add(run, lane) {
      store.queue.add(run, lane)
      pump()
      tell()
    },
    cancel(run, now) {
      const entry = activeOf(run)
      if (entry) {
        entry.stop.abort()
        if (now) {
          // First what cannot fail: a full disk keeps no process alive.
          lanes.kill(entry.lane)
          change(deps, run, { stoppedAtOnce: true })
        }
        return tell()
      }
      if (!store.queue.list().some((waiting) => waiting.run === run))
        throw new TandemError('That run is over already.', 'There is nothing to cancel.')
      store.queue.remove(run)
      change(deps, run, { state: 'cancelled', endedAt: Date.now() })
      tell()
    },
    heard: (run, step) => activeOf(run)?.pace.heard(step),
    reorder(run, before) {
      const waiting = store.queue.list().some((entry) => entry.run === run)
      if (!waiting || activeOf(run)) throw new TandemError('That run does not wait any more.', 'Choose one that waits.')
      store.queue.move(run, before)
      tell()
    },
    start() {
      for (const run of store.runs.inState('running')) settleLeft(deps, run.id)
      try {
        for (const { run } of store.queue.list()) if (!waits(run)) store.queue.remove(run)
      } catch {
        // The store cannot be written now: those that do not wait are passed over all the same.
      }
      pump()
    },
    async stop() {
      stopped = true
      for (const entry of active.values()) entry.stop.abort()
      await Promise.all([...active.values()].map((entry) => entry.done))
    },
  }
}
