/**
 * The look of a film strip, decided purely: words into lines, cards into a grid, all of it into one SVG. Widths come in
 * as a function, since only the machine that draws knows its fonts; an estimate stands by for one that has none.
 */
export interface FilmWord {
  /** A word, or a piece of one that carries its own spaces; empty for a mask. */
  readonly text: string
  readonly state: 'given' | 'committed' | 'candidate' | 'mask'
  readonly confidence: number
}

export interface FilmCard {
  /** Undefined: the input image. */
  readonly step?: number
  /** A data URI; undefined draws a grid of masked cells. */
  readonly image?: string
  readonly words: readonly FilmWord[]
}

export interface FilmPage {
  readonly instruction: string
  readonly caption: string
  readonly cards: readonly FilmCard[]
  readonly totalSteps: number
  readonly tile: number
  readonly columns: number
  readonly maxLines: number
  readonly scale: number
}

/** Width in pixels of a text at a font size. */
export type Measure = (text: string, size: number, bold?: boolean) => number

export const wordSize = 12.5
export const titleSize = 21
const smallSize = 11.5
const lineHeight = 19
const maskWidth = 17
const space = 4.6
const margin = 32
const gap = 16
const inset = 10

const colours = {
  page: '#f7f6f3',
  card: '#ffffff',
  hairline: '#e6e3dc',
  ink: '#1c2230',
  quiet: '#8a8f99',
  mask: '#e3e6eb',
  track: '#eceae5',
  accent: '#3d6fd8',
} as const

/** What stands around the cards. */
export const pageColour = colours.page

export interface Atom {
  readonly text: string
  readonly state: FilmWord['state']
  readonly confidence: number
  readonly width: number
  readonly x: number
}

/** Breaks words into lines of at most `width`; what does not fit into `maxLines` ends in an ellipsis. */
export function wrapWords(words: readonly FilmWord[], width: number, maxLines: number, measure: Measure): Atom[][] {
  const lines: Atom[][] = [[]]
  let x = 0
  for (const group of glue(words, width, measure)) {
    const groupWidth = group.atoms.reduce((sum, atom) => sum + atom.width, 0)
    if (group.breakBefore || (x > 0 && x + space + groupWidth > width)) {
      lines.push([])
      x = 0
    }
    if (x > 0) x += space
    for (const atom of group.atoms) {
      lines.at(-1)!.push({ ...atom, x })
      x += atom.width
    }
  }
  if (lines.length <= maxLines) return lines
  const kept = lines.slice(0, maxLines)
  const last = kept.at(-1)!
  const dots = measure('…', wordSize)
  while (last.length > 1 && last.at(-1)!.x + last.at(-1)!.width + space + dots > width) last.pop()
  const end = last.at(-1)
  const at = end ? end.x + end.width + space : 0
  last.push({ text: '…', state: 'candidate', confidence: 0, width: dots, x: Math.min(at, width - dots) })
  return kept
}

interface Group {
  readonly breakBefore: boolean
  readonly atoms: Omit<Atom, 'x'>[]
}

/** Pieces that belong to one printed word, so that a line never breaks inside it unless it is wider than a line. */
function glue(words: readonly FilmWord[], width: number, measure: Measure): Group[] {
  const spaced = words.some((word) => word.state !== 'mask' && /^[ \t]|[ \t]$/.test(word.text))
  const groups: Group[] = []
  let open = false
  const add = (atom: Omit<Atom, 'x'>, joined: boolean, breakBefore: boolean): void => {
    const last = groups.at(-1)
    const lastWidth = last?.atoms.reduce((sum, a) => sum + a.width, 0) ?? 0
    if (joined && !breakBefore && last && lastWidth + atom.width <= width) last.atoms.push(atom)
    else groups.push({ breakBefore: breakBefore && groups.length > 0, atoms: [atom] })
  }
  for (const word of words) {
    if (word.state === 'mask') {
      add({ ...word, text: '', width: maskWidth }, false, false)
      open = false
      continue
    }
    word.text.split('\n').forEach((line, row) => {
      if (row > 0) open = false
      let first = true
      for (const part of line.split(/(\s+)/)) {
        if (part === '') continue
        if (/^\s+$/.test(part)) {
          open = false
          continue
        }
        const joined = spaced ? open : first && /^[.,;:!?)\]}]+$/.test(part)
        for (const [i, text] of split(part, width, measure).entries()) {
          add({ ...word, text, width: measure(text, wordSize) }, i > 0 || (joined && open), row > 0 && first)
          first = false
        }
        open = true
      }
    })
  }
  return groups
}

/** A text wider than a line in pieces that fit (by estimate: nobody measured the pieces). */
function split(text: string, width: number, measure: Measure, size = wordSize): string[] {
  if (measure(text, size) <= width) return [text]
  const pieces: string[] = []
  let piece = ''
  for (const character of text) {
    if (piece !== '' && estimateWidth(piece + character, size) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}

/** The title in lines, at most three. */
export function wrapTitle(text: string, width: number, measure: Measure): string[] {
  const fits = (line: string): boolean => measure(line, titleSize, true) <= width
  const lines: string[] = []
  for (const word of text.split(/\s+/).flatMap((w) => split(w, width * 0.8, measure, titleSize))) {
    const longer = lines.length > 0 ? `${lines.at(-1)!} ${word}` : word
    if (lines.length > 0 && fits(longer)) lines[lines.length - 1] = longer
    else if (word !== '') lines.push(word)
  }
  if (lines.length <= 3) return lines
  let last = lines[2]!
  while (last.includes(' ') && !fits(`${last} …`)) last = last.slice(0, last.lastIndexOf(' '))
  return [lines[0]!, lines[1]!, `${last} …`]
}

/** Widths for a machine without fonts: close to DejaVu Sans, the widest of the usual ones. */
export function estimateWidth(text: string, size: number, bold = false): number {
  let em = 0
  for (const character of text) {
    if (/[iljI'.,:;|! ]/.test(character)) em += 0.32
    else if (/[frt()[\]"-]/.test(character)) em += 0.42
    else if (/[mwMW@%]/.test(character)) em += 0.92
    else if (/[A-Z]/.test(character)) em += 0.69
    else em += character > '\u2e80' ? 1.05 : 0.61
  }
  return em * size * (bold ? 1.16 : 1)
}

/** The whole page as SVG text with its size in device pixels. */
export function filmSvg(page: FilmPage, measure: Measure): { svg: string; width: number; height: number } {
  const { tile, cards } = page
  const cardWidth = tile + 2 * inset
  const columns = Math.max(1, Math.min(page.columns, cards.length))
  const width = Math.max(2 * margin + columns * cardWidth + (columns - 1) * gap, 480)
  const title = wrapTitle(page.instruction, width - 2 * margin, measure)
  const parts: string[] = []
  title.forEach((line, i) => parts.push(text(line, margin, margin + 20 + i * 29, titleSize, colours.ink, true)))
  const captionY = margin + 20 + (title.length - 1) * 29 + (title.length > 0 ? 27 : 0)
  parts.push(text(page.caption, margin, captionY, smallSize, colours.quiet), legend(width - margin, captionY, measure))
  let y = captionY + 22
  for (let start = 0; start < cards.length; start += columns) {
    const row = cards.slice(start, start + columns).map((card) => ({
      card,
      lines: card.words.length > 0 ? wrapWords(card.words, tile, page.maxLines, measure) : [],
    }))
    const mostLines = Math.max(...row.map(({ lines }) => lines.length))
    const bareHeight = inset + tile + 38
    const cardHeight = bareHeight + (mostLines > 0 ? mostLines * lineHeight + 16 : 0)
    row.forEach(({ card, lines }, i) => {
      const height = card.step === undefined ? bareHeight : cardHeight
      const box = { x: margin + i * (cardWidth + gap), y, width: cardWidth, height, tile, id: start + i }
      parts.push(drawCard(card, lines, box, page.totalSteps, measure))
    })
    y += cardHeight + gap
  }
  const height = Math.ceil(y - gap + margin)
  const [w, h] = [Math.round(width * page.scale), Math.round(height * page.scale)]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${width} ${height}" font-family="sans-serif">
<rect width="${width}" height="${height}" fill="${colours.page}"/>
${parts.join('\n')}
</svg>`
  return { svg, width: w, height: h }
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly tile: number
  readonly id: number
}

function drawCard(card: FilmCard, lines: readonly Atom[][], box: Box, totalSteps: number, measure: Measure): string {
  const { x, y, tile, id } = box
  const [left, top] = [x + inset, y + inset]
  const labelY = top + tile + 23
  const parts = [
    `<rect x="${x + 0.5}" y="${y + 2.5}" width="${box.width - 1}" height="${box.height - 1}" rx="12" fill="#1c2230" fill-opacity="0.04"/>`,
    `<rect x="${x + 0.5}" y="${y + 0.5}" width="${box.width - 1}" height="${box.height - 1}" rx="12" fill="${colours.card}" stroke="${colours.hairline}"/>`,
    card.image === undefined ? maskedTile(left, top, tile) : pictureTile(card.image, left, top, tile, id),
  ]
  if (card.step === undefined) parts.push(text('Input', left, labelY, wordSize, colours.ink, true))
  else {
    const label = `Step ${card.step}`
    const after = left + measure(label, wordSize, true) + 6
    const track = left + tile - 64
    const done = totalSteps > 0 ? Math.min(1, card.step / totalSteps) : 1
    parts.push(
      text(label, left, labelY, wordSize, colours.ink, true),
      text(`of ${totalSteps}`, after, labelY, smallSize, colours.quiet),
      `<rect x="${track}" y="${labelY - 6.5}" width="64" height="4" rx="2" fill="${colours.track}"/>`,
    )
    if (done > 0)
      parts.push(
        `<rect x="${track}" y="${labelY - 6.5}" width="${round(Math.max(4, 64 * done))}" height="4" rx="2" fill="${colours.accent}"/>`,
      )
  }
  lines.forEach((line, i) => line.forEach((atom) => parts.push(drawAtom(atom, left, labelY + 27 + i * lineHeight))))
  return `<g>${parts.join('')}</g>`
}

function drawAtom(atom: Atom, left: number, baseline: number): string {
  if (atom.state === 'mask') {
    return `<rect x="${round(left + atom.x)}" y="${baseline - 8}" width="${maskWidth}" height="8" rx="4" fill="${colours.mask}"/>`
  }
  const colour =
    atom.state === 'candidate' ? candidateColour(atom.confidence) : atom.state === 'given' ? '#5b6475' : colours.ink
  return text(atom.text, round(left + atom.x), baseline, wordSize, colour)
}

/** Pale; a little firmer the surer the draft is. */
function candidateColour(confidence: number): string {
  const mix = (from: number, to: number): number =>
    Math.round(from + (to - from) * Math.min(1, Math.max(0, confidence)))
  return `rgb(${mix(198, 140)},${mix(204, 154)},${mix(214, 186)})`
}

function pictureTile(image: string, x: number, y: number, tile: number, id: number): string {
  return `<clipPath id="c${id}"><rect x="${x}" y="${y}" width="${tile}" height="${tile}" rx="6"/></clipPath>
<image x="${x}" y="${y}" width="${tile}" height="${tile}" clip-path="url(#c${id})" href="${image}"/>
<rect x="${x + 0.5}" y="${y + 0.5}" width="${tile - 1}" height="${tile - 1}" rx="5.5" fill="none" stroke="#1c2230" stroke-opacity="0.08"/>`
}

function maskedTile(x: number, y: number, tile: number): string {
  const cells = 8
  const pitch = (tile - 24) / cells
  const dots = Array.from({ length: cells * cells }, (_, i) => {
    const [cx, cy] = [x + 12 + ((i % cells) + 0.5) * pitch, y + 12 + (Math.floor(i / cells) + 0.5) * pitch]
    return `<rect x="${round(cx - 4)}" y="${round(cy - 4)}" width="8" height="8" rx="2.5" fill="${colours.mask}"/>`
  })
  return `<rect x="${x}" y="${y}" width="${tile}" height="${tile}" rx="6" fill="#f6f7f9"/>${dots.join('')}`
}

function legend(right: number, y: number, measure: Measure): string {
  const masked = right - measure('masked', smallSize)
  const draft = masked - 24 - 14 - measure('draft', smallSize)
  const decided = draft - 18 - measure('decided', smallSize)
  return [
    text('decided', decided, y, smallSize, colours.ink),
    text('draft', draft, y, smallSize, candidateColour(0.5)),
    `<rect x="${round(masked - 22)}" y="${y - 8}" width="${maskWidth}" height="8" rx="4" fill="${colours.mask}"/>`,
    text('masked', masked, y, smallSize, colours.quiet),
  ].join('')
}

const round = (n: number): number => Math.round(n * 100) / 100

function text(content: string, x: number, y: number, size: number, fill: string, bold = false): string {
  if (content === '') return ''
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}"${bold ? ' font-weight="bold"' : ''}>${escapeXml(content)}</text>`
}

/** Text as XML can hold it: markup escaped, what XML 1.0 forbids left out. */
export function escapeXml(content: string): string {
  return (
    content
      .toWellFormed()
      // eslint-disable-next-line no-control-regex -- control characters are what is left out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
  )
}
