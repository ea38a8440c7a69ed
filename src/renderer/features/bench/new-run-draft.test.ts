/** What keeps a draft of the bench from being started, in words a person can act on. */
import { expect, test } from 'vitest'
import { setDraft, useDraft, whyNot, type Draft } from './new-run-draft.ts'

const draft = (change: Partial<Draft>): Draft => ({ ...useDraft.getState().draft, models: ['storybook'], ...change })
const endpoint = { judge: 'endpoint', url: 'https://host/v1', judgeModel: 'vision-1' } as const

test.each([
  [{}, null],
  [{ along: 2 }, null],
  [endpoint, null],
  [{ ...endpoint, along: 2 }, /exact judge alone: set “Alignment every …” to 0/],
  [{ ...endpoint, along: 2, what: 'drag' as const }, /exact judge alone/],
  // The exact judge's answers under another judge: what it measured along the run stays.
  [{ ...endpoint, along: 2, answersOf: 'job' }, null],
  [{ models: [] }, /Choose a model/],
  [{ seeds: 'one' }, /Seeds are whole numbers/],
  [{ ...endpoint, judgeModel: ' ' }, /which model/],
  [{ ...endpoint, url: 'host' }, /address of the endpoint/],
])('%j', (change, why) => {
  const said = whyNot(draft(change))
  if (why === null) expect(said).toBeNull()
  else expect(said).toMatch(why)
})

test('a change is kept until the next', () => {
  setDraft({ along: 3 })
  expect(useDraft.getState().draft.along).toBe(3)
  setDraft({ along: 0 })
})
