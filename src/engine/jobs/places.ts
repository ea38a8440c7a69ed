/** Places and tokens as a person names them, turned into sequence positions and ids of a model. */
import type { Place } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import type { TrajectoryHeader } from '../../shared/trajectory.ts'
import type { ModelFolder } from '../model/folder.ts'

/** Of a trajectory's header or of a model's layout. */
interface Fields {
  readonly fields: readonly TrajectoryHeader['fields'][number][]
}

/** The sequence position of a place in an output field. Conditions cannot be edited. */
export function positionOf({ fields }: Fields, place: Place): number {
  const outputs = fields.filter((field) => field.name === 'outputImage' || field.name === 'outputText')
  if (place.field === 'sequence') {
    const inside = outputs.some((f) => place.index >= f.start && place.index < f.start + f.length)
    if (inside) return place.index
    throw new TandemError(
      `Position ${place.index} is not part of the output.`,
      `Choose one of ${outputs.map((f) => `${f.start}-${f.start + f.length - 1}`).join(', ')}.`,
    )
  }
  const field = outputs.find((f) => f.name === place.field)
  if (!field) throw new TandemError('This run has no reasoning to edit.', 'Run it in another mode than image-only.')
  if (place.index < field.length) return field.start + place.index
  throw new TandemError(`There is no place ${place.index} there.`, `Choose one from 0 to ${field.length - 1}.`)
}

/**
 * The id of a token as a person gives it: `#ID` is any id of the vocabulary; a plain number is an image code or, where
 * the model knows no such word, a text id; anything else is a word.
 */
export function tokenAt(
  { config, text }: Pick<ModelFolder, 'config' | 'text'>,
  { fields }: Fields,
  position: number,
  token: string,
): number {
  const { offset, codebookSize } = config.image
  const field = fields.find((f) => position >= f.start && position < f.start + f.length)
  const number = /^#?\d+$/.test(token) ? Number(token.replace('#', '')) : NaN
  if (field?.modality === 'image') {
    const code = token.startsWith('#') ? number - offset : number
    if (code >= 0 && code < codebookSize) return offset + code
    throw new TandemError(`"${token}" is not an image code.`, `Give a number from 0 to ${codebookSize - 1}.`)
  }
  if (token === '<eos>') return config.special.eos
  if (token === '<pad>') return config.special.pad
  const ids = token.startsWith('#') ? [] : text.encode(token)
  if (ids.length === 1) return ids[0]!
  if (Number.isNaN(number))
    throw new TandemError(`"${token}" is not one token of this model.`, 'Give a single word it knows, or a token id.')
  if (number < config.textVocabSize && number !== config.special.mask) return number
  throw new TandemError(
    `There is no text token ${token}.`,
    `Give an id from 1 to ${config.textVocabSize - 1}, or a word.`,
  )
}
