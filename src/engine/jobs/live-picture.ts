/**
 * The picture of a run as it stands, for whoever watches. Steps that leave it as it was are not decoded again: a published
 * model draws at a quarter of its steps, and its image tokenizer takes seconds at 512 pixels.
 */
import type { Raster } from '../../shared/jobs.ts'
import type { ModelFolder } from '../model/folder.ts'
import { decodeRaster } from './decode.ts'

export function livePicture(
  model: Pick<ModelFolder, 'config' | 'image'>,
): (codes: readonly number[]) => Promise<Raster> {
  let last: { readonly codes: readonly number[]; readonly raster: Raster } | null = null
  return async (codes) => {
    if (last?.codes.length === codes.length && last.codes.every((code, i) => code === codes[i])) return last.raster
    const raster = await decodeRaster(model, codes)
    last = { codes, raster }
    return raster
  }
}
