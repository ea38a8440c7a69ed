import { describe, expect, it, vi } from 'vitest'
import { applyCommand, emptyDocument } from '../../shared/document.ts'

// Opening reaches the transport and the canvas, which want a page; what is decided here does not.
vi.mock('../api.ts', () => ({ api: { on: () => () => undefined } }))
vi.mock('../canvas/compose.ts', () => ({}))
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
const { kindOf, layerName, placePicture } = await import('./files.ts')

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
const picture = (width: number, height: number) => ({ blob: 'b'.repeat(64), width, height })

describe('a file', () => {
  it('is known by its name, then by its type', () => {
    expect(kindOf({ name: 'run.TDM', type: '' })).toBe('trajectory')
    expect(kindOf({ name: 'my.project.tandem', type: 'image/png' })).toBe('project')
    expect(kindOf({ name: 'clipboard', type: 'image/png' })).toBe('picture')
    expect(kindOf({ name: 'photo.JPEG', type: '' })).toBe('picture')
    expect(kindOf({ name: 'notes.txt', type: 'text/plain' })).toBe('unknown')
  })
  it('names its layer without its ending', () => {
    expect(layerName('a cat.v2.png')).toBe('a cat.v2')
    expect(layerName('.png')).toBe('Picture')
  })
})

describe('a picture', () => {
  it('gives an empty document its size and the largest square in its middle as the box', () => {
    const document = placePicture(emptyDocument(128, settings), picture(700, 500), 'photo', 'l1').reduce(
      applyCommand,
      emptyDocument(128, settings),
    )
    expect(document).toMatchObject({ width: 700, height: 500, box: { x: 100, y: 0, width: 500, height: 500 } })
    expect(document.layers[0]).toMatchObject({ name: 'photo', transform: { scaleX: 1 } })
  })
  it('is never larger than a document may be', () => {
    const start = emptyDocument(128, settings)
    const document = placePicture(start, picture(16_384, 4096), 'wide', 'l1').reduce(applyCommand, start)
    expect([document.width, document.height]).toEqual([8192, 2048])
    expect(document.layers[0]!.transform.scaleX).toBe(0.5)
  })
  it('lies in the middle of a document that has layers, made smaller where it must', () => {
    const start = emptyDocument(128, settings)
    const first = placePicture(start, picture(200, 200), 'first', 'l1').reduce(applyCommand, start)
    const second = placePicture(first, picture(400, 100), 'second', 'l2').reduce(applyCommand, first)
    expect([second.width, second.height]).toEqual([200, 200])
    expect(second.layers[1]!.transform).toMatchObject({ x: 0, y: 75, scaleX: 0.5, scaleY: 0.5 })
  })
})
