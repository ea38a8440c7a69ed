/** The batched policy: the tokens of the single path for the same seeds, full and with an adapter, and filled-up batches. */
import { afterAll, describe, expect, test } from 'vitest'
import type { TrajectoryHeader } from '../../shared/trajectory.ts'
import { canonicalStep, type TrajectoryStep } from '../../shared/trajectory.ts'
import { modelParameters } from '../model/forward.ts'
import { resolveLayout } from '../model/layout.ts'
import { layOutParameters } from '../model/parameters.ts'
import { createPredictor } from '../model/predictor.ts'
import { allOptions, flatWeights, inlineWeights, randomSequence, randomWeights, tinyConfig } from '../model/testing.ts'
import { denoise } from '../sampler/denoise.ts'
import { defaultCurves, makePlan } from '../sampler/schedule.ts'
import { createPolicy } from './policy.ts'
import { runAll } from './rollout.ts'

const config = tinyConfig(allOptions)

function header(task: 'edit' | 'generate', seed: number): TrajectoryHeader {
  const layout = resolveLayout(config, task)
  const tokens = randomSequence(config, task, seed)
  for (const { name, start, length } of layout.fields)
    if (name === 'outputImage' || name === 'outputText') tokens.fill(config.special.mask, start, start + length)
  const plan = makePlan('parallel', 4)
  return {
    format: 'tandem-trajectory',
    version: 1,
    seed,
    mode: 'parallel',
    task,
    steps: 4,
    schedule: {
      text: { kind: defaultCurves.text, steps: [...plan.text] },
      image: { kind: defaultCurves.image, steps: [...plan.image] },
    },
    guidance: { text: 0, image: 0 },
    temperatures: { text: 1, image: 1 },
    length: layout.length,
    tokens: [...tokens],
    maskId: config.special.mask,
    fields: layout.fields.map((field) => ({ ...field })),
    image: { grid: config.image.grid, offset: config.image.offset, codebookSize: config.image.codebookSize },
    model: { name: 'tiny', hash: 'abcdef01' },
    provider: 'cpu',
    instruction: 'x',
    pinned: [],
  }
}

describe.each([
  ['', config],
  [' of a model whose input does not attend to the output', tinyConfig({ ...allOptions, inputAttends: 'input' })],
] as const)('rollouts in batches of 3%s', (_, config) => {
  const weights = randomWeights(config)
  const table = layOutParameters(modelParameters(config))
  const policy = createPolicy(config, table, { batch: 3, threads: 1 })
  const singles = (['edit', 'generate'] as const).map((task) => ({
    task,
    predictor: createPredictor({ config, weights: inlineWeights(weights) }, task, { threads: 1 }),
  }))
  afterAll(async () => {
    await policy.dispose()
    for (const { predictor } of singles) await predictor.dispose()
  })

  test('are the runs that the single path makes for the same seeds, both tasks mixed', async () => {
    const headers = [1, 2, 3, 4, 5, 6, 7].map((seed) => header(seed % 3 === 0 ? 'generate' : 'edit', seed))
    const made = await runAll(policy, flatWeights(config, weights), headers)
    for (const [i, own] of headers.entries()) {
      const { predictor } = singles.find(({ task }) => task === own.task)!
      const alone: TrajectoryStep[] = []
      const known = { header: own, steps: [], events: [] }
      for await (const step of denoise(known, { predictor, unconditional: (same) => same }))
        alone.push(canonicalStep(own, step))
      const tokens = (steps: readonly TrajectoryStep[]): unknown =>
        steps.map(({ commits, candidates }) => [commits.positions, commits.tokens, candidates.tokens])
      expect(tokens(made[i]!.steps), `run ${i}`).toEqual(tokens(alone))
    }
  })
})
