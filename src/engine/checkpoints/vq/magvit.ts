/**
 * MAGVIT-v2 (Yu et al. 2024) as the MMaDA family uses it: an encoder that halves, a decoder that doubles, and look-up free
 * quantisation (a code is the signs of its channels, most significant first). Depths and widths are those the tensors show;
 * norms have 32 groups.
 */
import { mul, scalar } from '../../graph/ops/elementwise.ts'
import { gather } from '../../graph/ops/gather.ts'
import { silu } from '../../graph/ops/elementwise.ts'
import { cast, less } from '../../graph/ops/logic.ts'
import { reduceSum } from '../../graph/ops/reduce.ts'
import { reshape, transpose } from '../../graph/ops/shape.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { Checkpoint } from '../shards.ts'
import { countOf, type VqPlan } from './family.ts'
import { attention, convolve, double, halve, norm, residual, type Network } from './network.ts'
import { ShapeList } from './shapes.ts'

const GROUPS = 32
const ATTENTION = { norm: 'norm', query: 'q', key: 'k', value: 'v', out: 'proj_out' } as const
const SHORTCUT = 'nin_shortcut'

/** Tables of the quantiser, which its width alone determines. */
const isTable = (name: string): boolean => /^quantize\.(embedding|power_vals)$/.test(name)

export const isMagvit = ({ tensors }: Pick<Checkpoint, 'tensors'>): boolean =>
  tensors.has('encoder.down.0.block.0.conv1.weight')

export function planMagvit({ tensors }: Checkpoint): VqPlan {
  const names = [...tensors.keys()]
  const has = (name: string): boolean => tensors.has(name)
  const outputs = (name: string): number => {
    const size = tensors.get(`${name}.weight`)?.shape[0]
    if (size) return size
    throw new TandemError(`The image tokenizer has no ${name}.weight.`, 'Use a whole checkpoint of MAGVIT-v2.')
  }
  const list = new ShapeList()
  const levels = countOf(names, 'encoder.down.#.block.')
  const bits = outputs('encoder.conv_out')
  let width = outputs('encoder.conv_in')
  const colours = 3
  list.conv('encoder.conv_in', width, colours)
  const downs = Array.from({ length: levels }, (_, level) => {
    const blocks = countOf(names, `encoder.down.${level}.block.#.`)
    for (let b = 0; b < blocks; b++) {
      const name = `encoder.down.${level}.block.${b}`
      const out = outputs(`${name}.conv1`)
      list.residual(name, SHORTCUT, width, out)
      width = out
    }
    const shrinks = has(`encoder.down.${level}.downsample.conv.weight`)
    if (shrinks) list.conv(`encoder.down.${level}.downsample.conv`, width, width)
    return { blocks, shrinks }
  })
  middle(list, 'encoder', width)
  list.norm('encoder.norm_out', width)
  list.conv('encoder.conv_out', bits, width)
  list.conv('encoder.quant_conv', bits, bits, 1)

  width = outputs('decoder.conv_in')
  list.conv('decoder.post_quant_conv', bits, bits, 1)
  list.conv('decoder.conv_in', width, bits)
  middle(list, 'decoder', width)
  const ups = Array.from({ length: countOf(names, 'decoder.up.#.block.') }, (_, level) => level)
    .toReversed()
    .map((level) => {
      const blocks = countOf(names, `decoder.up.${level}.block.#.`)
      for (let b = 0; b < blocks; b++) {
        const name = `decoder.up.${level}.block.${b}`
        const out = outputs(`${name}.conv1`)
        list.residual(name, SHORTCUT, width, out)
        width = out
      }
      const grows = has(`decoder.up.${level}.upsample.conv.weight`)
      if (grows) list.conv(`decoder.up.${level}.upsample.conv`, width, width)
      return { level, blocks, grows }
    })
  list.norm('decoder.norm_out', width)
  list.conv('decoder.conv_out', colours, width)
  const halvings = downs.filter((down) => down.shrinks).length
  if (ups.filter((up) => up.grows).length !== halvings || bits > 20)
    throw new TandemError(
      'Encoder and decoder of the image tokenizer do not undo each other.',
      'Use a whole checkpoint of MAGVIT-v2.',
    )

  return {
    family: 'magvitv2',
    factor: 2 ** halvings,
    codebookSize: 2 ** bits,
    range: [-1, 1],
    groups: GROUPS,
    eps: 1e-6,
    shapes: list.shapes,
    ignored: isTable,
    encode(network, pixels) {
      let x = convolve(network, 'encoder.conv_in', pixels)
      downs.forEach(({ blocks, shrinks }, level) => {
        for (let b = 0; b < blocks; b++) x = residual(network, `encoder.down.${level}.block.${b}`, SHORTCUT, x)
        if (shrinks) x = halve(network, `encoder.down.${level}.downsample.conv`, x)
      })
      x = throughMiddle(network, 'encoder', x)
      x = convolve(network, 'encoder.conv_out', silu(norm(network, 'encoder.norm_out', x)))
      x = convolve(network, 'encoder.quant_conv', x)
      const cells = Number(x.shape[2]) * Number(x.shape[3])
      const channels = transpose(reshape(x, [bits, cells]), [1, 0])
      const powers = Float32Array.from({ length: bits }, (_, i) => 2 ** (bits - 1 - i))
      const set = cast(less(scalar(x, 0), channels), 'float32')
      const codes = reduceSum(mul(set, x.graph.constant(powers, [1, bits])), [1], false)
      return cast(codes, 'int64')
    },
    decode(network, codes, height, width) {
      const signs = new Float32Array(2 ** bits * bits)
      for (let code = 0; code < 2 ** bits; code++)
        for (let i = 0; i < bits; i++) signs[code * bits + i] = (code >> (bits - 1 - i)) & 1 ? 1 : -1
      const looked = gather(network.graph.constant(signs, [2 ** bits, bits]), codes)
      let x = reshape(transpose(looked, [1, 0]), [1, bits, height, width])
      x = convolve(network, 'decoder.conv_in', convolve(network, 'decoder.post_quant_conv', x))
      x = throughMiddle(network, 'decoder', x)
      for (const { level, blocks, grows } of ups) {
        for (let b = 0; b < blocks; b++) x = residual(network, `decoder.up.${level}.block.${b}`, SHORTCUT, x)
        if (grows) x = double(network, `decoder.up.${level}.upsample.conv`, x)
      }
      return convolve(network, 'decoder.conv_out', silu(norm(network, 'decoder.norm_out', x)))
    },
  }
}

function middle(list: ShapeList, half: string, width: number): void {
  list.residual(`${half}.mid.block_1`, SHORTCUT, width, width)
  list.norm(`${half}.mid.attn_1.norm`, width)
  for (const part of ['q', 'k', 'v', 'proj_out']) list.conv(`${half}.mid.attn_1.${part}`, width, width, 1)
  list.residual(`${half}.mid.block_2`, SHORTCUT, width, width)
}

function throughMiddle(network: Network, half: string, x: Parameters<typeof residual>[3]): ReturnType<typeof residual> {
  const first = residual(network, `${half}.mid.block_1`, SHORTCUT, x)
  return residual(network, `${half}.mid.block_2`, SHORTCUT, attention(network, `${half}.mid.attn_1`, ATTENTION, first))
}
