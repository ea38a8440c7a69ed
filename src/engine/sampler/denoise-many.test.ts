/** Many runs at once: each decides what it would have decided alone. */
import { describe, expect, test } from 'vitest'
import type { TrajectoryHeader, TrajectoryStep } from '../../shared/trajectory.ts'
import { canonicalStep } from '../../shared/trajectory.ts'
import { denoiseMany } from './denoise-many.ts'
import type { BatchPredictor } from './predictor.ts'
import { fresh, runAll, runHeader, scriptedPredictor } from './testing.ts'

const warm = { text: 0.8, image: 1 }

function batched(): BatchPredictor & { sizes: number[] } {
  const single = scriptedPredictor()
  const sizes: number[] = []
  return {
    sizes,
    predictMany(requests) {
      sizes.push(requests.length)
      return Promise.all(requests.map((request) => single.predict(request)))
    },
  }
}

async function together(headers: readonly TrajectoryHeader[], predictor = batched()): Promise<TrajectoryStep[][]> {
  const out = headers.map((): TrajectoryStep[] => [])
  for await (const steps of denoiseMany(headers.map(fresh), { predictor }))
    steps.forEach((step, i) => step && out[i]!.push(canonicalStep(headers[i]!, step)))
  return out
}

describe('runs in one batch', () => {
  test('equal the same runs one by one, whatever seeds, modes and lengths meet', async () => {
    const headers = [
      runHeader('parallel', { seed: 1, temperatures: warm }),
      runHeader('parallel', { seed: 2, temperatures: warm }),
      runHeader('sequential', { seed: 3, temperatures: warm, steps: 5 }),
      runHeader('image-only', { seed: 4, temperatures: warm, steps: 11 }),
    ]
    const alone = await Promise.all(headers.map((header) => runAll(fresh(header))))
    expect(await together(headers)).toEqual(alone)
  })
  test('take one forward a step for all of them, and none for a run at its end', async () => {
    const predictor = batched()
    await together([runHeader('parallel', { steps: 3 }), runHeader('parallel', { steps: 5 })], predictor)
    expect(predictor.sizes).toEqual([2, 2, 2, 1, 1])
  })
  test('stop when asked', async () => {
    const stop = new AbortController()
    let seen = 0
    for await (const _ of denoiseMany([fresh(runHeader('parallel'))], { predictor: batched(), signal: stop.signal }))
      if (++seen === 2) stop.abort()
    expect(seen).toBe(2)
  })
  test('refuse guidance, which needs a second sequence a run', async () => {
    const guided = runHeader('parallel', { guidance: { text: 0, image: 2 } })
    await expect(together([guided])).rejects.toThrow(/guidance/)
  })
})
