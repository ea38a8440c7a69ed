/** The engine's side of the contract, served in this very process. */
import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isJobEnd, type JobEvent, type JobSpec } from '../../shared/jobs.ts'
import { createEngineCache } from '../../engine/jobs/context.ts'
import { readTrajectory } from '../../engine/trajectory/file.ts'
import { openWorkplace, writeTinyModel, type Workplace } from '../cli/testing.ts'
import { startEngineProcess } from './engine-process.ts'
import { inProcessChannel, serveJobs } from './worker-serve.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.remove())

function spec(out: string, steps: number): JobSpec {
  return {
    kind: 'generate',
    model: place.model,
    picture: place.picture,
    instruction: 'remove the dog',
    mode: 'parallel',
    steps,
    seed: 5,
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
    mask: null,
    pins: [],
    out: place.path(out),
  }
}

describe('the events of a job', () => {
  it('are numbered from 0, and hold the very record that is on disk', async () => {
    const engine = startEngineProcess(inProcessChannel())
    const events = await Array.fromAsync(engine.run(spec('one', 4)))
    engine.dispose()
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i))
    expect(new Set(events.map((event) => event.jobId)).size).toBe(1)
    expect(events.map(isJobEnd)).toEqual(events.map((_, i) => i === events.length - 1))
    const { header: recorded, steps } = await readTrajectory(place.path('one/trajectory.tdm'))
    // What the tokens read as is added when they are known, at the end.
    const { labels, ...header } = recorded
    expect(Object.values(labels ?? {})).toContain('dog')
    expect(events.flatMap((event) => (event.type === 'started' ? [event.header] : []))).toEqual([header])
    expect(events.flatMap((event) => (event.type === 'step' ? [event.record] : []))).toEqual(steps)
  })

  it('end in a failure for a command that is not understood', () => {
    const sent: JobEvent[] = []
    const server = serveJobs({ send: (event) => sent.push(event) })
    server.receive({ type: 'run', jobId: 'odd', spec: { kind: 'paint' }, background: false })
    server.receive({ type: 'nonsense' })
    server.receive('nonsense')
    expect(sent).toMatchObject([{ jobId: 'odd', seq: 0, type: 'failed', kind: 'internal' }])
  })

  it('say so when the engine is disposed in the middle', async () => {
    const engine = startEngineProcess(inProcessChannel())
    let last: JobEvent | undefined
    for await (const event of engine.run(spec('disposed', 2000))) {
      if (event.type === 'step' && event.step === 3) engine.dispose()
      last = event
    }
    expect(last?.type).toBe('cancelled')
    expect(await stat(place.path('disposed')).catch(() => null)).toBeNull()
  })
})

it('a job that is no job is refused before it is sent', async () => {
  const engine = startEngineProcess(inProcessChannel())
  await expect(engine.run(spec('never', 0)).next()).rejects.toThrow("The job's steps is wrong")
  engine.dispose()
})

it('a background job waits between steps while an interactive one runs, and then goes on', async () => {
  const engine = startEngineProcess(inProcessChannel())
  const order: string[] = []
  const follow = async (name: string, events: AsyncIterable<JobEvent>): Promise<void> => {
    for await (const event of events) order.push(`${name} ${event.type}`)
  }
  const background = engine.run(spec('background', 60), { background: true })
  for (;;) {
    const event = await background.next()
    if (event.done || event.value.type === 'step') break
  }
  const going = follow('background', background)
  await follow('interactive', engine.run(spec('interactive', 10)))
  const during = order.slice(0, order.indexOf('interactive done')).filter((entry) => entry === 'background step')
  // The step it was in, and what was on its way.
  expect(during.length).toBeLessThanOrEqual(3)
  await going
  expect(order.at(-1)).toBe('background done')
  engine.dispose()
})

it('a run goes no further than a step ahead of whoever follows it, and loses nothing by waiting', async () => {
  const sent: JobEvent[] = []
  const over = Promise.withResolvers<void>()
  const server = serveJobs({
    send: (event) => {
      sent.push(event)
      if (isJobEnd(event) && event.jobId === 'followed') over.resolve()
      // One job is followed, the other is not.
      if (event.type === 'step' && event.jobId === 'followed') server.receive({ type: 'taken', jobId: 'followed' })
    },
  })
  const stepsOf = (jobId: string): number[] =>
    sent.flatMap((event) => (event.type === 'step' && event.jobId === jobId ? [event.step] : []))
  server.receive({ type: 'run', jobId: 'alone', spec: spec('alone', 12), background: false })
  server.receive({ type: 'run', jobId: 'followed', spec: spec('followed', 12), background: false })
  await over.promise
  expect(stepsOf('followed')).toHaveLength(12)
  expect(stepsOf('alone')).toEqual([1, 2])
  for (let taken = 0; taken < 12; taken++) {
    server.receive({ type: 'taken', jobId: 'alone' })
    await vi.waitFor(() => expect(stepsOf('alone').length).toBeGreaterThanOrEqual(Math.min(12, taken + 3)))
  }
  await vi.waitFor(() => expect(sent.at(-1)).toMatchObject({ jobId: 'alone', type: 'done' }))
  const read = (name: string): Promise<object> => readTrajectory(place.path(`${name}/trajectory.tdm`))
  expect(await read('alone')).toEqual(await read('followed'))
  server.receive({ type: 'dispose' })
})

it('a run that nobody follows can be cancelled all the same', async () => {
  const { promise, resolve } = Promise.withResolvers<JobEvent>()
  const server = serveJobs({
    send: (event) => {
      if (event.type === 'step' && event.step === 2) server.receive({ type: 'cancel', jobId: 'left' })
      if (isJobEnd(event)) resolve(event)
    },
  })
  server.receive({ type: 'run', jobId: 'left', spec: spec('left', 12), background: false })
  expect((await promise).type).toBe('cancelled')
  server.receive({ type: 'dispose' })
})

describe('models', () => {
  it('are opened once, and again when their files change', async () => {
    const model = place.path('changing')
    await writeTinyModel(model)
    const cache = createEngineCache()
    const [first, same] = [await cache.engine(model), await cache.engine(model)]
    expect(same).toBe(first)
    await writeTinyModel(model, 2)
    const other = await cache.engine(model)
    expect(other.model.hash).not.toBe(first.model.hash)
    await cache.dispose()
  })

  it('are not closed under a job that holds them, and make room when it lets go', async () => {
    const second = place.path('second')
    await writeTinyModel(second, 3)
    const cache = createEngineCache(1)
    const lease = cache.lease()
    const { image } = (await lease.engine(place.model)).model
    const picture = new Uint8Array(128 * 128 * 3)
    await image.encode(picture)
    await cache.engine(second)
    await expect(image.encode(picture)).resolves.toHaveLength(64)
    await lease.release()
    await cache.engine(second)
    await expect(image.encode(picture)).rejects.toThrow('closed')
    await cache.dispose()
  })

  it('that cannot be opened are asked for anew each time', async () => {
    const cache = createEngineCache()
    const model = place.path('late')
    await expect(cache.engine(model)).rejects.toThrow('There is no model folder')
    await writeTinyModel(model)
    expect((await cache.engine(model)).model.name).toBe('tiny')
    await cache.dispose()
  })
})
