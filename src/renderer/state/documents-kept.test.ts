import { describe, expect, it } from 'vitest'
import { emptyDocument, type DocumentCommand } from '../../shared/document.ts'
import { readKept, takeUp, unsavedOf, type Kept } from './documents-kept.ts'
import { append, nextWrite, openLog, seek, shown, written, type DocumentLog } from './documents-log.ts'

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
const feather = (value: number): DocumentCommand => ({ type: 'setFeather', feather: value })
const layer = (id: string): DocumentCommand => ({
  type: 'addLayer',
  value: {
    id,
    name: id,
    visible: true,
    opacity: 1,
    transform: { x: 0, y: 0, scaleX: 1, scaleY: 1, rotation: 0 },
    marks: [],
  },
})

/** The document as the service has it after these commands and writes. */
const opened = (commands: readonly DocumentCommand[], revision: number, cursor = commands.length): DocumentLog =>
  openLog({ id: 'd', base: emptyDocument(128, settings), commands: [...commands], cursor, first: 0, revision })
const doing = (log: DocumentLog, ...commands: DocumentCommand[]): DocumentLog =>
  commands.reduce((before, command) => append(before, command, { now: 0 }), log)
/** What a window would keep, through the storage and back. */
const keptOf = (log: DocumentLog): Kept => JSON.parse(JSON.stringify(unsavedOf(log))) as Kept

describe('what is not stored', () => {
  it('is nothing where everything is, and what was done or undone where not', () => {
    const log = opened([feather(1), feather(2)], 4)
    expect(unsavedOf(log)).toBeNull()
    expect(unsavedOf(doing(log, feather(3)))).toEqual({ at: 2, cursor: 3, commands: [feather(3)], revision: 4 })
    expect(unsavedOf(seek(log, -1))).toEqual({ at: 2, cursor: 1, commands: [], revision: 4 })
  })

  it('stands where it stood, when nobody else wrote: done, undone, and done instead', () => {
    const before = opened([feather(1), feather(2)], 4)
    for (const log of [
      doing(before, feather(3)),
      seek(before, -2),
      doing(seek(before, -1), feather(3), feather(4)),
      seek(doing(before, feather(3), feather(4)), -1),
    ]) {
      const taken = takeUp(before, keptOf(log))
      expect(taken).toMatchObject({ onTop: 0, left: [] })
      expect(taken.log.commands).toEqual(log.commands)
      expect(taken.log.cursor).toBe(log.cursor)
      expect(nextWrite(taken.log)).toEqual(nextWrite(log))
    }
  })

  it('that was stored after all, in whole or in part, is not done twice', () => {
    const kept = keptOf(doing(opened([feather(1)], 1), feather(2), feather(3)))
    const whole = takeUp(opened([feather(1), feather(2), feather(3)], 2), kept)
    expect(whole).toMatchObject({ onTop: 0, left: [] })
    expect(nextWrite(whole.log)).toBeNull()
    const part = takeUp(opened([feather(1), feather(2)], 2), kept)
    expect(part).toMatchObject({ onTop: 0, left: [] })
    expect(nextWrite(part.log)).toEqual({ kind: 'append', at: 2, commands: [feather(3)] })
  })

  it('is put on top of what another window did, and what does not fit is named', () => {
    const before = opened([layer('a'), layer('b')], 2)
    const kept = keptOf(doing(before, feather(7), { type: 'setLayer', layer: 'a', opacity: 0.5 }))
    const theirs = opened([layer('a'), layer('b'), { type: 'removeLayer', layer: 'a' }], 3)
    const taken = takeUp(theirs, kept)
    expect(taken).toMatchObject({ onTop: 1, left: ['Change a layer'] })
    expect(shown(taken.log)).toMatchObject({ feather: 7, layers: [{ id: 'b' }] })
    expect(nextWrite(taken.log)).toEqual({ kind: 'append', at: 3, commands: [feather(7)] })
  })

  it('is put on top as well where an older studio kept it, or another window put something in its place', () => {
    const kept: Kept = { at: 1, cursor: 2, commands: [feather(5)], revision: null }
    const taken = takeUp(opened([feather(1), feather(2)], 9), kept)
    expect(taken).toMatchObject({ onTop: 1, left: [] })
    expect(shown(taken.log).feather).toBe(5)
    // What was undone here is not put on top of anything.
    const undone = keptOf(seek(doing(opened([feather(1)], 1), feather(2)), -1))
    expect(takeUp(opened([feather(3)], 2), undone)).toMatchObject({ onTop: 0, left: [] })
  })

  it('is gone once it is written', () => {
    const log = doing(opened([], 0), feather(1))
    expect(unsavedOf(written(log, nextWrite(log)!, 1))).toBeNull()
  })

  it('costs one change alone where that one cannot be stored: it is named, and the others stand', () => {
    const long: DocumentCommand = { type: 'setSettings', settings: { ...settings, instruction: 'x'.repeat(30_000) } }
    const as = (commands: readonly unknown[], cursor: number): string =>
      JSON.stringify({ at: 2, cursor, commands, revision: 4 })
    const opening = opened([feather(1), layer('a')], 4)
    const read = readKept(as([feather(2), long, layer('b'), { type: 'dance' }, feather(3)], 7))!
    expect(read.unread).toEqual(['Change the run settings', 'A change of a newer studio'])
    const taken = takeUp(opening, read.kept)
    expect(taken).toMatchObject({ onTop: 0, left: [] })
    expect(nextWrite(taken.log)).toEqual({ kind: 'append', at: 2, commands: [feather(2), layer('b'), feather(3)] })
    expect(taken.log.cursor).toBe(5)
    // What was undone is not missed, and what stood on the one that is gone goes with it.
    expect(readKept(as([feather(2), long], 3))).toEqual({
      kept: { at: 2, cursor: 3, commands: [feather(2)], revision: 4 },
      unread: [],
    })
    const { kept } = readKept(as([{ ...layer('c'), at: -1 }, { type: 'removeLayer', layer: 'c' }, feather(5)], 5))!
    const without = takeUp(opening, kept)
    expect(without).toMatchObject({ onTop: 0, left: ['Remove a layer'] })
    expect(shown(without.log)).toMatchObject({ feather: 5, layers: [{ id: 'a' }] })
    expect(readKept('{')).toBeNull()
  })
})
