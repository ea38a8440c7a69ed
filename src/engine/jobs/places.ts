/** Places and tokens as a person names them, turned into sequence positions and ids of a model. */
import type { Place } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import type { TrajectoryHeader } from '../../shared/trajectory.ts'
import type { ModelFolder } from '../model/folder.ts'

type Fields = Pick<TrajectoryHeader, 'fields' | 'length'>

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

/** The id of a token given as a number (text: token id, image: code) or as a word of the vocabulary. */
export function tokenAt(model: ModelFolder, { fields }: Fields, position: number, token: string): number {
  const { config, text } = model
  const field = fields.find((f) => position >= f.start && position < f.start + f.length)
  if (field?.modality === 'image') {
    const code = /^\d+$/.test(token) ? Number(token) : NaN
    if (code < config.image.codebookSize) return config.image.offset + code
    throw new TandemError(
      `"${token}" is not an image code.`,
      `Give a number from 0 to ${config.image.codebookSize - 1}.`,
    )
  }
  if (/^#\d+$/.test(token)) {
    const id = Number(token.slice(1))
    if (id < config.textVocabSize && id !== config.special.mask) return id
    throw new TandemError(`There is no text token ${token}.`, `Give a number below ${config.textVocabSize}.`)
  }
  if (token === '<eos>') return config.special.eos
  if (token === '<pad>') return config.special.pad
  const ids = text.encode(token)
  if (ids.length === 1) return ids[0]!
  throw new TandemError(`"${token}" is not one token of this model.`, 'Give a single word it knows, or #ID.')
}
