import { deflateSync } from 'fflate'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeTrajectory } from '../../shared/trajectory-codec.ts'
import { randomRun } from '../../shared/trajectory-fixtures.ts'
import { canonicalTrajectory, frame } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'

type Handler = (payload: unknown) => void
const service = vi.hoisted(() => ({
  handlers: new Map<string, Handler>(),
  call: (_: string, __: unknown): Promise<unknown> => Promise.reject(new Error('nobody answers')),
  calls: [] as string[],
}))
vi.mock('../api.ts', () => ({
  api: {
    call: (method: string, args: unknown) => {
      service.calls.push(method)
      return service.call(method, args)
    },
    on: (name: string, handle: Handler) => {
      service.handlers.set(name, handle)
      return () => service.handlers.delete(name)
    },
  },
}))
const { ensureTrajectory, followTrajectories, frameOf, useLoads } = await import('./trajectories.ts')
const { studio } = await import('./store.ts')

const whole = canonicalTrajectory(
  randomRun({ seed: 11, length: 12, steps: 9, vocabSize: 20, remaskRate: 0.1, editRate: 0 }).trajectory,
)
const upTo = (n: number): Trajectory => ({ ...whole, steps: whole.steps.slice(0, n) })
const file = (trajectory: Trajectory): { bytes: Uint8Array } => ({
  bytes: encodeTrajectory(trajectory, { deflate: (bytes) => deflateSync(bytes), inflate: () => new Uint8Array() }),
})
const tell = (name: string, payload: unknown): void => service.handlers.get(name)?.(payload)
const tellStep = (k: number): void => tell('run.step', { run: 'r', record: whole.steps[k - 1] })
/** Longer than the screens wait for a painted frame. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150))
const known = (): number | undefined => studio.get().trajectories.get('r')?.steps.length

let stop = (): void => undefined
beforeEach(() => {
  stop()
  service.calls.length = 0
  service.call = () => Promise.reject(new Error('nobody answers'))
  studio.set({ trajectories: new Map(), viewedRun: 'r' })
  useLoads.setState({ loads: new Map() })
  stop = followTrajectories()
})

describe('trajectories in memory', () => {
  it('grow by every step that is told, and show the same as the file', async () => {
    tell('run.started', { run: 'r', header: whole.header })
    for (let k = 1; k <= 9; k++) tellStep(k)
    await settled()
    expect(studio.get().trajectories.get('r')).toEqual(whole)
    for (let k = 0; k <= 9; k++) expect(frameOf('r', k)).toEqual(frame(whole, k))
    expect(service.calls).toEqual([])
  })

  it('are fetched whole where a step does not follow, and lose nothing that was told meanwhile', async () => {
    service.call = async () => {
      tellStep(8)
      tellStep(9)
      await Promise.resolve()
      return file(upTo(7))
    }
    tell('run.started', { run: 'r', header: whole.header })
    tellStep(1)
    tellStep(6)
    await settled()
    await settled()
    expect(known()).toBe(9)
    expect(service.calls).toEqual(['runs.trajectory'])
  })

  it('are fetched where a run is joined in the middle', async () => {
    service.call = () => Promise.resolve(file(upTo(5)))
    tellStep(6)
    await settled()
    await settled()
    expect(known()).toBe(6)
  })

  it('of a branch come from its record, which alone knows what a person changed', async () => {
    const header = { ...whole.header, parent: { hash: 'abcdef01', step: 3 } }
    service.call = () => Promise.resolve(file({ ...upTo(3), header }))
    tell('run.started', { run: 'r', header })
    await settled()
    expect(known()).toBe(3)
    tellStep(4)
    await settled()
    expect(known()).toBe(4)
  })

  it('are asked for once, however many ask', async () => {
    service.call = () => Promise.resolve(file(whole))
    await Promise.all([ensureTrajectory('r'), ensureTrajectory('r'), ensureTrajectory('r')])
    await ensureTrajectory('r')
    expect(service.calls).toEqual(['runs.trajectory'])
    expect(known()).toBe(9)
  })

  it('say why they cannot be had, and can be asked for again', async () => {
    await ensureTrajectory('r')
    expect(useLoads.getState().loads.get('r')).toMatchObject({ state: 'failed' })
    service.call = () => Promise.resolve({ bytes: new Uint8Array([1, 2, 3]) })
    await ensureTrajectory('r', true)
    expect(useLoads.getState().loads.get('r')).toMatchObject({
      error: { message: 'The trajectory of this run is not a trajectory.' },
    })
    service.call = () => Promise.resolve(file(whole))
    await ensureTrajectory('r', true)
    expect(useLoads.getState().loads.has('r')).toBe(false)
  })

  it('go with their run', async () => {
    service.call = () => Promise.resolve(file(whole))
    await ensureTrajectory('r')
    tell('run.removed', { runs: ['r'] })
    expect(known()).toBeUndefined()
  })
})
