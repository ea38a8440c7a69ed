/** Pictures of code grids, through a model's image tokenizer. Cells that are not known yet are grey. */
import type { JobUpdate, Raster, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelFolder } from '../model/folder.ts'
import type { JobContext } from './context.ts'

const GREY = 128

export async function* decodeJob(spec: SpecOf<'decode'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const { model } = await context.engine(spec.model)
  const rasters: Raster[] = []
  for (const codes of spec.pictures) {
    if (context.signal.aborted) return
    rasters.push(await decodeRaster(model, codes))
  }
  yield { type: 'result', result: { rasters } }
}

/** Codes [grid * grid], -1 where unknown -> RGB [size, size, 3]. */
export async function decodeRaster(
  { config, image }: Pick<ModelFolder, 'config' | 'image'>,
  codes: readonly number[],
): Promise<Raster> {
  const { grid, size, factor, codebookSize } = config.image
  if (codes.length !== grid * grid || codes.some((code) => code >= codebookSize))
    throw new TandemError('These codes are not of this model.', 'Open the run with the model that made it.')
  const rgb = await image.decode(Int32Array.from(codes, (code) => Math.max(0, code)))
  codes.forEach((code, cell) => {
    if (code >= 0) return
    const left = (cell % grid) * factor * 3
    for (let y = 0; y < factor; y++) {
      const row = (Math.floor(cell / grid) * factor + y) * size * 3 + left
      rgb.fill(GREY, row, row + factor * 3)
    }
  })
  return { width: size, height: size, rgb }
}
