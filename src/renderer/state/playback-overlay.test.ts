import { describe, expect, it } from 'vitest'
import { testHeader } from '../../shared/trajectory-fixtures.ts'
import { frame } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import {
  confidenceColour,
  confidenceShare,
  decidedTogether,
  lightPalette,
  maskedLeft,
  rgbOf,
  tokenOverlay,
} from './playback-overlay.ts'

const none = { positions: [], tokens: [], confidence: [] }
const run: Trajectory = {
  header: testHeader({
    steps: 3,
    tokens: [9, 9, 9, 11, 9, 9],
    fields: [
      { name: 'outputImage', start: 0, length: 4, modality: 'image' },
      { name: 'outputText', start: 4, length: 2, modality: 'text' },
    ],
  }),
  steps: [
    {
      step: 1,
      commits: { positions: [0, 4], tokens: [12, 1], confidence: [1, 0.5] },
      remasked: [],
      candidates: { positions: [1], tokens: [13], confidence: [0.25] },
      forwards: 1,
    },
    {
      step: 2,
      commits: { positions: [1], tokens: [13], confidence: [0.5] },
      remasked: [],
      candidates: none,
      forwards: 1,
    },
  ],
  events: [],
}
const pixel = (pixels: Uint8ClampedArray, cell: number): number[] => [...pixels.slice(4 * cell, 4 * cell + 4)]

describe('the maps of the image grid', () => {
  it('show drafts fainter than decided cells, masks grey and given cells clear', () => {
    const { pixels, grid } = tokenOverlay(run.header, frame(run, 1), 'confidence')
    expect(grid).toBe(2)
    expect(pixel(pixels, 0).slice(0, 3)).toEqual([...lightPalette.high])
    expect(pixel(pixels, 1).slice(0, 3)).toEqual([...confidenceColour(confidenceShare(0.25), lightPalette)])
    expect(pixel(pixels, 1)[3]).toBeLessThan(pixel(pixels, 0)[3]!)
    expect(pixel(pixels, 2).slice(0, 3)).toEqual([...lightPalette.masked])
    expect(pixel(pixels, 3)).toEqual([0, 0, 0, 0])
  })

  it('colour cells by the step that decided them, first to last', () => {
    const { pixels } = tokenOverlay(run.header, frame(run, 2), 'committed')
    expect(pixel(pixels, 0).slice(0, 3)).toEqual([...lightPalette.early])
    expect(pixel(pixels, 1)).not.toEqual(pixel(pixels, 0))
  })

  it('put confidence on a scale that never turns round', () => {
    const shares = [1e-9, 0.001, 0.1, 0.5, 0.9, 0.999, 1].map(confidenceShare)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares[0]).toBe(0)
    expect(shares.at(-1)).toBe(1)
  })
})

describe('what was decided together', () => {
  it('is found from a word and from a cell alike', () => {
    const state = frame(run, 2)
    const expected = { step: 1, words: [0], cells: [0] }
    expect(decidedTogether(run.header, state, { field: 'outputText', index: 0 })).toEqual(expected)
    expect(decidedTogether(run.header, state, { field: 'outputImage', index: 0 })).toEqual(expected)
  })

  it('is nothing for what was given, is still open or is not there', () => {
    const state = frame(run, 2)
    expect(decidedTogether(run.header, state, { field: 'outputImage', index: 3 })).toBeNull()
    expect(decidedTogether(run.header, state, { field: 'outputText', index: 1 })).toBeNull()
    expect(decidedTogether(run.header, state, { field: 'outputText', index: 7 })).toBeNull()
  })
})

it('counts what is still masked, by modality', () => {
  expect(maskedLeft(run.header, frame(run, 0))).toEqual({ text: 2, image: 3 })
  expect(maskedLeft(run.header, frame(run, 2))).toEqual({ text: 1, image: 1 })
})

it('reads colours of the theme and falls back where one is not a hex colour', () => {
  expect(rgbOf(' #d9553a', [0, 0, 0])).toEqual([217, 85, 58])
  expect(rgbOf('rebeccapurple', [1, 2, 3])).toEqual([1, 2, 3])
})
