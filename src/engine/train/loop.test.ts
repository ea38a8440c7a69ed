/** The training loop on a task of a few numbers: order of events, exact resume, stops, refusals. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { layOutParameters } from '../model/parameters.ts'
import { loadCheckpoint } from './checkpoint.ts'
import { checkpointPath, train, type LoopOptions, type StepContext, type TrainEvent, type TrainTask } from './loop.ts'

const table = layOutParameters([
  { name: 'a', shape: [3, 4], role: 'matrix', init: { normal: 1 } },
  { name: 'b', shape: [5], role: 'other', init: { constant: 1 } },
])
let root: string
let runs = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-loop-'))
})
afterAll(() => rm(root, { recursive: true }))
const directory = (): string => join(root, `run-${runs++}`)

/** Pulls every weight towards a random number: the gradient depends on weights, stream, position and progress. */
function pullTask(more: Partial<TrainTask> & { readonly bad?: (context: StepContext) => boolean } = {}): TrainTask {
  const { bad, ...part } = more
  return {
    table,
    identity: 'pull',
    step(context) {
      const { weights, gradient, random, position, progress } = context
      for (let i = 0; i < gradient.length; i++) gradient[i] = weights[i]! - random.normal() - 0.01 * position * progress
      if (bad?.(context)) gradient[3] = NaN
      return Promise.resolve({ samples: 2, position: position + 3, metrics: { first: weights[0]! } })
    },
    dispose: () => Promise.resolve(),
    ...part,
  }
}
const options = (directory: string, part: Partial<LoopOptions> = {}): LoopOptions => ({
  directory,
  seed: 5,
  steps: 20,
  optimiser: { kind: 'muon', beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, momentum: 0.95 },
  schedule: { peak: 0.05, warmup: 4, decayFrom: 0.5, floor: 0.1 },
  clip: 1,
  ema: 0.9,
  validateEvery: 8,
  saveEvery: 1e9,
  resume: false,
  threads: 1,
  now: () => 0,
  ...part,
})
async function drive(
  task: TrainTask,
  options: LoopOptions,
  onEvent: (event: TrainEvent) => void = () => {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = []
  for await (const event of train(task, options)) {
    events.push(event)
    onEvent(event)
  }
  return events
}
const kinds = (events: readonly TrainEvent[]): string => events.map((event) => event.kind).join(' ')

describe('a run', () => {
  test('starts, steps, validates on the average now and then and at the end, saves, ends', async () => {
    const seen: Float32Array[] = []
    const task = pullTask({
      validate(weights) {
        seen.push(weights)
        return Promise.resolve({ metrics: { val: 1 } })
      },
    })
    const own = directory()
    const events = await drive(task, options(own, { steps: 10, validateEvery: 4, snapshotEvery: 5 }))
    expect(kinds(events)).toBe(
      'start step step step step validation step snapshot step step step validation step step validation snapshot checkpoint end',
    )
    expect(events[0]).toEqual({ kind: 'start', step: 0, total: 10, parameters: 17 })
    expect(events.at(-1)).toMatchObject({ kind: 'end', step: 10, reason: 'done', why: 'All 10 steps are done.' })
    const { ema } = await loadCheckpoint(checkpointPath(own), table)
    expect(seen.at(-1)).toEqual(ema)
  })

  test('tells each step’s rate, norm before clipping, samples and metrics', async () => {
    const events = await drive(pullTask(), options(directory(), { steps: 6 }))
    const steps = events.filter((event) => event.kind === 'step')
    expect(steps.map((event) => event.step)).toEqual([1, 2, 3, 4, 5, 6])
    expect(steps.map((event) => event.samples)).toEqual([2, 4, 6, 8, 10, 12])
    expect(steps[0]!.learningRate).toBeCloseTo(0.05 / 4, 9)
    expect(steps[0]!.gradientNorm).toBeGreaterThan(1)
    expect(Object.keys(steps[0]!.metrics)).toEqual(['first'])
  })

  test('averages weights with a decay that grows from (1 + n) / (10 + n)', async () => {
    const contexts: number[] = []
    const own = directory()
    const task = pullTask()
    const step = (context: StepContext): ReturnType<TrainTask['step']> => {
      contexts.push(context.weights[0]!)
      return task.step(context)
    }
    await drive({ ...task, step }, options(own, { steps: 12 }))
    const { weights, ema } = await loadCheckpoint(checkpointPath(own), table)
    const history = [...contexts.slice(1), weights[0]!]
    let expected = contexts[0]!
    history.forEach((w, i) => {
      const decay = Math.min(0.9, (2 + i) / (11 + i))
      expected = decay * expected + (1 - decay) * w
    })
    expect(ema[0]).toBeCloseTo(expected, 5)
  })

  test('starts from given weights, which it does not touch', async () => {
    const start = new Float32Array(table.size).fill(0.5)
    const own = directory()
    let first: Float32Array | undefined
    const task = pullTask({ start })
    const step = (context: StepContext): ReturnType<TrainTask['step']> => {
      first ??= context.weights.slice()
      return task.step(context)
    }
    await drive({ ...task, step }, options(own, { steps: 3 }))
    expect(first).toEqual(new Float32Array(table.size).fill(0.5))
    expect(start).toEqual(new Float32Array(table.size).fill(0.5))
  })

  test('saves when the clock says so, and not before', async () => {
    let time = 0
    const events = await drive(
      pullTask(),
      options(directory(), { steps: 9, saveEvery: 10, now: () => time }),
      (event) => {
        if (event.kind === 'step') time += 4
      },
    )
    expect(kinds(events)).toBe(
      'start step step step checkpoint step step step checkpoint step step step checkpoint checkpoint end',
    )
  })

  test('the same seed gives the same file, another seed another', async () => {
    const [a, b, c] = [directory(), directory(), directory()]
    await drive(pullTask(), options(a))
    await drive(pullTask(), options(b))
    await drive(pullTask(), options(c, { seed: 6 }))
    const [one, two, three] = await Promise.all([a, b, c].map((own) => readFile(checkpointPath(own))))
    expect(one!.equals(two!)).toBe(true)
    expect(one!.equals(three!)).toBe(false)
  })
})

describe('resuming', () => {
  test.each([1, 10, 19])('after %i steps gives the very file an uninterrupted run gives', async (stopAt) => {
    const [whole, parts] = [directory(), directory()]
    await drive(pullTask(), options(whole))
    const stop = new AbortController()
    const first = await drive(pullTask(), options(parts, { signal: stop.signal }), (event) => {
      if (event.kind === 'step' && event.step === stopAt) stop.abort()
    })
    expect(first.at(-1)).toMatchObject({ kind: 'end', step: stopAt, reason: 'stopped' })
    const second = await drive(pullTask(), options(parts, { resume: true }))
    expect(second[0]).toMatchObject({ kind: 'start', step: stopAt })
    expect((await readFile(checkpointPath(parts))).equals(await readFile(checkpointPath(whole)))).toBe(true)
  })

  test('sums the seconds of all sittings', async () => {
    const own = directory()
    let time = 100
    const now = (): number => (time += 1)
    const stop = new AbortController()
    await drive(
      pullTask(),
      options(own, { now, signal: stop.signal }),
      (event) => event.kind === 'step' && event.step === 5 && stop.abort(),
    )
    const { progress: before } = await loadCheckpoint(checkpointPath(own), table)
    time = 5000
    await drive(pullTask(), options(own, { now, resume: true }))
    const { progress: after } = await loadCheckpoint(checkpointPath(own), table)
    expect(before.seconds).toBeGreaterThan(0)
    expect(after.seconds).toBeGreaterThan(before.seconds)
    expect(after.seconds).toBeLessThan(200)
  })

  test('a finished run does nothing more', async () => {
    const own = directory()
    await drive(pullTask(), options(own))
    const before = await readFile(checkpointPath(own))
    expect(kinds(await drive(pullTask(), options(own, { resume: true })))).toBe('start checkpoint end')
    expect((await readFile(checkpointPath(own))).equals(before)).toBe(true)
  })

  test('where nothing is yet, starts', async () => {
    expect(kinds(await drive(pullTask(), options(directory(), { steps: 1, resume: true })))).toBe(
      'start step checkpoint end',
    )
  })

  test('is not disturbed by what a killed write left beside the checkpoint', async () => {
    const own = directory()
    await drive(pullTask(), options(own, { steps: 2 }))
    await writeFile(`${checkpointPath(own)}.0badc0de.tmp`, 'half a file')
    expect((await drive(pullTask(), options(own, { steps: 3, resume: true })))[0]).toMatchObject({ step: 2 })
  })
})

describe('refusals', () => {
  test('a folder that holds a run already, without --resume', async () => {
    const own = directory()
    await drive(pullTask(), options(own, { steps: 1 }))
    const refusal = drive(pullTask(), options(own, { steps: 1 }))
    await expect(refusal).rejects.toBeInstanceOf(TandemError)
    await expect(refusal).rejects.toThrow('already holds a training run')
  })

  test('a resume with another configuration, which leaves the checkpoint as it was', async () => {
    const own = directory()
    await drive(pullTask(), options(own, { steps: 1 }))
    const before = await readFile(checkpointPath(own))
    await expect(drive(pullTask({ identity: 'other' }), options(own, { resume: true }))).rejects.toThrow(
      'configuration differs',
    )
    expect((await readFile(checkpointPath(own))).equals(before)).toBe(true)
  })

  test('a gradient that is not finite ends the run before it reaches the weights: the last good step is kept', async () => {
    const [own, whole] = [directory(), directory()]
    await drive(pullTask(), options(own, { steps: 4 }))
    const bad = drive(pullTask({ bad: ({ step }) => step === 6 }), options(own, { resume: true, steps: 20 }))
    await expect(bad).rejects.toThrow('not finite at step 6')
    const { weights, progress } = await loadCheckpoint(checkpointPath(own), table)
    expect(progress.step).toBe(6)
    const stop = new AbortController()
    await drive(pullTask(), options(whole, { signal: stop.signal }), (e) => {
      if (e.kind === 'step' && e.step === 6) stop.abort()
    })
    const good = await loadCheckpoint(checkpointPath(whole), table)
    // The batch that broke is passed over: with it the run would break again.
    expect(progress.position).toBe(good.progress.position + 3)
    expect(progress.samples).toBe(good.progress.samples)
    expect(weights.every(Number.isFinite)).toBe(true)
  })

  test('weights that are not numbers never replace a checkpoint', async () => {
    const own = directory()
    await drive(pullTask(), options(own, { steps: 4 }))
    const before = await readFile(checkpointPath(own))
    const spoiled = pullTask()
    const step = (context: StepContext): ReturnType<TrainTask['step']> => {
      if (context.step === 6) context.weights.fill(NaN)
      return spoiled.step(context)
    }
    await expect(drive({ ...spoiled, step }, options(own, { resume: true }))).rejects.toThrow('not finite after step 6')
    expect((await readFile(checkpointPath(own))).equals(before)).toBe(true)
  })
})

describe('stopping', () => {
  test('before the first step leaves a checkpoint of the fresh weights', async () => {
    const own = directory()
    const events = await drive(pullTask(), options(own, { signal: AbortSignal.abort() }))
    expect(kinds(events)).toBe('start checkpoint end')
    expect((await loadCheckpoint(checkpointPath(own), table)).progress.step).toBe(0)
  })

  test('a signal from a timer is heard though a step holds the thread', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 1)
    const busy = pullTask()
    const step = (context: StepContext): ReturnType<TrainTask['step']> => {
      const until = performance.now() + 2
      while (performance.now() < until);
      return busy.step(context)
    }
    const events = await drive({ ...busy, step }, options(directory(), { steps: 1000, signal: stop.signal }))
    expect(events.length).toBeLessThan(20)
    expect(events.at(-1)).toMatchObject({ reason: 'stopped' })
  })

  test('by leaving the generator keeps the last checkpoint', async () => {
    const own = directory()
    let time = 0
    for await (const event of train(pullTask(), options(own, { saveEvery: 3, now: () => time++ }))) {
      if (event.kind === 'checkpoint') break
    }
    expect((await loadCheckpoint(checkpointPath(own), table)).progress.step).toBeGreaterThan(0)
  })
})
