/**
 * What tokens read as. The words come from the model's vocabulary, or from the file itself where it brings its labels, so
 * that a run made elsewhere scrubs without its model; where neither is at hand a token is shown by its number.
 */
import type { ModelInfo, Vocabulary } from '../../shared/studio.ts'
import type { TrajectoryHeader } from '../../shared/trajectory.ts'

/** Whether the model that made a run is at hand. */
export type ModelMatch =
  | { readonly kind: 'here'; readonly model: ModelInfo }
  /** A model of that name, with other weights. */
  | { readonly kind: 'other-version'; readonly model: ModelInfo }
  | { readonly kind: 'absent' }

export interface Lexicon {
  readonly label: (token: number) => string
  readonly mask: number
  readonly eos: number | null
  readonly pad: number | null
  readonly source: 'model' | 'file' | 'none'
  /** Tokens a word can be replaced by, in the vocabulary's order. */
  readonly choices: readonly Choice[]
}
export interface Choice {
  readonly token: number
  readonly label: string
}

/** `base`: of a run made here with adapters, whose hash is that of all of them together, the model they were laid on. */
export function matchModel(
  made: { readonly name: string; readonly hash: string },
  models: readonly ModelInfo[],
  base: string | null = null,
): ModelMatch {
  const exact = models.find((model) => model.hash === made.hash || model.id === base)
  if (exact) return { kind: 'here', model: exact }
  const named = models.find((model) => model.name === made.name || model.id === made.name)
  return named ? { kind: 'other-version', model: named } : { kind: 'absent' }
}

/** Labels that a trajectory made elsewhere carries in its header, by token id. */
function labelsIn(header: TrajectoryHeader): Readonly<Record<string, string>> | null {
  const { labels } = header
  return labels && Object.keys(labels).length > 0 ? labels : null
}

/** A token that reads as blank space is shown all the same; one without a label by its number. */
export const visibleLabel = (label: string | undefined, token: number): string =>
  label === undefined ? `#${token}` : label.trim() === '' ? '␣' : label

const isSpecial = (label: string): boolean => /^<[^>]*>$/.test(label) || /^<\|.*\|>$/.test(label)
const namedLike = (choices: readonly Choice[], pattern: RegExp): number | null =>
  choices.find((choice) => pattern.test(choice.label))?.token ?? null

/** The words of a run. The vocabulary of its very model comes first, then the file's labels, then a near model's. */
export function lexiconOf(
  header: TrajectoryHeader,
  vocabulary: Vocabulary | null,
  match: ModelMatch['kind'] = 'here',
): Lexicon {
  const own = labelsIn(header)
  if (vocabulary && (match === 'here' || !own)) {
    const { labels, special } = vocabulary
    return {
      label: (token) => visibleLabel(labels[token], token),
      mask: special.mask,
      eos: special.eos,
      pad: special.pad,
      source: 'model',
      choices: labels.flatMap((label, token) => (label.trim() !== '' && !isSpecial(label) ? [{ token, label }] : [])),
    }
  }
  if (own) {
    const all = Object.entries(own).map(([token, label]) => ({ token: Number(token), label }))
    return {
      label: (token) => visibleLabel(own[String(token)], token),
      mask: header.maskId,
      eos: namedLike(all, /^<\|?(eos|end|eot_id|endoftext|im_end|\/s)\|?>$|^<\/s>$/i),
      pad: namedLike(all, /^<\|?pad\|?>$/i),
      source: 'file',
      choices: all.filter((choice) => choice.label.trim() !== '' && !isSpecial(choice.label)),
    }
  }
  return {
    label: (token) => `#${token}`,
    mask: header.maskId,
    eos: null,
    pad: null,
    source: 'none',
    choices: [],
  }
}

/** Words that start with what is typed, then those that hold it; the exact one first. */
export function suggest(choices: readonly Choice[], typed: string, limit = 8): readonly Choice[] {
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return []
  const rank = (label: string): number => {
    const plain = label.trim().toLowerCase()
    if (plain === wanted) return 0
    if (plain.startsWith(wanted)) return 1
    return plain.includes(wanted) ? 2 : 3
  }
  return choices
    .map((choice, order) => ({ choice, order, rank: rank(choice.label) }))
    .filter((entry) => entry.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.choice.label.length - b.choice.label.length || a.order - b.order)
    .slice(0, limit)
    .map((entry) => entry.choice)
}
