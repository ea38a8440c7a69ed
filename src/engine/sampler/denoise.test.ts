/** Parallel denoising with a scripted predictor: the laws of a run that nobody touches. */
import { describe, expect, test } from 'vitest'
import { canonicalTrajectory, frame } from '../../shared/trajectory-frame.ts'
import type { TrajectoryHeader, TrajectoryStep } from '../../shared/trajectory.ts'
import type { Predictor } from './predictor.ts'
import { leftAfter, type CurveName } from './schedule.ts'
import { fresh, hideInstruction, IMAGE, LENGTH, MASK, runAll, runHeader, scriptedPredictor, TEXT } from './testing.ts'

const within = (p: number, { start, length }: { start: number; length: number }): boolean =>
  p >= start && p < start + length
const committed = (step: TrajectoryStep, field: { start: number; length: number }): number =>
  step.commits.positions.filter((p) => within(p, field)).length

const headers: [what: string, header: TrajectoryHeader][] = [
  ['parallel', runHeader('parallel')],
  ['parallel, one step', runHeader('parallel', { steps: 1 })],
  ['parallel, more steps than tokens', runHeader('parallel', { steps: 40 })],
  ['parallel, three image steps', runHeader('parallel', { imageSteps: 3 })],
  ['sequential', runHeader('sequential')],
  ['sequential, one step', runHeader('sequential', { steps: 1 })],
  ['sequential, five steps, two of the image', runHeader('sequential', { steps: 5, imageSteps: 2 })],
  ['semi-parallel', runHeader('semi-parallel')],
  ['image-only', runHeader('image-only')],
  ['parallel, warm', runHeader('parallel', { temperatures: { text: 0.7, image: 1 } })],
  ['parallel, guided', runHeader('parallel', { guidance: { text: 0.5, image: 3.5 } })],
]

describe.each(headers)('%s', (_, header) => {
  test('decides every position once, by the schedule, and leaves nothing masked', async () => {
    const steps = await runAll(fresh(header))
    expect(steps.map((step) => step.step)).toEqual(Array.from({ length: header.steps }, (_, i) => i + 1))
    const all = steps.flatMap((step) => step.commits.positions)
    expect([...all].sort((a, b) => a - b)).toEqual(header.tokens.flatMap((token, p) => (token === MASK ? [p] : [])))
    for (const [modality, field] of [
      ['text', TEXT],
      ['image', IMAGE],
    ] as const) {
      const schedule = header.schedule[modality]
      steps.forEach((step) => {
        const i = schedule?.steps.indexOf(step.step) ?? -1
        const curve = schedule?.kind as CurveName
        const expected =
          i < 0
            ? 0
            : leftAfter(curve, field.length, i, schedule!.steps.length) -
              leftAfter(curve, field.length, i + 1, schedule!.steps.length)
        expect(committed(step, field)).toBe(expected)
      })
    }
    const record = canonicalTrajectory({ header, steps, events: [] })
    expect([...frame(record, steps.length).tokens]).not.toContain(MASK)
  })

  test('drafts exactly what stays masked where it runs a forward, with tokens of the right modality', async () => {
    const steps = await runAll(fresh(header))
    steps.forEach((step, k) => {
      const state = frame({ header, steps, events: [] }, k + 1)
      const masked = [...state.tokens].flatMap((token, p) => (token === MASK ? [p] : []))
      expect(step.candidates.positions).toEqual(step.forwards > 0 ? masked : [])
      for (const { positions, tokens } of [step.commits, step.candidates]) {
        positions.forEach((p, i) => expect(tokens[i]! >= 100).toBe(within(p, IMAGE)))
      }
    })
  })

  test('never changes what was given', async () => {
    const steps = await runAll(fresh(header))
    for (const step of steps) {
      expect(step.remasked).toEqual([])
      for (const p of [...step.commits.positions, ...step.candidates.positions]) expect(header.tokens[p]).toBe(MASK)
    }
  })

  test('the same seed gives the same steps', async () => {
    expect(await runAll(fresh(header))).toEqual(await runAll(fresh(header)))
  })

  test('goes on from every step to the same end', async () => {
    const whole = await runAll(fresh(header))
    for (let k = 0; k <= whole.length; k++) {
      expect(await runAll({ header, steps: whole.slice(0, k), events: [] })).toEqual(whole.slice(k))
    }
  })

  test('counts its forwards', async () => {
    const predictor = scriptedPredictor()
    const steps = await runAll(fresh(header), { predictor })
    expect(steps.reduce((n, step) => n + step.forwards, 0)).toBe(predictor.forwards())
    expect(predictor.requests.length).toBe(steps.filter((step) => step.forwards > 0).length)
    expect(steps.every((step) => step.forwards > 0 || step.commits.positions.length === 0)).toBe(true)
  })
})

describe('which ones are kept', () => {
  test('without temperature, the most confident of each modality', async () => {
    for (const step of await runAll(fresh(runHeader('parallel')))) {
      for (const field of [TEXT, IMAGE]) {
        const of = ({ positions, confidence }: TrajectoryStep['commits']): number[] =>
          confidence.filter((_, i) => within(positions[i]!, field))
        const [kept, left] = [of(step.commits), of(step.candidates)]
        if (kept.length > 0 && left.length > 0) expect(Math.min(...kept)).toBeGreaterThanOrEqual(Math.max(...left))
      }
    }
  })

  test('equal confidences go by position', async () => {
    const flat: Predictor = {
      predict: ({ asks }) =>
        Promise.resolve(
          Object.fromEntries(
            Object.entries(asks).map(([m, ask]) => [
              m,
              {
                tokens: new Int32Array(ask.positions.length).fill(m === 'text' ? 5 : 105),
                confidence: new Float32Array(ask.positions.length).fill(0.5),
              },
            ]),
          ),
        ),
    }
    const steps = await runAll(fresh(runHeader('parallel', { steps: 4 })), { predictor: flat })
    expect(steps[0]!.commits.positions.filter((p) => within(p, TEXT))).toEqual([3, 4, 5])
  })

  test('an image temperature perturbs the order of the image, not of the text, and not at the last step', async () => {
    const constant: Predictor = {
      predict: ({ asks }) =>
        Promise.resolve(
          Object.fromEntries(
            Object.entries(asks).map(([m, ask]) => [
              m,
              {
                tokens: Int32Array.from(ask.positions, () => (m === 'text' ? 5 : 105)),
                confidence: Float32Array.from(ask.positions, (p) => 0.5 + p / 1000),
              },
            ]),
          ),
        ),
    }
    const order = async (seed: number): Promise<number[][]> => {
      const steps = await runAll(fresh(runHeader('parallel', { seed, temperatures: { text: 1, image: 1 } })), {
        predictor: constant,
      })
      return [TEXT, IMAGE].map((field) =>
        steps.flatMap((step) => step.commits.positions.filter((p) => within(p, field))),
      )
    }
    const [[text1, image1], [text2, image2]] = [await order(1), await order(2)] as [
      [number[], number[]],
      [number[], number[]],
    ]
    expect(text1).toEqual(text2)
    expect(image1).not.toEqual(image2)
  })
})

describe('guidance', () => {
  test('of zero never runs a second sequence, nor makes one', async () => {
    const predictor = scriptedPredictor()
    const steps = await runAll(fresh(runHeader('parallel')), {
      predictor,
      unconditional: () => expect.unreachable('made'),
    })
    expect(predictor.requests.every((request) => request.sequences.length === 1)).toBe(true)
    expect(steps.every((step) => step.forwards === 1)).toBe(true)
  })

  test('of text alone stops costing a second sequence once the text is decided', async () => {
    const predictor = scriptedPredictor()
    await runAll(fresh(runHeader('sequential', { guidance: { text: 2, image: 0 } })), { predictor })
    expect(predictor.requests.map((request) => request.sequences.length)).toEqual([2, 2, 2, 2, 1, 1, 1, 1])
  })

  test('runs the condition hidden beside the sequence as it stands, and passes each scale to its modality', async () => {
    const predictor = scriptedPredictor()
    await runAll(fresh(runHeader('parallel', { guidance: { text: 0, image: 3.5 } })), { predictor })
    for (const { sequences, asks } of predictor.requests) {
      expect([...sequences[1]!]).toEqual([...hideInstruction(sequences[0]!)])
      expect([asks.text?.guidance ?? 0, asks.image?.guidance ?? 3.5]).toEqual([0, 3.5])
    }
  })
})

describe('randomness', () => {
  test('every position has its own number at every step, whatever else is masked', async () => {
    const [plain, filled] = [scriptedPredictor(), scriptedPredictor()]
    const warm = { temperatures: { text: 1, image: 1 } }
    const header = runHeader('parallel', warm)
    await runAll(fresh(header), { predictor: plain })
    await runAll(fresh({ ...header, tokens: header.tokens.map((token, p) => (p === 5 || p === 20 ? 50 : token)) }), {
      predictor: filled,
    })
    const uniformAt = (predictor: typeof plain, p: number): number => {
      const ask = predictor.requests[0]!.asks[within(p, TEXT) ? 'text' : 'image']!
      return ask.uniforms[ask.positions.indexOf(p)]!
    }
    for (const p of [3, 4, 6, 14, 17, 19, 21, 32]) expect(uniformAt(filled, p)).toBe(uniformAt(plain, p))
    const numbers = plain.requests.flatMap((request) => [
      ...(request.asks.text?.uniforms ?? []),
      ...(request.asks.image?.uniforms ?? []),
    ])
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(numbers.every((u) => u >= 0 && u < 1)).toBe(true)
  })

  test('another seed gives another run where there is temperature, and the same where there is none', async () => {
    const warm = { temperatures: { text: 1, image: 1 } }
    expect(await runAll(fresh(runHeader('parallel', { ...warm, seed: 1 })))).not.toEqual(
      await runAll(fresh(runHeader('parallel', { ...warm, seed: 2 }))),
    )
    expect(await runAll(fresh(runHeader('parallel', { seed: 1 })))).toEqual(
      await runAll(fresh(runHeader('parallel', { seed: 2 }))),
    )
  })
})

describe('cancelling', () => {
  test('takes effect between steps: the step at hand is finished, the next not begun', async () => {
    const stop = new AbortController()
    const script = scriptedPredictor()
    const predictor: Predictor = {
      predict(request) {
        if (script.requests.length === 2) stop.abort()
        return script.predict(request)
      },
    }
    const header = runHeader('parallel')
    const steps = await runAll(fresh(header), { predictor, signal: stop.signal })
    expect(steps.map((step) => step.step)).toEqual([1, 2, 3])
    expect(script.requests).toHaveLength(3)
    expect([...steps, ...(await runAll({ header, steps, events: [] }))]).toEqual(await runAll(fresh(header)))
  })

  test('before the first step runs nothing', async () => {
    const predictor = scriptedPredictor()
    expect(await runAll(fresh(runHeader('parallel')), { predictor, signal: AbortSignal.abort() })).toEqual([])
    expect(predictor.requests).toEqual([])
  })
})

test('a run with nothing to decide keeps its timeline and runs no forward', async () => {
  const predictor = scriptedPredictor()
  const steps = await runAll(fresh(runHeader('parallel', { tokens: new Array<number>(LENGTH).fill(7) })), { predictor })
  expect(steps.map((step) => step.forwards)).toEqual(new Array(8).fill(0))
  expect(predictor.requests).toEqual([])
})

test('guidance is asked for at the steps that decide with it, and changes no token elsewhere', async () => {
  const header = {
    ...runHeader('parallel', { imageSteps: 3 }),
    guidance: { text: 0, image: 2 },
    temperatures: { text: 0, image: 1 },
  }
  const image = new Set(header.schedule.image!.steps)
  const sparing = scriptedPredictor()
  const steps = await runAll(fresh(header), { predictor: sparing })
  for (const { step, forwards } of steps) expect(forwards).toBe(image.has(step) ? 2 : 1)
  expect(sparing.requests.map(({ sequences }) => sequences.length)).toEqual(steps.map(({ forwards }) => forwards))
})

test('a pass over the same sequence is not run: there is nothing to leave out', async () => {
  const header = { ...runHeader('parallel'), guidance: { text: 0, image: 2 } }
  const steps = await runAll(fresh(header), { unconditional: (sequence) => sequence.slice() })
  for (const { forwards } of steps) expect(forwards).toBe(1)
})

test('two unconditional sequences: the image is guided by both scales, the text by none', async () => {
  const header = { ...runHeader('parallel', { imageSteps: 2 }), guidance: { text: 1.5, image: 2.5 } }
  const predictor = scriptedPredictor()
  const image = (sequence: Int32Array): Int32Array => {
    const out = hideInstruction(sequence)
    out[0] = MASK
    return out
  }
  await runAll(fresh(header), { predictor, unconditional: { text: hideInstruction, image } })
  const guided = predictor.requests.filter(({ sequences }) => sequences.length > 1)
  expect(guided).toHaveLength(2)
  for (const { sequences, asks } of guided) {
    expect(sequences).toHaveLength(3)
    expect(asks.image?.guidances).toEqual([1.5, 2.5])
    expect(asks.text?.guidances ?? [0, 0]).toEqual([0, 0])
  }
})
