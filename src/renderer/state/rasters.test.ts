import { beforeEach, describe, expect, it, vi } from 'vitest'
import { randomRun } from '../../shared/trajectory-fixtures.ts'
import { canonicalTrajectory } from '../../shared/trajectory-frame.ts'

type Handler = (payload: unknown) => void
const service = vi.hoisted(() => ({
  handlers: new Map<string, Handler>(),
  asked: [] as number[][],
  fails: false,
}))
vi.mock('../api.ts', () => ({
  api: {
    call: (_: string, { steps }: { steps: number[] }) => {
      service.asked.push(steps)
      if (service.fails) return Promise.reject(new Error('the model is not here'))
      return Promise.resolve({
        rasters: steps.map((step) => ({ width: 1, height: 1, rgb: new Uint8Array([step, 0, 0]) })),
      })
    },
    on: (name: string, handle: Handler) => {
      service.handlers.set(name, handle)
      return () => service.handlers.delete(name)
    },
  },
}))
const { followRasters, lookAt, needRasters, rasterAt, retryRasters, useRasters } = await import('./rasters.ts')
const { studio } = await import('./store.ts')

const whole = canonicalTrajectory(
  randomRun({ seed: 2, length: 8, steps: 20, vocabSize: 20, remaskRate: 0, editRate: 0 }).trajectory,
)
// Every position is an image cell here, so that every step has a picture of its own.
const trajectory = {
  ...whole,
  header: {
    ...whole.header,
    fields: [{ name: 'outputImage' as const, start: 0, length: 8, modality: 'image' as const }],
  },
  steps: whole.steps.map((step) => ({ ...step, remasked: [0] })),
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 700))

let run = 0
let id = ''
let stop = (): void => undefined
beforeEach(() => {
  stop()
  stop = followRasters()
  service.asked.length = 0
  service.fails = false
  id = `run${run++}`
  studio.set({ trajectories: new Map([[id, trajectory]]) })
})

describe('pictures of steps', () => {
  it('come first for the step looked at, then for its neighbours, then for all; each once', async () => {
    lookAt(id, 10)
    lookAt(id, 10)
    await settled()
    expect(service.asked[0]).toEqual([10])
    expect(service.asked[1]).toEqual([11, 9, 12, 8, 13, 7])
    const all = service.asked.flat()
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, k) => k))
    expect(rasterAt(id, 3)?.rgb[0]).toBe(3)
  })

  it('that came with a step are not asked for', () => {
    service.handlers.get('run.step')?.({
      run: id,
      record: { step: 5 },
      picture: { width: 1, height: 1, rgb: new Uint8Array(3) },
    })
    needRasters(id, [5, 6])
    expect(service.asked).toEqual([[6]])
  })

  it('that cannot be had are asked for once, until the person tries again', async () => {
    service.fails = true
    lookAt(id, 4)
    await settled()
    lookAt(id, 5)
    await settled()
    expect(service.asked).toEqual([[4]])
    expect(useRasters.getState().errors.get(id)).toBeDefined()
    service.fails = false
    retryRasters(id)
    await settled()
    expect(rasterAt(id, 5)).not.toBeNull()
    expect(useRasters.getState().errors.has(id)).toBe(false)
  })
})
