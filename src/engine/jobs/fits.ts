/** Whether a recorded run belongs to a model: made by it, on its layout, of its tokens. A file may claim anything. */
import { TandemError } from '../../shared/errors.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import type { ModelFolder } from '../model/folder.ts'
import { resolveLayout } from '../model/layout.ts'
import { isRule } from '../sampler/rules.ts'

export function checkFits(model: Pick<ModelFolder, 'hash' | 'config'>, { header, steps, events }: Trajectory): void {
  const made = header.model
  if (made.hash !== model.hash) {
    throw new TandemError(
      `This run was made by another model (${made.name} ${made.hash.slice(0, 8)}).`,
      'Give that model with --model.',
    )
  }
  const { config } = model
  const instruction = header.fields.find((field) => field.name === 'instruction')
  const layout = resolveLayout(config, header.task, instruction?.length)
  const same = (field: (typeof layout.fields)[number], i: number): boolean => {
    const other = header.fields[i]
    return (
      other?.name === field.name &&
      other.start === field.start &&
      other.length === field.length &&
      other.modality === field.modality
    )
  }
  const laidOut =
    header.length === layout.length && header.fields.length === layout.fields.length && layout.fields.every(same)
  const known = (tokens: readonly number[]): boolean => tokens.every((token) => token < config.vocabSize)
  const inVocabulary =
    known(header.tokens) &&
    steps.every(({ commits, candidates }) => known(commits.tokens) && known(candidates.tokens)) &&
    events.every((event) => event.kind !== 'replace' || event.token < config.vocabSize)
  const planned = Object.values(header.schedule).every(({ kind }) => isRule(kind))
  if (laidOut && inVocabulary && planned && header.maskId === config.special.mask) return
  throw new TandemError(
    'The trajectory does not fit the model it names.',
    'Use another copy of the file, or run the edit again.',
  )
}
