/** What falls due between steps: validation with a best and an early end, previews, controls; and that a cut changes nothing. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ControlAction } from '../../shared/training.ts'
import { layOutParameters } from '../model/parameters.ts'
import { loadBest, loadCheckpoint } from './checkpoint.ts'
import { bestPath, checkpointPath, train, type LoopOptions, type TrainEvent, type TrainTask } from './loop.ts'

const table = layOutParameters([{ name: 'a', shape: [3, 4], role: 'matrix', init: { normal: 1 } }])
let root: string
let runs = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-due-'))
})
afterAll(() => rm(root, { recursive: true }))
const directory = (): string => join(root, `run-${runs++}`)

/** A task whose validation loss is told by a list, one number a validation, by the step it happens at. */
const task = (losses: (step: number) => number = () => 1, onValidate: () => void = () => undefined): TrainTask => {
  let step = 0
  return {
    table,
    identity: 'due',
    step(context) {
      const { weights, gradient, random, position } = context
      for (let i = 0; i < gradient.length; i++) gradient[i] = weights[i]! - random.normal()
      step = context.step + 1
      return Promise.resolve({ samples: 2, position: position + 2, metrics: { loss: 1 } })
    },
    validate(_weights, signal) {
      onValidate()
      return Promise.resolve(signal?.aborted ? null : { metrics: { val_loss: losses(step) } })
    },
    dispose: () => Promise.resolve(),
  }
}
const options = (own: string, part: Partial<LoopOptions> = {}): LoopOptions => ({
  directory: own,
  seed: 5,
  steps: 12,
  optimiser: { kind: 'adamw', beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, momentum: 0.95 },
  schedule: { peak: 0.05, warmup: 4, decayFrom: 0.5, floor: 0.1 },
  clip: 1,
  ema: 0.9,
  validateEvery: 2,
  saveEvery: 1e9,
  resume: false,
  threads: 1,
  now: () => 0,
  ...part,
})
async function drive(
  which: TrainTask,
  loop: LoopOptions,
  onEvent: (event: TrainEvent) => void = () => undefined,
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = []
  for await (const event of train(which, loop)) {
    events.push(event)
    onEvent(event)
  }
  return events
}
const stepOf = (event: TrainEvent): number => event.step
/** Steps and validations as they were told, without what a cut adds: starts, ends and checkpoints. */
const curve = (events: readonly TrainEvent[]): TrainEvent[] =>
  events.filter(({ kind }) => kind === 'step' || kind === 'validation')

describe('early stopping', () => {
  // Best at 4; then 6, 8 and 10 are no better.
  const losses = (step: number): number => ({ 2: 0.9, 4: 0.5, 6: 0.6, 8: 0.495, 10: 0.5, 12: 0.1 })[step] ?? 2

  test('ends after so many validations without a better one, and keeps the weights of the best', async () => {
    const own = directory()
    const events = await drive(task(losses), options(own, { best: { minDelta: 0.01, patience: 3 } }))
    expect(events.at(-1)).toMatchObject({ kind: 'end', step: 10, reason: 'early', best: { step: 4, loss: 0.5 } })
    expect(events.at(-1)).toMatchObject({ why: 'Validation has not improved for 3 times since step 4.' })
    expect(events.filter((e) => e.kind === 'validation').map((e) => e.best)).toEqual([true, true, false, false, false])
    const { ema, record } = await loadBest(bestPath(own), table)
    expect(record).toMatchObject({ step: 4, loss: 0.5, samples: 8 })
    const short = directory()
    await drive(task(losses), options(short, { steps: 12, controls: pauseAfter(4) }))
    expect(ema).toEqual((await loadCheckpoint(checkpointPath(short), table)).ema)
  })

  test('a run that ended early stays ended when it is resumed', async () => {
    const own = directory()
    const best = { minDelta: 0.01, patience: 3 }
    await drive(task(losses), options(own, { best }))
    const again = await drive(task(losses), options(own, { best, resume: true }))
    expect(again.map(({ kind }) => kind)).toEqual(['start', 'checkpoint', 'end'])
    expect(again.at(-1)).toMatchObject({ reason: 'early', step: 10 })
  })

  test('counts on across a resume: cut at any step, it ends where an uninterrupted run does', async () => {
    const best = { minDelta: 0.01, patience: 3 }
    const whole = curve(await drive(task(losses), options(directory(), { best })))
    for (let cut = 1; cut < 10; cut++) {
      const own = directory()
      const first = await drive(task(losses), options(own, { best, controls: pauseAfter(cut) }))
      expect(first.at(-1)).toMatchObject({ reason: 'paused', step: cut })
      const second = await drive(task(losses), options(own, { best, resume: true }))
      expect([...curve(first), ...curve(second)]).toEqual(whole)
    }
  })
})

/** Asks for a pause once the loop looks for the (n + 1)th time: before its first step, and after each. */
function pauseAfter(steps: number): () => ControlAction[] {
  let looks = -1
  return () => (++looks === steps ? ['pause'] : [])
}

test('a stop in the middle of a validation is made good by the resume', async () => {
  const own = directory()
  const stop = new AbortController()
  let validations = 0
  const cut = task(
    () => 1,
    () => ++validations === 2 && stop.abort(),
  )
  const first = await drive(cut, options(own, { signal: stop.signal }))
  expect(first.at(-1)).toMatchObject({ reason: 'stopped', step: 4 })
  const second = await drive(task(), options(own, { resume: true }))
  expect([...curve(first), ...curve(second)]).toEqual(curve(await drive(task(), options(directory()))))
})

describe('controls', () => {
  const once = (step: number, ...actions: ControlAction[]): (() => ControlAction[]) => {
    let looks = -1
    return () => (++looks === step ? actions : [])
  }

  test('save writes a checkpoint between two steps and disturbs nothing', async () => {
    const [own, whole] = [directory(), directory()]
    const events = await drive(task(), options(own, { controls: once(5, 'save') }))
    const saves = events.filter((event) => event.kind === 'checkpoint')
    expect(saves.map(({ step, why, which }) => ({ step, why, which }))).toEqual([
      { step: 5, why: 'asked', which: 'rolling' },
      { step: 12, why: 'end', which: 'rolling' },
    ])
    await drive(task(), options(whole))
    expect((await readFile(checkpointPath(own))).equals(await readFile(checkpointPath(whole)))).toBe(true)
  })

  test('pause leaves a checkpoint from which the run goes on to the very file of an uninterrupted one', async () => {
    const [own, whole] = [directory(), directory()]
    const first = await drive(task(), options(own, { controls: once(7, 'pause') }))
    expect(first.at(-1)).toMatchObject({ kind: 'end', step: 7, reason: 'paused', why: 'Paused after step 7.' })
    await drive(task(), options(own, { resume: true }))
    await drive(task(), options(whole))
    expect((await readFile(checkpointPath(own))).equals(await readFile(checkpointPath(whole)))).toBe(true)
  })

  test('sample looks with the averaged weights, at once and at its interval, and draws nothing from the run', async () => {
    const [own, whole] = [directory(), directory()]
    const looks: { step: number; asked: boolean; weight: number }[] = []
    const run: NonNullable<LoopOptions['preview']>['run'] = ({ step, asked, weights }) => {
      looks.push({ step, asked, weight: weights[0]! })
      return Promise.resolve(true)
    }
    await drive(task(), options(own, { controls: once(5, 'sample'), preview: { every: 6, run }, fromStart: true }))
    expect(looks.map(({ step, asked }) => `${step}${asked ? ' asked' : ''}`)).toEqual(['0', '5 asked', '6', '12'])
    expect(looks.at(-1)!.weight).toBe((await loadCheckpoint(checkpointPath(own), table)).ema[0])
    await drive(task(), options(whole, { fromStart: true }))
    const [one, other] = await Promise.all([own, whole].map((path) => loadCheckpoint(checkpointPath(path), table)))
    expect(one!.weights).toEqual(other!.weights)
    expect(one!.progress.random).toBe(other!.progress.random)
  })

  test('a look that was stopped is taken again after the resume', async () => {
    const own = directory()
    const stop = new AbortController()
    const looks: number[] = []
    const preview = (cut: boolean): LoopOptions['preview'] & object => ({
      every: 4,
      run({ step }) {
        looks.push(step)
        if (cut && step === 8) stop.abort()
        return Promise.resolve(!stop.signal.aborted)
      },
    })
    await drive(task(), options(own, { preview: preview(true), signal: stop.signal }))
    const resumed = await drive(task(), options(own, { preview: { ...preview(false), run: again }, resume: true }))
    function again({ step }: { step: number }): Promise<boolean> {
      looks.push(step)
      return Promise.resolve(true)
    }
    expect(looks).toEqual([4, 8, 8, 12])
    expect(resumed.at(-1)).toMatchObject({ reason: 'done' })
  })
})

test('halves of checkpoints that a kill left are taken away by the resume, and nothing else', async () => {
  const own = directory()
  await drive(task(), options(own, { controls: pauseAfter(3) }))
  const names = ['checkpoint.safetensors.0badc0de.tmp', 'best.safetensors.12345678.tmp', 'notes.tmp']
  for (const name of names) await writeFile(join(own, name), 'half')
  await drive(task(), options(own, { resume: true }))
  expect((await readdir(own)).sort()).toEqual(['checkpoint.safetensors', 'notes.tmp'])
})

test('what was told before a checkpoint is safe before it is written', async () => {
  const own = directory()
  const order: string[] = []
  const beforeSave = async (): Promise<void> => {
    order.push(`flush, checkpoint ${(await readdir(own)).includes('checkpoint.safetensors') ? 'there' : 'not yet'}`)
  }
  await drive(task(), options(own, { beforeSave, steps: 3 }), (event) => order.push(`${event.kind} ${stepOf(event)}`))
  expect(order.slice(-4)).toEqual(['validation 3', 'flush, checkpoint not yet', 'checkpoint 3', 'end 3'])
})
