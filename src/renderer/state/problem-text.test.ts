import { describe, expect, it } from 'vitest'
import { discreet, problemText, type Surroundings } from './problem-text.ts'

const at = new Date('2026-03-04T05:06:07.000Z')
const around: Surroundings = {
  version: '1.2.3',
  host: 'browser',
  model: 'storybook',
  modelHash: '0123456789abcdef',
  provider: 'cpu',
}

describe('the report of a problem', () => {
  it('says cause, remedy, and a line for each fact that is known', () => {
    const problem = {
      message: 'The scene is empty.',
      remedy: 'Draw something.',
      kind: 'input',
      where: 'runs.start',
      run: 'r1',
    }
    expect(problemText({ ...problem, details: 'Error: empty\n    at look' }, around, at)).toBe(
      [
        'The scene is empty.',
        'Draw something.',
        '',
        'kind: input',
        'where: runs.start',
        'run: r1',
        'model: storybook 0123456789ab',
        'provider: cpu',
        'studio: 1.2.3 (browser)',
        'time: 2026-03-04T05:06:07.000Z',
        '',
        'Error: empty',
        '    at look',
      ].join('\n'),
    )
  })

  it('leaves out what is not known', () => {
    const unknown: Surroundings = { ...around, model: null, modelHash: null, provider: null }
    expect(problemText({ message: 'Broken.' }, unknown, at)).toBe(
      'Broken.\n\nstudio: 1.2.3 (browser)\ntime: 2026-03-04T05:06:07.000Z',
    )
  })
})

describe('what a report does not say', () => {
  it.each([
    ['cannot write /home/jo/pictures/cat.png.', 'cannot write …/cat.png.'],
    ['"/home/jo smith/cat.png" is cut', '"…/cat.png" is cut'],
    ['at look (file:///opt/studio/dist/main.js:3:9)', 'at look (…/main.js:3:9)'],
    ['from ~/pictures/a.tdm to /media/b.tdm', 'from …/a.tdm to …/b.tdm'],
    ['open C:\\Users\\Jo Smith\\cat.png', 'open …/cat.png'],
  ])('folders: %s', (said, kept) => expect(discreet(said)).toBe(kept))

  it.each([
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [taken out]'],
    ['GET /?token=0123abcd&x=1', 'GET /?token=[taken out]&x=1'],
    ['"api_key": "qwerty"', '"api_key": "[taken out]"'],
    ['the key sk-live-0123456789 is refused', 'the key [taken out] is refused'],
  ])('keys: %s', (said, kept) => expect(discreet(said)).toBe(kept))

  it.each([
    'Choose a step from 0 to 16, and/or another run.',
    'at http://127.0.0.1:4100/assets/index-abc.js:1:20',
    '12 of 16 cells (3/4) changed',
  ])('but what is no path and no key stays: %s', (said) => expect(discreet(said)).toBe(said))
})
