/** What a person does to a run: pins, regions, replaced and re-masked tokens of either modality, at any step. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalTrajectory, frame } from '../../shared/trajectory-frame.ts'
import type {
  DecodingMode,
  Trajectory,
  TrajectoryEvent,
  TrajectoryHeader,
  TrajectoryStep,
} from '../../shared/trajectory.ts'
import { fresh, IMAGE, LENGTH, MASK, runAll, runHeader, scriptedPredictor, TEXT } from './testing.ts'

const modes: readonly DecodingMode[] = ['parallel', 'sequential', 'semi-parallel', 'image-only']

/** The first k steps of a run, then these edits, then the rest. */
async function branch(
  header: TrajectoryHeader,
  k: number,
  events: readonly TrajectoryEvent[],
): Promise<{ record: Trajectory; after: TrajectoryStep[] }> {
  const before = (await runAll(fresh(header))).slice(0, k)
  const after = await runAll({ header, steps: before, events })
  return { record: canonicalTrajectory({ header, steps: [...before, ...after], events: [...events] }), after }
}
const finalTokens = (record: Trajectory): Int32Array => frame(record, record.steps.length).tokens
const outputs = (mode: DecodingMode): number[] =>
  [IMAGE, ...(mode === 'image-only' ? [] : [TEXT])].flatMap(({ start, length }) =>
    Array.from({ length }, (_, i) => start + i),
  )

describe.each(modes)('%s', (mode) => {
  test('tokens held from the start, pinned or outside the region, are in the prompt of every step and never change', async () => {
    const held = new Map(
      outputs(mode)
        .filter((p) => p % 3 === 0)
        .map((p) => [p, p < IMAGE.start ? 40 : 107]),
    )
    const base = runHeader(mode)
    const header = {
      ...base,
      tokens: base.tokens.map((token, p) => held.get(p) ?? token),
      pinned: [...held.keys()].sort((a, b) => a - b),
    }
    const predictor = scriptedPredictor()
    const steps = await runAll(fresh(header), { predictor })
    for (const { sequences } of predictor.requests) for (const [p, token] of held) expect(sequences[0]![p]).toBe(token)
    const tokens = finalTokens(canonicalTrajectory({ header, steps, events: [] }))
    for (const [p, token] of held) expect(tokens[p]).toBe(token)
    expect([...tokens]).not.toContain(MASK)
  })

  test.each([1, 2, 5, 8])(
    'before step %i: a replaced token stands from then on; a re-masked one is decided anew',
    async (step) => {
      const [replaced, remasked] = [IMAGE.start + 2, IMAGE.start + 5]
      const events: TrajectoryEvent[] = [
        { kind: 'replace', step, position: replaced, token: 109 },
        { kind: 'remask', step, position: remasked },
      ]
      const { record, after } = await branch(runHeader(mode), step - 1, events)
      expect(finalTokens(record)[replaced]).toBe(109)
      expect([...finalTokens(record)]).not.toContain(MASK)
      for (const { commits, candidates } of after)
        expect([...commits.positions, ...candidates.positions]).not.toContain(replaced)
      expect(after.filter(({ commits }) => commits.positions.includes(remasked))).toHaveLength(1)
    },
  )

  test('a token decided and then re-masked before the last step is decided in it', async () => {
    const header = runHeader(mode)
    const position = (await runAll(fresh(header))).find((step) => step.commits.positions.length > 0)!.commits
      .positions[0]!
    const { record, after } = await branch(header, 7, [{ kind: 'remask', step: 8, position }])
    expect(after[0]!.commits.positions).toContain(position)
    expect([...finalTokens(record)]).not.toContain(MASK)
  })

  test('whatever is edited before whatever step, the record is sound and nothing is left masked', async () => {
    const anyEdit = fc.record({
      kind: fc.constantFrom('replace', 'remask', 'pin', 'unpin'),
      position: fc.constantFrom(...outputs(mode)),
    })
    const arbitrary = fc.record({
      step: fc.integer({ min: 1, max: 8 }),
      edits: fc.array(anyEdit, { maxLength: 20 }),
      imageSteps: fc.integer({ min: 1, max: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ step, edits, imageSteps }) => {
        const events = edits.map(({ kind, position }): TrajectoryEvent =>
          kind === 'replace'
            ? { kind, step, position, token: position < IMAGE.start ? 33 : 111 }
            : { kind, step, position },
        )
        const { record } = await branch(runHeader(mode, { imageSteps }), step - 1, events)
        expect([...finalTokens(record)]).not.toContain(MASK)
        const lastEdit = new Map(
          events.filter((e) => e.kind === 'replace' || e.kind === 'remask').map((e) => [e.position, e]),
        )
        for (const [position, event] of lastEdit)
          if (event.kind === 'replace') expect(finalTokens(record)[position]).toBe(event.token)
      }),
      { numRuns: 40 },
    )
  })
})

describe('words re-masked after the text’s own steps are over', () => {
  const header = runHeader('sequential') // text in steps 1..4 of 8
  const remask = (step: number, ...positions: number[]): TrajectoryEvent[] =>
    positions.map((position) => ({ kind: 'remask', step, position }))

  test('are spread over the steps that are left', async () => {
    const { after } = await branch(header, 4, remask(5, 3, 4, 5, 6, 7, 8, 9, 10))
    const counts = after.map(({ commits }) => commits.positions.filter((p) => p < IMAGE.start).length)
    expect(counts).toEqual([2, 2, 2, 2])
  })

  test('do not disturb the image’s schedule', async () => {
    const { after } = await branch(header, 4, remask(5, 3, 4))
    const untouched = (await runAll(fresh(header))).slice(4)
    const images = (steps: readonly TrajectoryStep[]): number[] =>
      steps.map(({ commits }) => commits.positions.filter((p) => p >= IMAGE.start).length)
    expect(images(after)).toEqual(images(untouched))
  })
})

test('edits of a run in pieces are the edits of the run: stopping after an edit and going on changes nothing', async () => {
  const header = runHeader('parallel', { temperatures: { text: 1, image: 1 } })
  const events: TrajectoryEvent[] = [
    { kind: 'remask', step: 4, position: 3 },
    { kind: 'replace', step: 4, position: 20, token: 110 },
  ]
  const { record } = await branch(header, 3, events)
  for (let k = 3; k <= record.steps.length; k++) {
    expect(await runAll({ header, steps: record.steps.slice(0, k), events })).toEqual(record.steps.slice(k))
  }
})

test('a finished run has no step left for an edit after it', async () => {
  const header = runHeader('parallel')
  const steps = await runAll(fresh(header))
  expect(await runAll({ header, steps, events: [{ kind: 'remask', step: 9, position: 3 }] })).toEqual([])
  expect(header.length).toBe(LENGTH)
})
