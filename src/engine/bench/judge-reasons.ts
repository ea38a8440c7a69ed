/** Why the exact judge gave what it gave, in words: what is drawn wrong, claimed wrongly, or missing. */
import { cellNames } from '../data/world/cells.ts'
import { isResultClaim, parseReasoning } from '../data/world/grammar.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { World } from '../data/world/world.ts'
import type { Judgement } from './judge.ts'
import { nearestOutcome } from './judge-outcomes.ts'

/** More are counted, not listed. */
const LISTED = 6

/** One sentence a finding; empty where picture and trace are right. */
export function explain(world: World, sample: WorldSample, reasoning: string, judgement: Judgement): string[] {
  const picture = judgement.rightImage ? [] : pictureFindings(sample, judgement)
  const text = judgement.rightReasoning || reasoning === '' ? [] : textFindings(world, sample, reasoning)
  return [...shorten(picture, 'cells'), ...shorten(text, 'sentences')]
}

function shorten(findings: string[], what: string): string[] {
  if (findings.length <= LISTED) return findings
  return [...findings.slice(0, LISTED), `${findings.length - LISTED} more ${what} are wrong.`]
}

const show = (sprite: string | null): string => (sprite === null ? 'nothing' : `the ${sprite}`)

function pictureFindings(sample: WorldSample, { reading }: Judgement): string[] {
  const shown = reading.scene.cells.map((c, i) => (reading.legible[i] ? c : undefined))
  const wanted = nearestOutcome(sample, shown)
  const findings: string[] = []
  if (reading.scene.background !== wanted.background)
    findings.push(`The place is ${reading.scene.background}, not ${wanted.background}.`)
  cellNames.forEach((cell, i) => {
    const [is, should] = [shown[i], wanted.cells[i]!]
    if (is === undefined) findings.push(`${cell} shows nothing that can be named.`)
    else if (is !== should) findings.push(`${cell} shows ${show(is)}, not ${show(should)}.`)
    else if (reading.cellBackgrounds[i] !== reading.scene.background)
      findings.push(`${cell} stands on ${reading.cellBackgrounds[i]!}.`)
  })
  return findings
}

function textFindings(world: World, sample: WorldSample, reasoning: string): string[] {
  const said = parseReasoning(world, reasoning)
  if (!said) return ['The reasoning is not in the language of the world.']
  const texts = said.map((s) => s.text)
  // Where several outcomes are right, the claims about the result are measured elsewhere; observations have one truth.
  const open = sample.freedom.kind !== 'exact'
  const truth = parseReasoning(world, sample.reasoning) ?? []
  const wanted = truth.filter((s) => !open || !isResultClaim(s)).map((s) => s.text)
  const checked = open ? said.filter((s) => !isResultClaim(s)).map((s) => s.text) : texts
  return [
    ...new Set([
      ...checked.filter((t) => !wanted.includes(t)).map((t) => `Wrong: "${t}"`),
      ...wanted.filter((t) => !texts.includes(t)).map((t) => `Missing: "${t}"`),
      ...texts.filter((t, i) => texts.indexOf(t) !== i).map((t) => `Said twice: "${t}"`),
    ]),
  ]
}
