/** The engine process can be cancelled between steps and killed without harm. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { JobCommand, JobEvent, JobSpec } from '../../shared/jobs.ts'
import { recoverLog } from '../../engine/trajectory/log.ts'
import { openWorkplace, tandem, type Workplace } from '../cli/testing.ts'
import { startEngineProcess, type EngineChannel } from './engine-process.ts'

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
    const run = async (out: string): Promise<string[]> =>
      (await Array.fromAsync(engine.run(spec(out, 3)))).map((update) => update.type)
    const steps = ['started', 'step', 'step', 'step', 'result', 'done']
    expect(await run('one')).toEqual(['loading', 'loading', ...steps])
    expect(await run('two')).toEqual(steps)
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
    // The step it was in and the one it had begun.
    expect(types.slice(4).filter((type) => type === 'step').length).toBeLessThanOrEqual(2)
    expect(await readdir(place.root)).not.toContain('cancelled')
    engine.dispose()
  })

  it('killed in the middle of a run, it says so and leaves a log that can be resumed to the same result', async () => {
    const engine = startEngineProcess()
    let last = ''
    let steps = 0
    for await (const update of engine.run(spec('killed', 800))) {
      if (update.type === 'step' && ++steps === 5) process.kill(engine.pid!, 'SIGKILL')
      last = update.type === 'failed' ? update.message : update.type
    }
    expect(last).toContain('SIGKILL')
    expect(await readdir(place.path('killed'))).toEqual(['trajectory.tdl'])
    const { trajectory } = await recoverLog(place.path('killed/trajectory.tdl'))
    expect(trajectory.steps.length).toBeGreaterThanOrEqual(5)

    const whole = startEngineProcess()
    await Array.fromAsync(whole.run(spec('whole', 800)))
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
    const read = (name: string): Promise<Buffer> => readFile(place.path(`${name}/trajectory.tdm`))
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

/** A process that does what the test says. */
function puppet(): {
  channel: EngineChannel
  sent: JobCommand[]
  say: (event: unknown) => void
  die: (how: string, said?: string) => void
} {
  const sent: JobCommand[] = []
  let onMessage = (_message: unknown): void => undefined
  let onEnd = (_how: string, _said: string): void => undefined
  const channel: EngineChannel = {
    pid: 1,
    send: (command) => void sent.push(command),
    kill: () => onEnd('was ended by SIGKILL', ''),
    listen(message, end) {
      onMessage = message
      onEnd = end
    },
  }
  return { channel, sent, say: (event) => onMessage(event), die: (how, said = '') => onEnd(how, said) }
}

describe('a process that does not behave', () => {
  it('is killed when a cancel is not obeyed within 5 s, and the job counts as cancelled', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { channel, sent } = puppet()
      const killed = vi.spyOn(channel, 'kill')
      const stop = new AbortController()
      const events = startEngineProcess(channel).run(spec('silent', 5), { signal: stop.signal })
      const first = events.next()
      stop.abort()
      expect(sent.map((command) => command.type)).toEqual(['run', 'cancel'])
      vi.advanceTimersByTime(4999)
      expect(killed).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1)
      expect(killed).toHaveBeenCalledOnce()
      expect((await first).value).toMatchObject({ type: 'cancelled', seq: 0 })
      expect((await events.next()).done).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('that dies fails its jobs with how it died and what it said, and every later job at once', async () => {
    const { channel, say, die, sent } = puppet()
    const engine = startEngineProcess(channel)
    const seen: JobEvent[] = []
    const reading = (async () => {
      for await (const event of engine.run(spec('fatal', 5))) seen.push(event)
    })()
    const jobId = (sent[0] as { jobId: string }).jobId
    say({ jobId, seq: 0, type: 'warning', message: 'so far so good' })
    say({ jobId, seq: 1, type: 'no such event' })
    say({ jobId: 'another', seq: 0, type: 'done' })
    die('ended with code 134', 'terminate called')
    await reading
    expect(seen).toMatchObject([
      { type: 'warning' },
      { type: 'failed', seq: 1, kind: 'internal', stack: 'terminate called' },
    ])
    expect((seen[1] as { message: string }).message).toContain('code 134')
    const later = await Array.fromAsync(engine.run(spec('later', 5)))
    expect(later).toMatchObject([{ type: 'failed', seq: 0 }])
    engine.dispose()
    expect(sent).toHaveLength(1)
  })

  it('is told when nobody listens to a job any more', async () => {
    const { channel, sent, say } = puppet()
    const events = startEngineProcess(channel).run(spec('left', 5))
    const first = events.next()
    say({ jobId: (sent[0] as { jobId: string }).jobId, seq: 0, type: 'warning', message: 'hm' })
    await first
    await events.return(undefined)
    expect(sent.map((command) => command.type)).toEqual(['run', 'cancel'])
  })
})
