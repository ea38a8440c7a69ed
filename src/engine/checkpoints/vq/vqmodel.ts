/**
 * diffusers' VQModel, as aMUSEd and MMaDA-Parallel-A use it: the same blocks under diffusers' names, a learnt codebook, the
 * nearest entry as the code. Depths and widths are those the tensors show; the config gives the groups of the norms.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../../shared/errors.ts'
import { mul, scale, silu, sub } from '../../graph/ops/elementwise.ts'
import { gather } from '../../graph/ops/gather.ts'
import { argmax } from '../../graph/ops/logic.ts'
import { linear } from '../../graph/ops/matmul.ts'
import { reduceSum } from '../../graph/ops/reduce.ts'
import { reshape, transpose } from '../../graph/ops/shape.ts'
import type { Value } from '../../graph/types.ts'
import { readJson } from '../../model/folder.ts'
import type { Checkpoint } from '../shards.ts'
import { countOf, type VqPlan } from './family.ts'
import { attention, convolve, double, halve, norm, residual, type Network } from './network.ts'
import { ShapeList } from './shapes.ts'

const ATTENTION = { norm: 'group_norm', query: 'to_q', key: 'to_k', value: 'to_v', out: 'to_out.0' } as const
const SHORTCUT = 'conv_shortcut'

const fileSchema = z.looseObject({
  _class_name: z.string().nullish(),
  act_fn: z.literal('silu', 'only SiLU can be read').nullish(),
  norm_num_groups: z.int().positive().default(32),
  norm_type: z.literal('group', 'only group norms can be read').nullish(),
})

export const isVqModel = ({ tensors }: Pick<Checkpoint, 'tensors'>): boolean =>
  tensors.has('encoder.down_blocks.0.resnets.0.conv1.weight')

interface Stage {
  readonly name: string
  readonly blocks: number
  /** Name of the convolution that changes the size. */
  readonly resize: string | null
}

export async function planVqModel({ tensors, directory }: Checkpoint): Promise<VqPlan> {
  const file = await readJson(join(directory, 'config.json'), fileSchema, 'the config of the image tokenizer')
  const names = [...tensors.keys()]
  const shapeOf = (name: string): readonly number[] => {
    const shape = tensors.get(`${name}.weight`)?.shape
    if (shape) return shape
    throw new TandemError(`The image tokenizer has no ${name}.weight.`, 'Use a whole checkpoint of a VQModel.')
  }
  const list = new ShapeList()
  const colours = 3
  let width = shapeOf('encoder.conv_in')[0]!
  const stages = (side: string, sampler: string): Stage[] =>
    Array.from({ length: countOf(names, `${side}.#.resnets.`) }, (_, i) => {
      const name = `${side}.${i}`
      const blocks = countOf(names, `${name}.resnets.#.`)
      for (let b = 0; b < blocks; b++) {
        const out = shapeOf(`${name}.resnets.${b}.conv1`)[0]!
        list.residual(`${name}.resnets.${b}`, SHORTCUT, width, out)
        width = out
      }
      const resize = `${name}.${sampler}.0.conv`
      const resizes = tensors.has(`${resize}.weight`)
      if (resizes) list.conv(resize, width, width)
      return { name, blocks, resize: resizes ? resize : null }
    })
  const middle = (half: string): boolean => {
    const attends = tensors.has(`${half}.mid_block.attentions.0.to_q.weight`)
    list.residual(`${half}.mid_block.resnets.0`, SHORTCUT, width, width)
    list.residual(`${half}.mid_block.resnets.1`, SHORTCUT, width, width)
    if (attends) {
      list.norm(`${half}.mid_block.attentions.0.group_norm`, width)
      for (const part of ['to_q', 'to_k', 'to_v', 'to_out.0'])
        list.dense(`${half}.mid_block.attentions.0.${part}`, width, width)
    }
    return attends
  }

  list.conv('encoder.conv_in', width, colours)
  const downs = stages('encoder.down_blocks', 'downsamplers')
  const encoderAttends = middle('encoder')
  const latent = shapeOf('encoder.conv_out')[0]!
  list.norm('encoder.conv_norm_out', width)
  list.conv('encoder.conv_out', latent, width)
  const [entries, size] = shapeOf('quantize.embedding') as [number, number]
  list.shapes.set('quantize.embedding.weight', [entries, size])
  list.conv('quant_conv', size, latent, 1)
  list.conv('post_quant_conv', latent, size, 1)

  width = shapeOf('decoder.conv_in')[0]!
  list.conv('decoder.conv_in', width, latent)
  const decoderAttends = middle('decoder')
  const ups = stages('decoder.up_blocks', 'upsamplers')
  list.norm('decoder.conv_norm_out', width)
  list.conv('decoder.conv_out', colours, width)
  const halvings = downs.filter((stage) => stage.resize).length
  if (ups.filter((stage) => stage.resize).length !== halvings)
    throw new TandemError(
      'Encoder and decoder of the image tokenizer do not undo each other.',
      'Use a whole checkpoint of a VQModel.',
    )
  const throughMiddle = (network: Network, half: string, attends: boolean, x: Value): Value => {
    const first = residual(network, `${half}.mid_block.resnets.0`, SHORTCUT, x)
    const seen = attends ? attention(network, `${half}.mid_block.attentions.0`, ATTENTION, first) : first
    return residual(network, `${half}.mid_block.resnets.1`, SHORTCUT, seen)
  }
  const throughStage = (network: Network, { name, blocks }: Stage, x: Value): Value => {
    for (let b = 0; b < blocks; b++) x = residual(network, `${name}.resnets.${b}`, SHORTCUT, x)
    return x
  }

  return {
    family: 'vqmodel',
    factor: 2 ** halvings,
    codebookSize: entries,
    range: [0, 1],
    groups: file.norm_num_groups,
    eps: 1e-6,
    shapes: list.shapes,
    ignored: () => false,
    encode(network, pixels) {
      let x = convolve(network, 'encoder.conv_in', pixels)
      for (const stage of downs) {
        x = throughStage(network, stage, x)
        if (stage.resize) x = halve(network, stage.resize, x)
      }
      x = throughMiddle(network, 'encoder', encoderAttends, x)
      x = convolve(network, 'encoder.conv_out', silu(norm(network, 'encoder.conv_norm_out', x)))
      x = convolve(network, 'quant_conv', x)
      const cells = Number(x.shape[2]) * Number(x.shape[3])
      const rows = transpose(reshape(x, [size, cells]), [1, 0])
      // The nearest entry e of z: the largest 2 z.e - e.e.
      const book = network.parameter('quantize.embedding.weight')
      const squares = reshape(reduceSum(mul(book, book), [1], false), [1, entries])
      return reshape(argmax(sub(scale(linear(rows, book), 2), squares)), [cells])
    },
    decode(network, codes, height, width) {
      const looked = gather(network.parameter('quantize.embedding.weight'), codes)
      let x = reshape(transpose(looked, [1, 0]), [1, size, height, width])
      x = convolve(network, 'decoder.conv_in', convolve(network, 'post_quant_conv', x))
      x = throughMiddle(network, 'decoder', decoderAttends, x)
      for (const stage of ups) {
        x = throughStage(network, stage, x)
        if (stage.resize) x = double(network, stage.resize, x)
      }
      return convolve(network, 'decoder.conv_out', silu(norm(network, 'decoder.conv_norm_out', x)))
    },
  }
}
