/**
 * The released samplers, token for token: the public generation code of both variants, its listed defects patched (docs/
 * checkpoints.md), ran on the parity checkpoints; its random draws are kept as data and given to Tandem's sampler.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { advanceFrame, frame } from '../../shared/trajectory-frame.ts'
import { canonicalStep, type TrajectoryHeader } from '../../shared/trajectory.ts'
import { seededRandom, type Random } from '../data/random.ts'
import { createEngine, guidesOf, prepareRun, type Engine } from '../run.ts'
import { denoise } from '../sampler/denoise.ts'
import { resolveLayout } from '../model/layout.ts'
import { importAll, importOptions, layOutPublished, type Published } from './import-fixtures.ts'
import { openImported } from './open.ts'
import { parityFolder, readJsonFile } from './testing.ts'

interface Recorded {
  readonly instruction: string
  readonly picture: number[]
  readonly steps: number
  readonly imageSteps: number
  readonly guidance: { readonly text: number; readonly image: number }
  /** Sequence the model was given: up to the output for M, all of it for A. */
  readonly input: number[]
  readonly length: number
  readonly draws: readonly { readonly uniforms: number[]; readonly noise: number[] }[]
  readonly image: number[]
  readonly text: number[]
}

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-samplers-'))
})
afterAll(() => rm(root, { recursive: true }))

async function openEngine(which: Published): Promise<Engine> {
  const out = join(root, `model-${which}`)
  await importAll(importOptions(which, await layOutPublished(which, root), out))
  return createEngine(await openImported(out), 'cpu', 1)
}

/** The recorded draws in the order the sampler asks for them: a number for each place, then noise for what is masked. */
function replay(header: TrajectoryHeader, recorded: Recorded): (step: number) => Random {
  const text = header.fields.find((field) => field.name === 'outputText')!.length
  return (step) => {
    const at = header.schedule.image!.steps.indexOf(step)
    const draws = recorded.draws[at]
    const numbers = [
      ...new Array<number>(text).fill(0.5),
      ...(draws?.uniforms ?? new Array<number>(recorded.image.length).fill(0.5)),
      ...(draws?.noise ?? []),
    ]
    let next = 0
    const take = (): number => {
      const value = numbers[next++]
      if (value === undefined) throw new Error(`step ${step} asks for more draws than the public code made`)
      return value
    }
    return { ...seededRandom('unused'), next: take, normal: take }
  }
}

describe.each(['m', 'a'] as const)('MMaDA-Parallel-%s', (which) => {
  test('decides every token as the public code does', async () => {
    const recorded = await readJsonFile<Recorded>(parityFolder(`sampler-${which}.json`))
    const engine = await openEngine(which)
    try {
      const header = await prepareRun(engine, {
        instruction: recorded.instruction,
        input: Uint8Array.from(recorded.picture),
        mode: 'parallel',
        steps: recorded.steps,
        imageSteps: recorded.imageSteps,
        seed: 0,
        guidance: recorded.guidance,
        temperatures: { text: 0, image: 1 },
      })
      const { config } = engine.model
      expect(header.length).toBe(recorded.length)
      // The sequence the model reads, in the order its positions give.
      const instruction = header.fields.find((field) => field.name === 'instruction')!
      const { positions } = resolveLayout(config, header.task, instruction.length)
      const read = new Array<number>(header.length)
      header.tokens.forEach((token, i) => (read[positions[i]!] = token))
      expect(read.slice(0, recorded.input.length)).toEqual(recorded.input)
      expect(header.schedule.image!.steps).toHaveLength(recorded.draws.length)

      let state = frame({ header, steps: [], events: [] }, 0)
      let forwards = 0
      const run = denoise(
        { header, steps: [], events: [] },
        {
          predictor: engine.predictor(header.task, instruction.length),
          unconditional: guidesOf(config, header),
          random: replay(header, recorded),
        },
      )
      for await (const step of run) {
        state = advanceFrame(state, header, canonicalStep(header, step), [])
        forwards += step.forwards
      }
      const field = (name: string): number[] => {
        const { start, length } = header.fields.find((each) => each.name === name)!
        return [...state.tokens.slice(start, start + length)]
      }
      expect(field('outputImage').map((token) => token - config.image.offset)).toEqual(recorded.image)
      expect(field('outputText')).toEqual(recorded.text)
      // The public code runs the unconditional passes at every step (M), or at image steps whatever their scale (A).
      const guided = which === 'm' ? recorded.steps : recorded.draws.length * 2
      expect(forwards).toBe(recorded.steps + guided)
    } finally {
      await engine.dispose()
    }
  })
})
