/** Ctrl-C in the middle of each kind of work: exit code 130, and nothing half-written. */
import { existsSync, statSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recoverLog } from '../../engine/trajectory/log.ts'
import { openWorkplace, startTandem, tandem, until, type Ended, type Workplace } from './testing.ts'

let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.remove())

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** An edit that goes on for many seconds, once it records steps. */
async function longEdit(out: string, ...more: string[]): Promise<ReturnType<typeof startTandem>> {
  const { picture, model } = place
  const args = ['--image', picture, '--instruction', 'remove the dog', '--steps', '4000', '--model', model]
  const run = startTandem('edit', ...args, '--out', place.path(out), ...more)
  await until(() => sizeOf(place.path(`${out}/trajectory.tdl`)) > 5000)
  return run
}

describe('Ctrl-C', () => {
  it('stops an edit between steps, and its folder goes', async () => {
    const { child, ended } = await longEdit('edit/deep', '--json')
    child.kill('SIGINT')
    const { code, out, err } = await ended
    expect({ code, stopped: err.includes('tandem: stopped.') }).toEqual({ code: 130, stopped: true })
    expect(JSON.parse(out)).toHaveProperty('error')
    expect(existsSync(place.path('edit'))).toBe(false)
  })

  it('stops training with a checkpoint, from which --resume goes on', async () => {
    const config = {
      seed: 1,
      model: 'model',
      data: { kind: 'world', seed: 1 },
      sft: { batch: 2, validationSamples: 2 },
      steps: 100_000,
      optimiser: {},
      schedule: { peak: 0.001, warmup: 1, decayFrom: 0.5, floor: 0.1 },
      clip: 1,
      ema: 0.9,
    }
    await writeFile(place.path('sft.json'), JSON.stringify(config))
    const args = ['train', 'sft', '--config', place.path('sft.json'), '--out', place.path('run')]
    const { child, ended } = startTandem(...args)
    await new Promise<void>((resolve) => {
      child.stderr!.on('data', (text: Buffer) => /image_ce|text_ce/.test(text.toString()) && resolve())
    })
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect(await readdir(place.path('run'))).toEqual([
      'best.safetensors',
      'checkpoint.safetensors',
      'metrics.jsonl',
      'sft.json',
    ])
    // The same run, told that it has come far enough.
    await writeFile(place.path('sft.json'), JSON.stringify({ ...config, steps: 1 }))
    const { code, out, err } = await tandem(...args, '--resume', '--json')
    expect(code, err).toBe(0)
    expect((JSON.parse(out) as { steps: number }).steps).toBeGreaterThanOrEqual(1)
  })

  it('stops writing samples, and nothing of them stays', async () => {
    const before = await readdir(place.root)
    const args = ['--seed', '1', '--count', '3000', '--out', place.path('samples')]
    const { child, ended } = startTandem('world', 'sample', ...args)
    await until(async () => (await readdir(place.root)).length > before.length)
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect(await readdir(place.root)).toEqual(before)
  })
})

it('a command line that is killed leaves the log, whole up to its last step', async () => {
  const { child, ended } = await longEdit('orphan')
  child.kill('SIGKILL')
  await ended
  const log = place.path('orphan/trajectory.tdl')
  let size = -1
  await until(async () => {
    const before = size
    await new Promise((resolve) => setTimeout(resolve, 200))
    size = sizeOf(log)
    return size === before
  })
  expect(await readdir(place.path('orphan'))).toEqual(['trajectory.tdl'])
  const { trajectory, droppedBytes } = await recoverLog(log)
  expect(trajectory.steps.length).toBeGreaterThan(0)
  expect(droppedBytes).toBe(0)
})

it('asked twice, it does not wait for the step to end', async () => {
  const { child, ended } = await longEdit('hasty')
  process.kill(child.pid!, 'SIGINT')
  const asked = new Promise<void>((resolve) => child.stderr!.once('data', () => resolve()))
  await asked
  child.kill('SIGINT')
  const { code }: Ended = await ended
  expect(code).toBe(130)
})
