import { describe, expect, it } from 'vitest'
import { testHeader } from '../../../shared/trajectory-fixtures.ts'
import type { ModelMatch } from '../../state/trajectories-vocabulary.ts'
import { costLine, pinsOf, remasksOfWords, replacementsOf } from './word-edits.ts'
import { branchRefusal, modelLine, trainingLine } from './model-line.ts'
import type { Word } from './words.ts'

const word = (index: number, part: Partial<Word>): Word => ({
  index,
  token: 5,
  label: 'dog',
  state: 'committed',
  confidence: 0.5,
  share: 0.5,
  step: 1,
  quiet: false,
  ...part,
})
const words = [
  word(0, {}),
  word(1, { state: 'draft', step: null }),
  word(2, { token: -1, label: '', state: 'masked', step: null, confidence: null, share: null }),
]

describe('changing words', () => {
  it('pins what is shown, decided or drafted, and nothing where nothing is', () => {
    expect(pinsOf(words).map((edit) => edit.index)).toEqual([0, 1])
  })

  it('masks again only what is decided', () => {
    expect(remasksOfWords(words).map((edit) => edit.index)).toEqual([0])
  })

  it('puts several tokens over as many words, and none past the end', () => {
    const tokens = ['a', 'b', 'c'].map((label, token) => ({ token, label }))
    expect(replacementsOf(words, 1, tokens)).toEqual([
      { kind: 'replace', index: 1, token: 0, label: 'a', was: 'dog' },
      { kind: 'replace', index: 2, token: 1, label: 'b', was: 'mask' },
    ])
  })

  it('says what a text costs, and what of it does not fit', () => {
    const tokens = ['the', 'cat'].map((label, token) => ({ token, label }))
    expect(costLine(tokens.slice(0, 1), 0, 9)).toBe('1 token: #0 the')
    expect(costLine(tokens, 2, 9)).toBe('2 tokens (#0 the, #1 cat), places 3 to 4')
    expect(costLine(tokens, 8, 9)).toBe('2 tokens; 1 do not fit before the end of the reasoning.')
    expect(costLine([], 0, 9)).toBe('The model has no token for this.')
  })
})

describe('a run whose model is elsewhere', () => {
  const model = { name: 'storybook', hash: '1234567890' } as never
  const header = testHeader()

  it('says what can be done and what cannot', () => {
    const absent: ModelMatch = { kind: 'absent' }
    const other: ModelMatch = { kind: 'other-version', model }
    expect(modelLine(header, absent, 'file', true)).toContain('Its words come from the file.')
    expect(modelLine(header, absent, 'none', true)).toContain('tokens are shown by number')
    expect(modelLine(header, other, 'model', false)).toContain('other weights (12345678)')
    expect(branchRefusal(header, other)).toContain('storybook abcdef01')
  })

  it('says of what a model drew while it trained that those weights were not kept', () => {
    const preview = { job: 'j', title: 'Agreeing', step: 9, prompt: 0 }
    expect(trainingLine({ preview })).toContain('“Agreeing” trained, after 9 steps')
    expect(trainingLine({ preview: { ...preview, step: 0 } })).toContain('before its first step')
    expect(trainingLine({ preview: null })).toBeNull()
  })

  it('is silent about a run of a model that is here, unless it came from elsewhere', () => {
    const here: ModelMatch = { kind: 'here', model }
    expect(modelLine(header, here, 'model', false)).toBeNull()
    expect(modelLine(header, here, 'model', true)).toContain('can be scrubbed, decoded and continued')
    expect(branchRefusal(header, here)).toBeNull()
  })
})
