/** The reasoning at a frame as pieces to show: decided words, drafts, masks. Padding and what follows the end are left out. */
import type { ShownWord } from '../../shared/jobs.ts'
import type { Frame } from '../../shared/trajectory-frame.ts'
import { givenStep, undecidedStep, type Trajectory, type TrajectoryHeader } from '../../shared/trajectory.ts'
import type { ModelFolder } from '../model/folder.ts'

export function shownWords(
  model: Pick<ModelFolder, 'config' | 'text'>,
  header: TrajectoryHeader,
  state: Frame,
): ShownWord[] {
  const field = header.fields.find((f) => f.name === 'outputText')
  if (!field) return []
  const { eos, pad } = model.config.special
  const words: ShownWord[] = []
  for (let p = field.start; p < field.start + field.length; p++) {
    const decided = state.committedAt[p] !== undecidedStep
    const token = decided ? state.tokens[p]! : state.candidates[p]!
    if (decided && (token === eos || token === pad)) {
      if (token === eos) break
      continue
    }
    if (token < 0) words.push({ text: '▒', state: 'mask', confidence: 0 })
    else if (decided) {
      const given = state.committedAt[p] === givenStep
      words.push({
        text: model.text.label(token),
        state: given ? 'given' : 'committed',
        confidence: state.confidence[p]!,
      })
    } else if (token !== eos && token !== pad) {
      words.push({ text: model.text.label(token), state: 'candidate', confidence: state.candidateConfidence[p]! })
    }
  }
  return words
}

/** Output positions still masked. */
export function maskedCount(header: TrajectoryHeader, state: Frame): number {
  return state.tokens.reduce((n, token) => n + (token === header.maskId ? 1 : 0), 0) - hiddenMasks(header)
}

/** Masks in the condition (a dropped instruction) are not the run's to decide. */
function hiddenMasks(header: TrajectoryHeader): number {
  return header.fields
    .filter((f) => f.name === 'instruction' || f.name === 'inputImage')
    .reduce((n, f) => n + header.tokens.slice(f.start, f.start + f.length).filter((t) => t === header.maskId).length, 0)
}

/** What every text token of a run reads as, by id: prompt, commits, drafts and edits. */
export function textLabels(
  model: Pick<ModelFolder, 'config' | 'text'>,
  { header, steps, events }: Trajectory,
): Record<string, string> {
  const spans = header.fields.filter((f) => f.modality === 'text')
  const isText = (p: number): boolean => spans.some((f) => p >= f.start && p < f.start + f.length)
  const ids = new Set<number>()
  for (const { start, length } of spans) for (const id of header.tokens.slice(start, start + length)) ids.add(id)
  const take = (positions: readonly number[], tokens: readonly number[]): void =>
    positions.forEach((p, i) => isText(p) && ids.add(tokens[i]!))
  for (const { commits, candidates } of steps)
    for (const picks of [commits, candidates]) take(picks.positions, picks.tokens)
  for (const event of events) if (event.kind === 'replace') take([event.position], [event.token])
  const known = [...ids].filter((id) => id < model.text.size).sort((a, b) => a - b)
  return Object.fromEntries(known.map((id) => [id, model.text.label(id)]))
}
