/**
 * What a person's blind votes between two runs say: how often B won, how sure that is, and whether the judges that marked
 * the same answers prefer the same. A vote for neither ("tie", "both bad") is half a win for each.
 */
import type { Vote, VotedPair, VoteReport, VoteShares } from '../../shared/bench-read.ts'
import { dimensionNames, type Estimate } from '../../shared/bench.ts'
import { byPrompt, toEstimate, type Judged } from './group.ts'
import { clusterBootstrap, correlation } from './intervals.ts'
import { answerKey } from './run-folder.ts'

interface Pair extends VotedPair {
  readonly category: string
}
type Preference = 'a' | 'b' | 'neither'

const preferenceOf = (vote: Vote): Preference => (vote === 'a' || vote === 'b' ? vote : 'neither')
const worth: Readonly<Record<Preference, number>> = { a: 0, neither: 0.5, b: 1 }
const round = (x: number, digits = 3): number => Number(x.toFixed(digits))

/** `judges`: for each, what it made of the answers of A and of B. */
export function reportVotes(
  votes: readonly VotedPair[],
  categoryOf: (id: string) => string,
  judges: readonly { readonly judge: string; readonly a: readonly Judged[]; readonly b: readonly Judged[] }[],
): VoteReport {
  const pairs = votes.map((vote): Pair => ({ ...vote, category: categoryOf(vote.id) }))
  const overall = sharesOf(pairs)
  return {
    overall,
    categories: Object.fromEntries(
      [...Map.groupBy(pairs, ({ category }) => category)].map(([name, own]) => [name, sharesOf(own)]),
    ),
    elo: eloOf(overall.win_rate),
    agreement: judges.flatMap(({ judge, a, b }) => agreement(judge, pairs, a, b) ?? []),
  }
}

function sharesOf(pairs: readonly Pair[]): VoteShares {
  const count = (wanted: Vote): number => pairs.filter(({ vote }) => vote === wanted).length
  const prompts = byPrompt(pairs)
  const { columns } = clusterBootstrap(
    prompts.map((own) => own.map(({ vote }) => [worth[preferenceOf(vote)]])),
    1,
  )
  return {
    pairs: pairs.length,
    prompts: prompts.length,
    a: count('a'),
    b: count('b'),
    tie: count('tie'),
    both_bad: count('both-bad'),
    win_rate: toEstimate(columns[0]!, 4) ?? { value: 0.5, low: 0, high: 1 },
  }
}

/** Of two runs the Bradley-Terry maximum likelihood is the log odds of winning; 400 points are odds of ten to one. */
function eloOf({ value, low, high }: Estimate): Estimate | null {
  if (value <= 0 || value >= 1) return null
  // An end at 0 or 1 has no odds: it is shown as the largest that is still a number.
  const elo = (p: number): number => {
    const inside = Math.min(0.9999, Math.max(0.0001, p))
    return round(400 * Math.log10(inside / (1 - inside)), 0)
  }
  return { value: elo(value), low: elo(low), high: elo(high) }
}

/** Mean of the columns both answers have; 0 where they have none in common. */
function difference(a: Judged, b: Judged): number {
  const columns = dimensionNames.flatMap((name) => {
    const [x, y] = [a.scores[name], b.scores[name]]
    return x === null || y === null ? [] : [y - x]
  })
  return columns.length === 0 ? 0 : columns.reduce((sum, d) => sum + d, 0) / columns.length
}

function agreement(
  judge: string,
  pairs: readonly Pair[],
  a: readonly Judged[],
  b: readonly Judged[],
): VoteReport['agreement'][number] | null {
  const [ofA, ofB] = [a, b].map((rows) => new Map(rows.map((row) => [answerKey(row), row])))
  const both = pairs.flatMap((pair) => {
    const [x, y] = [ofA!.get(answerKey(pair)), ofB!.get(answerKey(pair))]
    return x && y ? [{ person: preferenceOf(pair.vote), change: difference(x, y) }] : []
  })
  if (both.length === 0) return null
  const said = both.map(({ person, change }): readonly [Preference, Preference] => [
    person,
    change > 1e-9 ? 'b' : change < -1e-9 ? 'a' : 'neither',
  ])
  const r = correlation(both.map(({ person, change }) => [2 * worth[person] - 1, change] as const))
  const kappa = cohensKappa(said)
  return {
    judge,
    pairs: both.length,
    same: round(said.filter(([x, y]) => x === y).length / said.length, 4),
    kappa: kappa === null ? null : round(kappa),
    correlation: r === null ? null : round(r),
  }
}

/** Cohen's kappa (Cohen 1960); null where chance alone would agree always. */
export function cohensKappa<T>(said: readonly (readonly [T, T])[]): number | null {
  const n = said.length
  if (n === 0) return null
  const observed = said.filter(([x, y]) => x === y).length / n
  const share = (side: 0 | 1, value: T): number => said.filter((pair) => pair[side] === value).length / n
  const expected = [...new Set(said.flat())].reduce((sum, value) => sum + share(0, value) * share(1, value), 0)
  return 1 - expected < 1e-9 ? null : (observed - expected) / (1 - expected)
}
