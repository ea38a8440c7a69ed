/** Rows of a run as columns, noise levels and previews. */
import { describe, expect, it } from 'vitest'
import { trainRow, validationRow } from '../../shared/training-fixtures.ts'
import type { LossByNoise, PreviewEntry } from '../../shared/training.ts'
import { meanByNoise, NOISE_ROWS, noRows, previewTable, withRows } from './training-rows.ts'

describe('the rows of a run', () => {
  it('become columns, and are a new object whenever they grew', () => {
    const first = withRows(noRows(), [trainRow({ step: 1, loss: 2 })])
    const second = withRows(first, [validationRow({ step: 1, loss: 1 }), trainRow({ step: 2, loss: 1 })])
    expect(second).not.toBe(first)
    expect(second.train.step).toEqual([1, 2])
    expect(second.train.values['loss']).toEqual([2, 1])
    expect(second.validation.values['image']).toEqual([0.5])
    expect(second.best).toEqual({ step: 1, loss: 1 })
    expect(second.log.map(({ kind }) => kind)).toEqual(['validation'])
  })

  it('keep the first and the latest losses by noise level, and no more of them', () => {
    const many = Array.from({ length: NOISE_ROWS + 50 }, (_, i) => trainRow({ step: i + 1, loss: i }))
    const { noise } = withRows(noRows(), many)
    expect(noise.first).toHaveLength(NOISE_ROWS)
    expect(noise.latest).toHaveLength(NOISE_ROWS)
    expect(noise.first[0]!.text.loss[0]).toBe(0)
    expect(noise.latest.at(-1)!.text.loss[0]).toBe(NOISE_ROWS + 49)
  })
})

it('the mean by noise level weighs a row by its positions and leaves out what has none', () => {
  const row = (loss: number | null, positions: number): LossByNoise => {
    const bins = {
      loss: Array.from({ length: 10 }, () => loss),
      positions: Array.from({ length: 10 }, () => positions),
    }
    return { text: bins, image: bins }
  }
  expect(meanByNoise([row(1, 3), row(5, 1), row(null, 0)])[4]).toEqual({ text: 2, image: 2 })
  expect(meanByNoise([row(null, 0)])[0]).toEqual({ text: null, image: null })
})

it('previews are a table of step and prompt, where the later of two stands', () => {
  const entry = (step: number, prompt: number, reasoning: string): PreviewEntry => ({
    kind: 'preview',
    step,
    seconds: step,
    samples: step,
    prompt,
    row: null,
    instruction: `do ${prompt}`,
    reasoning,
    trajectory: '',
    picture: '',
    text: '',
    asked: false,
  })
  const table = previewTable([entry(20, 1, 'c'), entry(10, 0, 'a'), entry(20, 0, 'b'), entry(20, 0, 'b again')])
  expect(table.steps).toEqual([10, 20])
  expect(table.prompts.map(({ instruction }) => instruction)).toEqual(['do 0', 'do 1'])
  expect(table.cell(20, 0)?.reasoning).toBe('b again')
  expect(table.cell(10, 1)).toBeNull()
})
