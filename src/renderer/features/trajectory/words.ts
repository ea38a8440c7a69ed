/**
 * The reasoning at a frame as fixed slots, one a position, and what each slot is: pure, so that what the panel says can
 * be tested without a screen.
 */
import type { Frame } from '../../../shared/trajectory-frame.ts'
import { givenStep, undecidedStep, type TrajectoryHeader } from '../../../shared/trajectory.ts'
import { confidenceShare } from '../../state/playback-overlay.ts'
import { fieldOf } from '../../state/trajectories-log.ts'
import type { Lexicon } from '../../state/trajectories-vocabulary.ts'

export const wordStates = ['masked', 'draft', 'new', 'committed', 'given', 'pinned', 'remasked'] as const
export type WordState = (typeof wordStates)[number]

export interface Word {
  /** From the start of the reasoning. */
  readonly index: number
  /** The token shown, decided or drafted; -1 for none. */
  readonly token: number
  readonly label: string
  readonly state: WordState
  /** Probability of what is shown; null where nothing is, or where it was given. */
  readonly confidence: number | null
  /** The same on the scale of all bars, 0..1. */
  readonly share: number | null
  /** The step that decided it, or null. */
  readonly step: number | null
  /** Padding or the end: no word. */
  readonly quiet: boolean
}

/** What a state is called, in the legend and to a screen reader. */
export const stateNames: Readonly<Record<WordState, string>> = {
  masked: 'masked',
  draft: 'draft',
  new: 'new at this step',
  committed: 'decided',
  given: 'put in by you',
  pinned: 'pinned',
  remasked: 'masked again',
}

function stateOf(frame: Frame, p: number, remasked: readonly number[] | undefined): WordState {
  const at = frame.committedAt[p]!
  if (at === undecidedStep) {
    if (remasked?.some((step) => step <= frame.step)) return 'remasked'
    return frame.candidates[p]! >= 0 ? 'draft' : 'masked'
  }
  if (frame.pinned[p] === 1) return 'pinned'
  if (at === givenStep) return 'given'
  return at === frame.step ? 'new' : 'committed'
}

/** Every position of the reasoning at a frame; none where the run has no reasoning. */
export function wordsAt(
  header: TrajectoryHeader,
  frame: Frame,
  lexicon: Lexicon,
  remasks: ReadonlyMap<number, readonly number[]>,
): Word[] {
  const field = fieldOf(header, 'outputText')
  if (!field) return []
  return Array.from({ length: field.length }, (_, index): Word => {
    const p = field.start + index
    const at = frame.committedAt[p]!
    const decided = at !== undecidedStep
    const token = decided ? frame.tokens[p]! : frame.candidates[p]!
    const given = at === givenStep
    const confidence = token < 0 || given ? null : decided ? frame.confidence[p]! : frame.candidateConfidence[p]!
    return {
      index,
      token,
      label: token < 0 ? '' : lexicon.label(token),
      state: stateOf(frame, p, remasks.get(p)),
      confidence,
      share: confidence === null ? null : confidenceShare(confidence),
      step: decided && !given ? at : null,
      quiet: token >= 0 && (token === lexicon.eos || token === lexicon.pad),
    }
  })
}

/**
 * Where the reasoning ends and the rest can be folded away: at a decided end token, or where everything that follows is
 * end or padding by now. null while it is open. It lies at the tail, so folding moves no word before it.
 */
export function foldFrom(words: readonly Word[], eos: number | null): number | null {
  const end = words.findIndex((word) => word.token === eos && word.token >= 0 && isDecided(word))
  let tail = words.length
  while (tail > 0 && words[tail - 1]!.quiet) tail--
  if (end >= 0) return Math.min(end, tail)
  return tail < words.length ? tail : null
}

export const isDecided = (word: Word): boolean =>
  word.state === 'new' || word.state === 'committed' || word.state === 'given' || word.state === 'pinned'

/** "0.4 %" rather than "0 %", "99.98 %" rather than "100 %". */
export function percent(confidence: number): string {
  if (confidence >= 1) return '100 %'
  const p = confidence * 100
  if (p >= 99.9) return `${Math.min(99.99, Math.floor(p * 100) / 100).toFixed(2)} %`
  if (p >= 1) return `${p.toFixed(p >= 10 ? 0 : 1)} %`
  return p >= 0.01 ? `${p.toFixed(2)} %` : '< 0.01 %'
}

/** A word in one line, as it is read aloud: what it is, how sure, decided when. */
export function describeWord(word: Word): string {
  const what = word.token < 0 ? 'masked' : word.quiet ? 'end of the reasoning' : word.label
  const parts = [what]
  if (word.token >= 0) parts.push(stateNames[word.state])
  if (word.confidence !== null) parts.push(`confidence ${percent(word.confidence)}`)
  if (word.step !== null) parts.push(`step ${word.step}`)
  return parts.join(', ')
}

/** What is said of a cell that no step was to decide. */
export const keptCell = 'kept as it was'

/** An image cell in one line; null outside the picture. */
export function describeCell(header: TrajectoryHeader, frame: Frame, cell: number): string | null {
  const field = fieldOf(header, 'outputImage')
  if (!field || cell < 0 || cell >= field.length) return null
  const p = field.start + cell
  const { grid } = header.image
  const where = `image cell, row ${Math.floor(cell / grid) + 1}, column ${(cell % grid) + 1}`
  const at = frame.committedAt[p]!
  if (at === givenStep) return `${where}, ${keptCell}`
  if (at !== undecidedStep) return `${where}, confidence ${percent(frame.confidence[p]!)}, step ${at}`
  const drafted = frame.candidates[p]! >= 0
  return drafted ? `${where}, draft, confidence ${percent(frame.candidateConfidence[p]!)}` : `${where}, masked`
}

/** The reasoning as plain text, drafts included, up to its end: what is copied. */
export function plainText(words: readonly Word[], eos: number | null): string {
  const end = foldFrom(words, eos) ?? words.length
  return words
    .slice(0, end)
    .filter((word) => !word.quiet)
    .map((word) => (word.token < 0 ? '▒' : word.label.trim()))
    .join(' ')
}
