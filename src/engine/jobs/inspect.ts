/**
 * Is a picture at home in a model? Encoded and decoded again it should look the same; where it does not, the model
 * cannot draw what is there, and will not keep it either.
 */
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { readPicture } from '../images.ts'
import type { JobContext } from './context.ts'

/** Mean squared error of a cell above which it visibly differs: the worst cell of 60 full scenes of the shipped world has 474. */
const FOREIGN_MSE = 900

export async function* inspectJob(spec: SpecOf<'inspect'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const { config, image } = (await context.engine(spec.model)).model
  const { size, grid, factor } = config.image
  const { rgb } = await readPicture(spec.picture, { size })
  const again = await image.decode(await image.encode(rgb))
  const errors = new Float64Array(grid * grid)
  for (let i = 0; i < rgb.length; i++) {
    const pixel = Math.floor(i / 3)
    const cell = Math.floor(Math.floor(pixel / size) / factor) * grid + Math.floor((pixel % size) / factor)
    errors[cell]! += (rgb[i]! - again[i]!) ** 2 / (factor * factor * 3)
  }
  const mean = errors.reduce((a, b) => a + b, 0) / errors.length
  const foreign = [...errors.keys()].filter((cell) => errors[cell]! > FOREIGN_MSE)
  yield { type: 'result', result: { psnr: mean === 0 ? 99 : 10 * Math.log10(255 ** 2 / mean), foreign } }
}
