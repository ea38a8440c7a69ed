/** What a checkpoint holds against what it should hold: everything that is missing, extra or misshapen, in one sentence. */
import { TandemError } from '../../shared/errors.ts'
import { listed, type Checkpoint } from './shards.ts'
import { weightTypes } from './weight-types.ts'

export type Shapes = ReadonlyMap<string, readonly number[]>

/** Tensors that may be there and are not used. */
export type Ignored = (name: string) => boolean

export interface Difference {
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly misshapen: readonly string[]
  /** Of a type that is not computed with. */
  readonly mistyped: readonly string[]
}

const FLOATS: readonly string[] = Object.keys(weightTypes)

export function compareTensors(checkpoint: Pick<Checkpoint, 'tensors'>, shapes: Shapes, ignored: Ignored): Difference {
  const { tensors } = checkpoint
  const known = [...shapes].filter(([name]) => tensors.has(name))
  const shape = (dims: readonly number[]): string => `[${dims.join(', ')}]`
  return {
    missing: [...shapes.keys()].filter((name) => !tensors.has(name)),
    extra: [...tensors.keys()].filter((name) => !shapes.has(name) && !ignored(name)),
    misshapen: known
      .filter(([name, dims]) => tensors.get(name)!.shape.join() !== dims.join())
      .map(([name, dims]) => `${name} ${shape(tensors.get(name)!.shape)} instead of ${shape(dims)}`),
    mistyped: known
      .filter(([name]) => !FLOATS.includes(tensors.get(name)!.dtype))
      .map(([name]) => `${name} (${tensors.get(name)!.dtype})`),
  }
}

/** The weights are those of something else, with all that differs. */
export class WrongTensors extends TandemError {
  readonly difference: Difference

  constructor(message: string, difference: Difference) {
    super(message, 'Use weights and config of one checkpoint.')
    this.difference = difference
  }
}

/** Throws a WrongTensors that lists every difference, or returns. */
export function checkTensors(what: string, checkpoint: Checkpoint, shapes: Shapes, ignored: Ignored): void {
  const difference = compareTensors(checkpoint, shapes, ignored)
  const parts: [string, readonly string[]][] = [
    ['missing', difference.missing],
    ['extra', difference.extra],
    ['misshapen', difference.misshapen],
    [`of a type that is not computed with (${FLOATS.join(', ')} are)`, difference.mistyped],
  ]
  const wrong = parts.filter(([, names]) => names.length > 0)
  if (wrong.length === 0) return
  const lists = wrong.map(([word, names]) => `${word}: ${listed(names, 8)}`)
  throw new WrongTensors(`The weights are not those of ${what}. ${lists.join('; ')}.`, difference)
}
