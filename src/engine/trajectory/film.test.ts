import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { escapeXml, estimateWidth, filmSvg, wrapTitle, wrapWords, type FilmWord } from './film-layout.ts'
import { filmSteps, renderFilm, type FilmOptions } from './film.ts'

const word = (text: string, state: FilmWord['state'] = 'committed'): FilmWord => ({ text, state, confidence: 0.5 })
const mask = word('', 'mask')
const lines = (words: FilmWord[], width = 100, maxLines = 99): string[] =>
  wrapWords(words, width, maxLines, estimateWidth).map((line) =>
    line.map((a) => (a.state === 'mask' ? '_' : a.text)).join('|'),
  )

const options: FilmOptions = {
  instruction: 'Move <the> "apple" & wait',
  imageSize: 4,
  imageAt: (k) => Promise.resolve(k === 0 ? undefined : new Uint8Array(48).fill(200)),
  textAt: (k) => (k === 0 ? [mask, mask] : [word('a<b>&"\u0001\ud800'), word('\u3053\u3093', 'candidate'), mask]),
}

describe('text in a card', () => {
  test.each<[string, FilmWord[], string[]]>([
    ['words are set apart, punctuation is not', [word('sky'), word('.'), word('A'), mask], ['sky|.|A|_']],
    [
      'pieces that carry their spaces are joined',
      [word('ap'), word('ple'), word(' is'), word(' red'), word('der')],
      ['ap|ple|is|red|der'],
    ],
    ['a line breaks between words', [word('aaaaaaa'), word('bbbbbbb')], ['aaaaaaa', 'bbbbbbb']],
    [
      'a printed word is not broken between its pieces',
      [word('aaaaaa'), word(' bbbb'), word('bbb')],
      ['aaaaaa', 'bbbb|bbb'],
    ],
    ['a word wider than a line is cut', [word('aaaaaaaaaaaaaaaaaaaaaaaa')], ['aaaaaaaaaaaaa', 'aaaaaaaaaaa']],
    ['a new line is kept', [word('a\nb'), word('c')], ['a', 'b|c']],
    ['nothing is one empty line', [], ['']],
  ])('%s', (_, words, expected) => expect(lines(words)).toEqual(expected))

  test('stays inside its width and its number of lines whatever it is', () => {
    const states = fc.constantFrom<FilmWord['state']>('given', 'committed', 'candidate', 'mask')
    const any = fc.array(
      fc.record({ text: fc.string({ unit: 'binary', maxLength: 30 }), state: states, confidence: fc.double() }),
    )
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 5 }), (words, maxLines) => {
        const wrapped = wrapWords(words, 120, maxLines, estimateWidth)
        expect(wrapped.length).toBeLessThanOrEqual(maxLines)
        for (const line of wrapped) for (const atom of line) expect(atom.x + atom.width).toBeLessThanOrEqual(120.001)
      }),
    )
  })
  test('that is too long ends in an ellipsis', () => {
    expect(
      lines(
        Array.from({ length: 20 }, () => word('aaaaaa')),
        100,
        2,
      ).at(-1),
    ).toMatch(/…$/)
    expect(wrapTitle('word '.repeat(200), 300, estimateWidth)).toHaveLength(3)
  })
})

test('markup in a text is shown, not obeyed, and characters that XML forbids are left out', () => {
  expect(escapeXml('<a href="x">&\u0000\u001f\ud800')).toBe('&#60;a href=&#34;x&#34;&#62;&#38;\ufffd')
  const card = { step: 1, words: [word('</text><script>')] }
  const page = {
    instruction: '<b>',
    caption: '&',
    cards: [card],
    totalSteps: 1,
    tile: 100,
    columns: 2,
    maxLines: 3,
    scale: 1,
  }
  expect(filmSvg(page, estimateWidth).svg).not.toMatch(/<script|<b>/)
})

test('steps are spread over the run, ends included', () => {
  expect(filmSteps(32, 5)).toEqual([0, 8, 16, 24, 32])
  expect(filmSteps(2, 5)).toEqual([0, 1, 2])
  expect(filmSteps(9, 1)).toEqual([9])
})

describe('a film strip', () => {
  test('is a PNG of whole rows of cards', async () => {
    const one = await sharp(await renderFilm([1], options)).metadata()
    const film = await renderFilm(filmSteps(8, 9), {
      ...options,
      inputImage: new Uint8Array(48),
      caption: 'seed 1',
      columns: 5,
      scale: 1,
    })
    const { format, width, height } = await sharp(film).metadata()
    expect([one.format, format]).toEqual(['png', 'png'])
    expect(width).toBe(2 * 32 + 5 * 212 + 4 * 16)
    expect(height).toBeGreaterThan(2 * 212)
  })
  test('is the same the second time', async () => {
    expect(await renderFilm([0, 1], options)).toEqual(await renderFilm([0, 1], options))
  })
  test('of no steps, too many steps or a picture of the wrong size is refused', async () => {
    await expect(renderFilm([], options)).rejects.toThrow(TandemError)
    await expect(
      renderFilm(
        Array.from({ length: 65 }, () => 1),
        options,
      ),
    ).rejects.toThrow(TandemError)
    await expect(renderFilm([1], { ...options, imageSize: 5 })).rejects.toThrow(/48 bytes instead of 75/)
  })
  test('is drawn on a machine without a font', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-film-'))
    const config = join(folder, 'fonts.conf')
    await writeFile(config, '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>')
    const script = `import { renderFilm } from ${JSON.stringify(new URL('./film.ts', import.meta.url).href)}
      const png = await renderFilm([1], { instruction: 'Hello', imageSize: 1, imageAt: async () => new Uint8Array(3), textAt: () => [{ text: 'word', state: 'given', confidence: 1 }] })
      console.log(png.length > 500)`
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, FONTCONFIG_FILE: config, FONTCONFIG_PATH: folder },
    })
    expect((await run.finally(() => rm(folder, { recursive: true }))).stdout.trim()).toBe('true')
  })
})
