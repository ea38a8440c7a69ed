/**
 * The film strip: a run as one picture for a README or a report. A card a step, with the image and the reasoning as they
 * stood then: decided words dark, drafts pale, masks as bars. The page is SVG (film-layout.ts), drawn by sharp.
 */
import { TandemError } from '../../shared/errors.ts'
import {
  escapeXml,
  estimateWidth,
  filmSvg,
  pageColour,
  type FilmCard,
  type FilmWord,
  type Measure,
} from './film-layout.ts'

export type { FilmWord } from './film-layout.ts'

export interface FilmOptions {
  readonly instruction: string
  /** Side of the pictures in pixels. */
  readonly imageSize: number
  /** RGB, imageSize x imageSize x 3, after step k; undefined draws a masked grid. */
  readonly imageAt: (k: number) => Promise<Uint8Array | undefined>
  /** The reasoning after step k. Pieces of words carry their spaces; whole words need none. */
  readonly textAt: (k: number) => readonly FilmWord[] | Promise<readonly FilmWord[]>
  /** RGB; the first card when there is one. */
  readonly inputImage?: Uint8Array
  /** Steps of the whole run; the last frame when absent. */
  readonly totalSteps?: number
  /** A quiet line under the instruction: model, seed, mode. */
  readonly caption?: string
  /** Width of a picture on the page, 192 by default. */
  readonly tile?: number
  readonly columns?: number
  /** Lines of text a card may take. */
  readonly maxLines?: number
  /** Device pixels per page pixel, 2 by default. */
  readonly scale?: number
  readonly resampling?: 'nearest' | 'lanczos'
}

/** A step's words, before its picture is drawn. */
type WordCard = FilmCard & { readonly step: number }

const maxCards = 64

/** `count` steps of a run spread evenly over 0 .. total, both ends included. */
export function filmSteps(total: number, count: number): number[] {
  if (count < 2 || total < 1) return [total]
  const steps = Array.from({ length: count }, (_, i) => Math.round((i * total) / (count - 1)))
  return [...new Set(steps)]
}

/** Draws the chosen steps as one PNG. */
export async function renderFilm(frames: readonly number[], options: FilmOptions): Promise<Buffer> {
  if (frames.length === 0 || frames.length > maxCards) {
    throw new TandemError(`A film strip of ${frames.length} steps cannot be drawn.`, `Choose 1 to ${maxCards} steps.`)
  }
  const { default: sharp } = await import('sharp')
  const input = await inputCards(sharp, options)
  const cards: FilmCard[] = []
  for (const card of await wordCards(frames, options)) cards.push(await withPicture(sharp, card, options))
  const measure = await measureCards(sharp, cards)
  const { svg } = pageOf([...input, ...cards], options, options.totalSteps ?? frames.at(-1)!, measure)
  return sharp(Buffer.from(svg), { unlimited: true }).png({ compressionLevel: 9 }).toBuffer()
}

/** Pages of one size as they are drawn: RGB, width x height x 3. */
export interface Reel {
  readonly width: number
  readonly height: number
  readonly pages: AsyncIterable<Buffer>
}

/**
 * The chosen steps as pages, one a step, padded at the bottom to the tallest. Texts are measured once for all of them, and
 * nothing is packed and unpacked on the way: a page and its picture are drawn when they are asked for, however many there are.
 */
export async function renderReel(frames: readonly number[], options: FilmOptions): Promise<Reel> {
  const { default: sharp } = await import('sharp')
  const input = await inputCards(sharp, options)
  const cards = await wordCards(frames, options)
  const measure = await measureCards(sharp, cards)
  const total = options.totalSteps ?? frames.at(-1) ?? 0
  // A page is as large with its picture as without.
  const sizes = cards.map((card) => {
    const { width, height } = pageOf([...input, card], options, total, measure)
    return { width, height }
  })
  const width = sizes.reduce((most, size) => Math.max(most, size.width), 0)
  const height = sizes.reduce((most, size) => Math.max(most, size.height), 0)
  async function* pages(): AsyncGenerator<Buffer> {
    for (const card of cards) {
      const page = pageOf([...input, await withPicture(sharp, card, options)], options, total, measure)
      yield await sharp(Buffer.from(page.svg), { unlimited: true })
        .flatten({ background: pageColour })
        .extend({ right: width - page.width, bottom: height - page.height, background: pageColour })
        .raw()
        .toBuffer()
    }
  }
  return { width, height, pages: pages() }
}

/** The picture that was given, as the first card; none without one. */
const inputCards = async (sharp: Sharp, options: FilmOptions): Promise<readonly FilmCard[]> =>
  options.inputImage ? [{ image: await cardPicture(sharp, options.inputImage, options), words: [] }] : []

async function wordCards(frames: readonly number[], { textAt }: FilmOptions): Promise<readonly WordCard[]> {
  const cards: WordCard[] = []
  for (const step of frames) cards.push({ step, words: await textAt(step) })
  return cards
}

async function withPicture(sharp: Sharp, card: WordCard, options: FilmOptions): Promise<FilmCard> {
  const rgb = await options.imageAt(card.step)
  return rgb ? { ...card, image: await cardPicture(sharp, rgb, options) } : card
}

function cardPicture(sharp: Sharp, rgb: Uint8Array, options: FilmOptions): Promise<string> {
  const { tile = 192, scale = 2, imageSize, resampling } = options
  return toDataUri(sharp, rgb, imageSize, Math.round(tile * scale), resampling)
}

function measureCards(sharp: Sharp, cards: readonly FilmCard[]): Promise<Measure> {
  const texts = cards.flatMap((card) => card.words.flatMap((word) => word.text.split(/\s+/)))
  return measureTexts(sharp, [
    ...texts,
    '…',
    'decided',
    'draft',
    'masked',
    ...cards.flatMap(({ step }) => (step === undefined ? [] : [`Step ${step}`])),
  ])
}

function pageOf(
  cards: readonly FilmCard[],
  { instruction, caption = '', tile = 192, columns = 6, maxLines = 14, scale = 2 }: FilmOptions,
  totalSteps: number,
  measure: Measure,
): ReturnType<typeof filmSvg> {
  return filmSvg({ instruction, caption, cards, totalSteps, tile, columns, maxLines, scale }, measure)
}

type Sharp = (typeof import('sharp'))['default']

async function toDataUri(
  sharp: Sharp,
  rgb: Uint8Array,
  size: number,
  target: number,
  resampling?: 'nearest' | 'lanczos',
): Promise<string> {
  if (rgb.length !== size * size * 3) {
    throw new TandemError(
      `A picture has ${rgb.length} bytes instead of ${size * size * 3}.`,
      'Please report this.',
      'internal',
    )
  }
  const kernel = resampling === 'nearest' ? 'nearest' : 'lanczos3'
  const png = await sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
    .resize(target, target, { kernel, fit: 'fill' })
    // Read again at once: packing it well is wasted.
    .png({ compressionLevel: 1 })
    .toBuffer()
  return `data:image/png;base64,${png.toString('base64')}`
}

const rowHeight = 40
const probeSize = 25
const probeWidth = 1200
const rowsPerProbe = 400

/**
 * How wide texts really are in the fonts of this machine: each is drawn on a row of its own and its last inked column
 * looked up. What leaves no ink (no font at all, or too long) is estimated.
 */
async function measureTexts(sharp: Sharp, texts: readonly string[]): Promise<Measure> {
  const distinct = [...new Set(texts)].filter((text) => text !== '' && text.length < 60)
  const widths = new Map<string, number>()
  for (let start = 0; start < distinct.length; start += rowsPerProbe) {
    const rows = distinct.slice(start, start + rowsPerProbe)
    const lines = rows.map(
      (text, i) => `<text x="4" y="${i * rowHeight + 28}" font-size="${probeSize}">${escapeXml(text)}</text>`,
    )
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${probeWidth}" height="${rows.length * rowHeight}" font-family="sans-serif">${lines.join('')}</svg>`
    const alpha = await sharp(Buffer.from(svg), { unlimited: true })
      .ensureAlpha()
      .extractChannel('alpha')
      .raw()
      .toBuffer()
    rows.forEach((text, i) => {
      const last = lastInk(alpha.subarray(i * rowHeight * probeWidth, (i + 1) * rowHeight * probeWidth))
      if (last > 4 && last < probeWidth - 1) widths.set(text, (last - 4 + 1.5) / probeSize)
    })
  }
  return (text, size, bold = false) => {
    const em = widths.get(text)
    if (em === undefined) return estimateWidth(text, size, bold)
    return em * size * (bold ? 1.1 : 1)
  }
}

function lastInk(row: Uint8Array): number {
  let last = -1
  for (let i = 0; i < row.length; i++) if (row[i]! > 40 && i % probeWidth > last) last = i % probeWidth
  return last
}
