/** The engine process can be cancelled between steps and killed without harm. */
import { readdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobSpec } from '../../shared/jobs.ts'
import { recoverLog } from '../../engine/trajectory/log.ts'
import { openWorkplace, tandem, type Workplace } from '../cli/testing.ts'
import { startEngineProcess } from './engine-process.ts'

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

describe('the engine process', () => {
  it('keeps the model warm between jobs', async () => {
    const engine = startEngineProcess()
    for (const out of ['one', 'two']) {
      const updates = await Array.fromAsync(engine.run(spec(out, 3)))
      expect(updates.map((u) => u.type)).toEqual(['started', 'step', 'step', 'step', 'result', 'done'])
    }
    engine.dispose()
  })

  it('stops between steps when asked, and leaves nothing behind', async () => {
    const engine = startEngineProcess()
    const stop = new AbortController()
    const types: string[] = []
    for await (const update of engine.run(spec('cancelled', 2000), { signal: stop.signal })) {
      types.push(update.type)
      if (types.length === 4) stop.abort()
    }
    expect(types.at(-1)).toBe('cancelled')
    expect(types.length).toBeLessThan(1000)
    expect(await readdir(place.root)).not.toContain('cancelled')
    engine.dispose()
  })

  it('killed in the middle of a run, it says so and leaves a log that can be resumed to the same result', async () => {
    const engine = startEngineProcess()
    let last = ''
    let steps = 0
    for await (const update of engine.run(spec('killed', 40))) {
      if (update.type === 'step' && ++steps === 5) process.kill(engine.pid!, 'SIGKILL')
      last = update.type === 'failed' ? update.message : update.type
    }
    expect(last).toContain('SIGKILL')
    expect(await readdir(place.path('killed'))).toEqual(['trajectory.tdl'])
    const { trajectory } = await recoverLog(place.path('killed/trajectory.tdl'))
    expect(trajectory.steps.length).toBeGreaterThanOrEqual(5)

    const whole = startEngineProcess()
    await Array.fromAsync(whole.run(spec('whole', 40)))
    whole.dispose()
    const kept = String(trajectory.steps.length)
    const resumed = await tandem(
      'resume',
      place.path('killed/trajectory.tdl'),
      '--step',
      kept,
      '--model',
      place.model,
      '--out',
      place.path('rescued'),
    )
    expect(resumed.code).toBe(0)
    const read = async (name: string): Promise<Buffer> =>
      (await import('node:fs/promises')).readFile(place.path(`${name}/trajectory.tdm`))
    expect((await read('rescued')).equals(await read('whole'))).toBe(true)
  })

  it('reports a defect of a job without dying', async () => {
    const engine = startEngineProcess()
    await writeFile(place.path('broken.json'), '{}')
    const bad = await Array.fromAsync(
      engine.run({ kind: 'sft', config: place.path('broken.json'), out: place.path('sft'), resume: false }),
    )
    expect(bad.at(-1)?.type).toBe('failed')
    const good = await Array.fromAsync(engine.run(spec('after', 1)))
    expect(good.at(-1)?.type).toBe('done')
    engine.dispose()
  })
})
