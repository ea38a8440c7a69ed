/** What a reward sees of a run: current candidates in the picture, masks in the text, and what a person changed. */
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type { TokenPicks, Trajectory, TrajectoryEvent } from '../../shared/trajectory.ts'
import { openModelFolder } from '../model/folder.ts'
import { createEngine, prepareRun } from '../run.ts'
import { pairsAt, showWords } from './pairs.ts'

const model = await openModelFolder(fileURLToPath(new URL('../../../resources/models/storybook', import.meta.url)))
const engine = createEngine(model)
afterAll(() => engine.dispose())

const header = await prepareRun(engine, {
  instruction: 'draw the meadow with a dog at c3',
  input: null,
  mode: 'parallel',
  steps: 3,
  seed: 1,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 1, image: 1 },
})
const { start: text, length: words } = header.fields.find(({ name }) => name === 'outputText')!
const { start: image, length: cells } = header.fields.find(({ name }) => name === 'outputImage')!
const half = cells / 2
const said = [...model.text.encode('now c3 has the dog .'), model.config.special.eos]
const cell = (at: number, code: number): [number, number] => [image + at, header.image.offset + code]
const word = (at: number): [number, number] => [text + at, said[at] ?? model.config.special.eos]
const span = <T>(from: number, to: number, of: (at: number) => T): T[] =>
  Array.from({ length: to - from }, (_, i) => of(from + i))
const picks = (...of: [number, number][]): TokenPicks => ({
  positions: of.map(([position]) => position),
  tokens: of.map(([, token]) => token),
  confidence: of.map(() => 0.5),
})

/** Three steps: first and fifth word, all but the last cell drafted; two more words, half of the cells; the rest. */
function run(events: readonly TrajectoryEvent[] = [], again: readonly [number, number][] = []): Trajectory {
  const drafts = (from: number, to: number, code: number): [number, number][] => span(from, to, (at) => cell(at, code))
  return {
    header,
    steps: [
      {
        step: 1,
        remasked: [],
        forwards: 1,
        commits: picks(word(0), word(4)),
        candidates: picks(word(1), ...drafts(0, cells - 1, 5)),
      },
      {
        step: 2,
        remasked: [],
        forwards: 1,
        commits: picks(word(1), word(2), ...drafts(0, half, 7)),
        candidates: picks(...drafts(half, cells, 9)),
      },
      {
        step: 3,
        remasked: [],
        forwards: 1,
        commits: picks(...again, word(3), ...span(5, words, word), ...drafts(half, cells, 9)),
        candidates: picks(),
      },
    ],
    events,
  }
}
const drawn = (code: (at: number) => number): Promise<Uint8Array> =>
  model.image.decode(Int32Array.from({ length: cells }, (_, at) => code(at)))

test('an unfinished pair has the current candidates in its picture, and masks where a word is not decided', async () => {
  expect(said).toHaveLength(7)
  const [first, second, last] = await pairsAt(model, run(), [1, 2, 3], null)
  expect(showWords(first!.words)).toMatch(/^now _ _ _ dog( _)+$/)
  expect(first!.words).toHaveLength(words)
  // The last cell has no candidate yet.
  expect(first!.rgb).toEqual(await drawn((at) => (at === cells - 1 ? 0 : 5)))
  expect(showWords(second!.words)).toMatch(/^now c3 has _ dog( _)+$/)
  expect(second!.rgb).toEqual(await drawn((at) => (at < half ? 7 : 9)))
  expect(showWords(last!.words)).toBe('now c3 has the dog .')
  expect(last!.rgb).toEqual(second!.rgb)
  expect(last!.rgb).not.toEqual(first!.rgb)
})

test('a word that was replaced on the way, and one that was masked again, are what the pair has from there on', async () => {
  const [cat, place] = [model.text.encode('cat')[0]!, model.text.encode('a1')[0]!]
  const events: TrajectoryEvent[] = [
    { kind: 'replace', step: 2, position: text + 4, token: cat },
    { kind: 'remask', step: 3, position: text + 1 },
  ]
  const pairs = await pairsAt(model, run(events, [[text + 1, place]]), [1, 2, 3], null)
  expect(pairs.map((pair) => showWords(pair.words.slice(0, 6)))).toEqual([
    'now _ _ _ dog _',
    'now c3 has _ cat _',
    'now a1 has the cat .',
  ])
})
