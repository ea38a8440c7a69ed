/** Pictures as an exported CLIP wants them: what preprocessor_config.json says, in the order its library does it. */
import { z } from 'zod'
import { TandemError } from '../../../shared/errors.ts'

const edge = z.int().positive().max(2048)
const sizeSchema = z.union([edge, z.looseObject({ shortest_edge: edge }), z.looseObject({ height: edge, width: edge })])
const triple = z.tuple([z.number(), z.number(), z.number()])

export const preprocessorSchema = z.looseObject({
  do_resize: z.boolean().default(true),
  size: sizeSchema.default(224),
  do_center_crop: z.boolean().default(true),
  crop_size: sizeSchema.optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: triple.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: triple.default([0.26862954, 0.26130258, 0.27577711]),
  /** Of the library that wrote it: 2 bilinear, 3 bicubic; others are refused. */
  resample: z.union([z.literal(2), z.literal(3)]).default(3),
})
export type Preprocessor = z.infer<typeof preprocessorSchema>

export interface PixelValues {
  /** [1, 3, height, width] */
  readonly data: Float32Array
  readonly dims: readonly number[]
}

/** RGB [size, size, 3] -> pixel values. */
export async function preprocess(config: Preprocessor, rgb: Uint8Array, size: number): Promise<PixelValues> {
  const { default: sharp } = await import('sharp')
  const [height, width] = config.do_resize ? both(config.size) : [size, size]
  const [cropHeight, cropWidth] = config.do_center_crop ? both(config.crop_size ?? config.size) : [height, width]
  if (cropHeight > height || cropWidth > width)
    throw new TandemError(
      `The preprocessor cuts ${cropWidth} x ${cropHeight} px out of ${width} x ${height} px.`,
      'Correct size and crop_size in preprocessor_config.json.',
    )
  const { data, info } = await sharp(rgb, { raw: { width: size, height: size, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: config.resample === 3 ? 'cubic' : 'linear' })
    .extract({
      left: Math.floor((width - cropWidth) / 2),
      top: Math.floor((height - cropHeight) / 2),
      width: cropWidth,
      height: cropHeight,
    })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const pixels = info.width * info.height
  const out = new Float32Array(3 * pixels)
  const factor = config.do_rescale ? config.rescale_factor : 1
  for (let c = 0; c < 3; c++) {
    const [mean, deviation] = config.do_normalize ? [config.image_mean[c]!, config.image_std[c]!] : [0, 1]
    for (let i = 0; i < pixels; i++) out[c * pixels + i] = (data[i * 3 + c]! * factor - mean) / deviation
  }
  return { data: out, dims: [1, 3, info.height, info.width] }
}

/** Our pictures are square: the shorter edge is both. */
function both(size: Preprocessor['size']): [height: number, width: number] {
  if (typeof size === 'number') return [size, size]
  if ('shortest_edge' in size) return [Number(size.shortest_edge), Number(size.shortest_edge)]
  return [Number(size.height), Number(size.width)]
}
