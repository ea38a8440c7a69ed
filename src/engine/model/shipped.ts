/** The config of a shipped model: ids from its text tokenizer, the paper's layout, sizes from a recipe. */
import type { ImageTokenizerConfig, ModelConfig, Segment } from '../../shared/model-config.ts'
import { modelConfigSchema } from '../../shared/model-config.ts'
import { specialTokens, type SpecialToken } from './text-tokenizer.ts'

export interface ShippedSizes {
  readonly name: string
  readonly dModel: number
  readonly layers: number
  readonly heads: number
  readonly mlpHidden: number
  readonly ropeTheta: number
  readonly options: ModelConfig['options']
  readonly instructionLength: number
  readonly reasoningLength: number
}

/** Layout of the paper: `task soi [img] eoi bos [instruction]`, then `soi [img] eoi bos [reasoning]`; texts end in eos. */
export function shippedConfig(
  sizes: ShippedSizes,
  textSize: number,
  image: ImageTokenizerConfig,
  pictureSize: number,
): ModelConfig {
  const id = (token: SpecialToken): number => specialTokens.indexOf(token)
  const grid = pictureSize / image.factor
  const control = (...tokens: SpecialToken[]): Segment => ({ kind: 'control', tokens: tokens.map(id) })
  const field = (name: Extract<Segment, { kind: 'field' }>['name'], length: number): Segment => ({
    kind: 'field',
    name,
    length,
  })
  const codes = grid * grid
  const picture = (name: 'inputImage' | 'outputImage'): Segment[] => [
    control('<soi>'),
    field(name, codes),
    control('<eoi>'),
  ]
  const instruction = [control('<bos>'), field('instruction', sizes.instructionLength)]
  const thinking = [control('<bos>'), field('outputText', sizes.reasoningLength)]
  const { instructionLength: _i, reasoningLength: _r, ...architecture } = sizes
  return modelConfigSchema.parse({
    format: 'tandem-model',
    version: 1,
    ...architecture,
    normEps: 1e-5,
    vocabSize: textSize + 2 ** image.bits,
    textVocabSize: textSize,
    image: { size: pictureSize, grid, factor: image.factor, offset: textSize, codebookSize: 2 ** image.bits },
    special: {
      mask: id('<mask>'),
      pad: id('<pad>'),
      bos: id('<bos>'),
      eos: id('<eos>'),
      soi: id('<soi>'),
      eoi: id('<eoi>'),
    },
    layouts: {
      edit: [control('<edit>'), ...picture('inputImage'), ...instruction, ...picture('outputImage'), ...thinking],
      generate: [control('<generate>'), ...instruction, ...picture('outputImage'), ...thinking],
      editImageOnly: [
        control('<edit-image-only>'),
        ...picture('inputImage'),
        ...instruction,
        ...picture('outputImage'),
      ],
      generateImageOnly: [control('<generate-image-only>'), ...instruction, ...picture('outputImage')],
    },
  } satisfies ModelConfig)
}
