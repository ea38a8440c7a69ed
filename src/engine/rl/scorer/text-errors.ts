/**
 * Planted errors of the text: what is said of the right picture is false, or no longer a sentence. Rollouts of one prompt
 * often draw the same picture and say different things of it, so these are the differences a reward has to hear.
 */
import type { Random } from '../../data/random.ts'
import { CELLS, cellIndex, cellNames } from '../../data/world/cells.ts'
import { parseReasoning, sentence, type Sentence } from '../../data/world/grammar.ts'
import type { World } from '../../data/world/world.ts'
import type { Claims } from './errors.ts'

export const textErrorNames = [
  'said of the wrong place',
  'said of the wrong sprite',
  'wrong background said',
  'false claim added',
  'claim of chance',
  'broken sentence',
] as const
export type TextErrorName = (typeof textErrorNames)[number]

/** What is said: sentences before the claims about the result, and these. */
export interface Said {
  readonly claims: Claims
  readonly thinking: readonly Sentence[]
  readonly results: readonly Sentence[]
}

export const sentenceWords = (sentences: readonly Sentence[]): string[] => sentences.flatMap((s) => s.text.split(' '))

/** The words with this error in them; null where the text leaves no room for it. The picture stays as it is. */
export function plantTextError(world: World, said: Said, error: TextErrorName, random: Random): string[] | null {
  const { output } = said.claims
  const isFalse = ({ kind, slots }: Sentence): boolean =>
    kind === 'nowPlace'
      ? output.background !== slots['background']
      : output.cells[cellIndex(slots['cell']!)] !== (kind === 'nowHas' ? slots['sprite']! : null)
  const sprites = world.sprites.map(({ name }) => name)
  const falseClaim = (make: () => Sentence): Sentence | null => {
    for (let tries = 0; tries < 8; tries++) {
      const claim = make()
      if (isFalse(claim)) return claim
    }
    return null
  }
  const anyCell = (): string => cellNames[random.int(CELLS)]!
  const anyClaim = (): Sentence =>
    random.next() < 0.5
      ? sentence('nowEmpty', { cell: anyCell() })
      : sentence('nowHas', { cell: anyCell(), sprite: random.pick(drawn.length > 0 ? drawn : sprites) })
  const drawn = output.cells.filter((content) => content !== null)
  /** The result with one claim of a kind told otherwise. */
  const retold = (kinds: readonly string[], tell: (claim: Sentence) => Sentence): string[] | null => {
    const places = said.results.flatMap(({ kind }, i) => (kinds.includes(kind) ? [i] : []))
    if (places.length === 0) return null
    const at = random.pick(places)
    const wrong = falseClaim(() => tell(said.results[at]!))
    return wrong && sentenceWords([...said.thinking, ...said.results.map((claim, i) => (i === at ? wrong : claim))])
  }
  switch (error) {
    case 'said of the wrong place':
      return retold(['nowHas', 'nowEmpty'], ({ kind, slots }) => sentence(kind, { ...slots, cell: anyCell() }))
    case 'said of the wrong sprite':
      return retold(['nowHas'], ({ kind, slots }) => sentence(kind, { ...slots, sprite: random.pick(sprites) }))
    case 'wrong background said':
      return retold(['nowPlace'], ({ kind }) => sentence(kind, { background: random.pick(world.backgrounds) }))
    case 'false claim added': {
      const wrong = falseClaim(anyClaim)
      const at = random.int(said.results.length + 1)
      return wrong && sentenceWords([...said.thinking, ...said.results.slice(0, at), wrong, ...said.results.slice(at)])
    }
    case 'claim of chance':
      return retold(['nowHas', 'nowEmpty', 'nowPlace'], anyClaim)
    case 'broken sentence': {
      const words = sentenceWords([...said.thinking, ...said.results])
      const at = random.int(words.length)
      // A word lost, said twice, or another one of the text in its place.
      const instead = [[], [words[at]!, words[at]!], [random.pick(words)]][random.int(3)]!
      const broken = [...words.slice(0, at), ...instead, ...words.slice(at + 1)]
      return parseReasoning(world, broken.join(' ')) === null ? broken : null
    }
  }
}

/** Any error that can be planted; null where none can. */
export function plantAnyText(world: World, said: Said, random: Random): string[] | null {
  // Which place is meant is what goes wrong most: it comes first as often as all others.
  const first = random.next() < 0.5 ? (['said of the wrong place'] as const) : []
  for (const error of [...first, ...random.shuffle(textErrorNames)]) {
    const words = plantTextError(world, said, error, random)
    if (words) return words
  }
  return null
}
