/** The published rows are whole, and what is said of their overall holds for them too. */
import { expect, test } from 'vitest'
import { dimensionNames } from './bench.ts'
import { publishedModes, publishedRows } from './bench-published.ts'

test.each(publishedRows)(
  '$model: its overall is the mean of its six columns, as rounded there',
  ({ columns, overall }) => {
    expect(Object.keys(columns)).toEqual([...dimensionNames])
    const mean = Object.values(columns).reduce((sum, value) => sum + value, 0) / dimensionNames.length
    expect(Math.abs(mean - overall)).toBeLessThan(0.06)
  },
)

test('the parallel mode of Table 10 is the model with ParaRL of Table 2', () => {
  const parallel = publishedModes.find(({ mode }) => mode === 'parallel')!
  const { mode: _, ...alignments } = parallel
  expect(publishedRows.find(({ model }) => model.endsWith('with ParaRL'))!.columns).toMatchObject(alignments)
})
