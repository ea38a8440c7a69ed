import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  applyCommand,
  emptyDocument,
  identityTransform,
  MAX_STAGED,
  replay,
  UNDO_DEPTH,
  type DocumentCommand,
  type StoredDocument,
} from '../../shared/document.ts'
import { MAX_LAYERS } from '../../shared/document-limits.ts'
import { TandemError } from '../../shared/errors.ts'
import {
  append,
  COALESCE_MS,
  insert,
  nextWrite,
  openLog,
  redoable,
  seek,
  sent,
  shown,
  undoable,
  written,
  type DocumentLog,
  type Write,
} from './documents-log.ts'

const settings = {
  task: 'edit',
  instruction: '',
  mode: 'parallel',
  steps: 16,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 0, image: 0 },
  seed: null,
  model: 'storybook',
} as const
type Stored = StoredDocument & { revision: number }
const fresh = (): Stored => ({
  id: 'd',
  base: emptyDocument(128, settings),
  commands: [],
  cursor: 0,
  first: 0,
  revision: 0,
})
const feather = (value: number): DocumentCommand => ({ type: 'setFeather', feather: value })

/** The service's side, by the contract's words: append drops what stood there, seek moves the cursor. */
function store(stored: Stored, write: Write): Stored {
  if (write.kind === 'seek') return { ...stored, cursor: write.cursor - stored.first }
  const kept = stored.commands.slice(0, write.at - stored.first)
  const commands = [...kept, ...write.commands]
  return { ...stored, commands, cursor: commands.length }
}
function saveAll(log: DocumentLog, stored: Stored): [DocumentLog, Stored] {
  for (let write = nextWrite(log); write; write = nextWrite(log)) {
    stored = store(stored, write)
    log = written(log, write, 0)
  }
  return [log, stored]
}

type Act =
  | { do: 'append'; value: number; key: string | null }
  | { do: 'seek'; by: number }
  | { do: 'insert'; run: number }
  | { do: 'save' }
  | { do: 'lose' }
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    do: fc.constant('append' as const),
    value: fc.integer({ min: 0, max: 256 }),
    key: fc.constantFrom(null, 'a', 'b'),
  }),
  fc.record({ do: fc.constant('seek' as const), by: fc.integer({ min: -4, max: 4 }) }),
  fc.record({ do: fc.constant('insert' as const), run: fc.integer({ min: 0, max: 99 }) }),
  fc.record({ do: fc.constant('save' as const) }),
  fc.record({ do: fc.constant('lose' as const) }),
)

describe('a document log', () => {
  it('is stored as it is in memory, whatever was undone, replaced or sent twice meanwhile', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        let stored = fresh()
        let log = openLog(stored)
        for (const [now, step] of acts.entries()) {
          if (step.do === 'append')
            log = append(log, feather(step.value), { now, ...(step.key === null ? {} : { coalesce: step.key }) })
          else if (step.do === 'seek') log = seek(log, step.by)
          else if (step.do === 'insert')
            log = insert(log, { type: 'stage', candidate: { run: `r${step.run}`, box: shown(log).box } }, now)
          else if (step.do === 'save') {
            const write = nextWrite(log)
            if (write) {
              stored = store(stored, write)
              log = written(log, write, 0)
            }
          } else {
            // Stored, but the answer was lost: it is sent again.
            const write = nextWrite(log)
            if (write) {
              stored = store(stored, write)
              log = sent(log)
            }
          }
        }
        ;[log, stored] = saveAll(log, stored)
        expect(replay(stored)).toEqual(shown(log))
        expect(stored.commands.slice(log.first - stored.first)).toEqual(log.commands)
      }),
    )
  })

  it('sends an undo again whose answer was lost, though the undo was undone meanwhile', () => {
    let stored = fresh()
    let log = append(openLog(stored), feather(1), { now: 0 })
    ;[log, stored] = saveAll(log, stored)
    log = seek(log, -1)
    stored = store(stored, nextWrite(log)!)
    log = seek(sent(log), 1)
    expect(nextWrite(log)).toEqual({ kind: 'seek', cursor: 1 })
    ;[log, stored] = saveAll(log, stored)
    expect(replay(stored)).toEqual(shown(log))
    expect(nextWrite(log)).toBeNull()
  })

  it('undoes and redoes to the very same documents', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 256 }), { minLength: 1, maxLength: 40 }), (values) => {
        let log = openLog(fresh())
        const seen = [shown(log)]
        for (const [now, value] of values.entries()) {
          log = append(log, feather(value), { now })
          seen.push(shown(log))
        }
        for (let i = values.length - 1; i >= 0; i--) {
          log = seek(log, -1)
          expect(shown(log)).toBe(seen[i])
        }
        expect(undoable(log)).toBeNull()
        log = seek(log, values.length)
        expect(shown(log)).toBe(seen.at(-1))
        expect(redoable(log)).toBeNull()
      }),
    )
  })

  it('takes a drag as one step, and a pause as the end of it', () => {
    let log = openLog(fresh())
    log = append(log, feather(1), { now: 0, coalesce: 'feather' })
    log = append(log, feather(2), { now: 500, coalesce: 'feather' })
    expect(log.commands).toEqual([feather(2)])
    log = append(log, feather(3), { now: 500 + COALESCE_MS, coalesce: 'feather' })
    expect(log.commands).toEqual([feather(2), feather(3)])
  })

  it('does not let one gesture replace what another did', () => {
    let log = openLog(fresh())
    log = append(log, feather(1), { now: 0, coalesce: 'a' })
    log = append(log, feather(2), { now: 1 })
    log = append(log, feather(3), { now: 2, coalesce: 'a' })
    expect(log.commands).toHaveLength(3)
  })

  it('keeps what can be redone when a run ends meanwhile', () => {
    let log = append(append(openLog(fresh()), feather(1), { now: 0 }), feather(2), { now: 1 })
    log = seek(log, -1)
    log = insert(log, { type: 'stage', candidate: { run: 'r', box: shown(log).box } }, 2)
    expect(shown(log)).toMatchObject({ feather: 1, staging: [{ run: 'r' }] })
    log = seek(log, 1)
    expect(shown(log)).toMatchObject({ feather: 2, staging: [{ run: 'r' }] })
  })

  it('keeps as many steps back as promised, and forgets none that is not stored', () => {
    let log = openLog(fresh())
    for (let i = 0; i < UNDO_DEPTH + 50; i++) log = append(log, feather(i % 200), { now: i })
    expect(log.commands).toHaveLength(UNDO_DEPTH + 50)
    let stored = fresh()
    ;[log, stored] = saveAll(log, stored)
    log = append(log, feather(7), { now: 1e6 })
    expect(log.commands).toHaveLength(UNDO_DEPTH)
    ;[log, stored] = saveAll(log, stored)
    expect(replay(stored)).toEqual(shown(log))
    expect(stored.commands.slice(log.first).reduce(applyCommand, log.states[0]!)).toEqual(shown(log))
  })

  it('leaves the log as it is where a command does not fit', () => {
    const log = openLog(fresh())
    expect(() => append(log, { type: 'removeLayer', layer: 'gone' }, { now: 0 })).toThrow(/not there/)
    expect(nextWrite(log)).toBeNull()
  })
})

describe('a limit', () => {
  const addLayer = (i: number): DocumentCommand => ({
    type: 'addLayer',
    value: { id: `l${i}`, name: `${i}`, visible: true, opacity: 1, transform: identityTransform, marks: [] },
  })
  const now = { now: 0 }
  const layers = Array.from({ length: MAX_LAYERS + 50 }, (_, i) => addLayer(i))

  it('refuses the layer that is too many in words, and nothing else', () => {
    let log = layers.slice(0, MAX_LAYERS).reduce((before, command) => append(before, command, now), openLog(fresh()))
    expect(shown(log).layers).toHaveLength(200)
    expect(() => append(log, addLayer(999), now)).toThrow('A document has 200 layers at most.')
    expect(() => insert(seek(log, -1), addLayer(999), 0)).not.toThrow()
    const value = { id: 'm', name: 'm', visible: true, opacity: 1, transform: identityTransform, marks: [] }
    expect(() => append(log, { type: 'accept', run: 'r', value }, now)).toThrow('A document has 200 layers at most.')
    expect(() =>
      append(log, { type: 'lift', layer: 'l3', clear: { kind: 'clear', points: [0, 0] }, value }, now),
    ).toThrow('A document has 200 layers at most.')
    log = append(log, { type: 'mergeLayers', layers: ['l0', 'l1'], value }, now)
    log = append(log, addLayer(999), now)
    expect(shown(log).layers).toHaveLength(200)
  })

  it('that stored commands went over opens nothing the worse: it can be left again, and not gone further over', () => {
    const stored = { ...fresh(), commands: layers, cursor: layers.length }
    const log = openLog(stored)
    expect(shown(log).layers).toHaveLength(250)
    expect(() => append(log, addLayer(999), now)).toThrow(TandemError)
    expect(shown(append(log, { type: 'removeLayer', layer: 'l7' }, now)).layers).toHaveLength(249)
    expect(shown(append(log, feather(3), now)).feather).toBe(3)
    const over = openLog({ ...fresh(), base: shown(log) })
    expect(shown(over).layers).toHaveLength(250)
  })

  it('of the strip makes the oldest result leave, and undo brings it back', () => {
    const box = { x: 0, y: 0, width: 128, height: 128 }
    let log = openLog(fresh())
    for (let i = 0; i < 700; i++) log = append(log, { type: 'stage', candidate: { run: `r${i}`, box } }, now)
    const runs = (): string[] => shown(log).staging.map(({ run }) => run)
    expect([runs().length, runs()[0], runs().at(-1)]).toEqual([MAX_STAGED, 'r200', 'r699'])
    log = seek(log, -1)
    expect([runs().length, runs()[0], runs().at(-1)]).toEqual([MAX_STAGED, 'r199', 'r698'])
  })

  it('of a command is asked before it is done: what the store would never take is refused in words', () => {
    const log = openLog(fresh())
    const long = { ...settings, instruction: 'x'.repeat(20_001) }
    expect(() => append(log, { type: 'setSettings', settings: long }, now)).toThrow(
      'Change the run settings: a text has 20,000 characters at most here.',
    )
    expect(() => append(log, feather(257), now)).toThrow('Change the feather: 256 is the most.')
    expect(() => insert(log, feather(Number.NaN), 0)).toThrow(TandemError)
    const points = Array.from({ length: 200_002 }, () => 1)
    expect(() => append(log, { type: 'addMaskMark', mark: { kind: 'area', points, erase: false } }, now)).toThrow(
      'Change the mask: this has more points than can be kept.',
    )
  })
})
