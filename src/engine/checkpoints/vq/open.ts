/** An imported image tokenizer ready to use, at any size of picture that its codes fill; sessions are made on first need. */
import { basename, join } from 'node:path'
import { stat } from 'node:fs/promises'
import { TandemError } from '../../../shared/errors.ts'
import { Graph } from '../../graph/graph.ts'
import { encodeModel } from '../../graph/onnx.ts'
import { storedAccess } from '../../model/stored-weights.ts'
import { createSession, type Session } from '../../runtime/session.ts'
import { checkTensors } from '../compare.ts'
import { openCheckpoint, type Checkpoint } from '../shards.ts'
import { oneRoot, plainWeight } from '../trunk.ts'
import type { VqPlan } from './family.ts'
import { isMagvit, planMagvit } from './magvit.ts'
import type { Network } from './network.ts'
import { isVqModel, planVqModel } from './vqmodel.ts'

export interface Vq {
  readonly plan: VqPlan
  readonly checkpoint: Checkpoint
  /** RGB bytes [height, width, 3] -> codes, row by row. */
  encode(rgb: Uint8Array, height: number, width: number): Promise<Int32Array>
  /** Codes of a picture of this many pixels -> the network's output [1, 3, height, width]. */
  decode(codes: Int32Array, height: number, width: number): Promise<Float32Array>
  dispose(): Promise<void>
}

export const isVq = (checkpoint: Checkpoint): boolean => isMagvit(checkpoint) || isVqModel(checkpoint)

/** Opens a tokenizer's folder, or the `vqvae` folder of a pipeline's. */
export async function openVq(directory: string): Promise<Vq> {
  const inner = join(directory, 'vqvae')
  const pipeline = await stat(inner).catch(() => null)
  const checkpoint = await openCheckpoint(pipeline?.isDirectory() ? inner : directory)
  if (!isVq(checkpoint))
    throw new TandemError(
      `${basename(directory)} holds no image tokenizer that is known.`,
      'Give a folder with MAGVIT-v2 or with a VQModel of diffusers.',
    )
  const plan = isMagvit(checkpoint) ? planMagvit(checkpoint) : await planVqModel(checkpoint)
  checkTensors(plan.family === 'magvitv2' ? 'a MAGVIT-v2' : 'a VQModel', checkpoint, plan.shapes, plan.ignored)
  for (const [name, [channels, ...rest]] of plan.shapes)
    if (/norm/.test(name) && rest.length === 0 && channels! % plan.groups !== 0)
      throw new TandemError(
        `${name} has ${channels} channels, which do not fall into ${plan.groups} groups.`,
        'Use weights and config of one checkpoint.',
      )
  return createVq(checkpoint, plan)
}

function createVq(checkpoint: Checkpoint, plan: VqPlan): Vq {
  const sessions = new Map<string, Promise<Session>>()
  const session = (key: string, build: () => Uint8Array): Promise<Session> => {
    const known = sessions.get(key)
    if (known) return known
    const made = createSession(build(), { weightsFrom: oneRoot(checkpoint.files) })
    sessions.set(key, made)
    return made
  }
  const networkOf = (graph: Graph): Network => {
    const { parameter } = storedAccess(graph, (name) => plainWeight(checkpoint.tensors.get(name)!))
    const { groups, eps } = plan
    return { graph, groups, eps, parameter, has: (name) => checkpoint.tensors.has(name) }
  }
  const grid = (height: number, width: number): { h: number; w: number } => {
    const [h, w] = [height / plan.factor, width / plan.factor]
    if (Number.isInteger(h) && Number.isInteger(w) && h > 0 && w > 0) return { h, w }
    throw new TandemError(
      `A picture of ${width} x ${height} pixels does not fall into codes of ${plan.factor} x ${plan.factor}.`,
      `Scale it so that both sides are multiples of ${plan.factor}.`,
    )
  }
  return {
    plan,
    checkpoint,
    async encode(rgb, height, width) {
      grid(height, width)
      const encoder = await session(`encode ${height} ${width}`, () => {
        const graph = new Graph()
        graph.output('codes', plan.encode(networkOf(graph), graph.input('pixels', 'float32', [1, 3, height, width])))
        return encodeModel(graph)
      })
      const [black, white] = plan.range
      const count = height * width
      const data = new Float32Array(3 * count)
      for (let i = 0; i < count; i++)
        for (let c = 0; c < 3; c++) data[c * count + i] = black + ((white - black) * rgb[3 * i + c]!) / 255
      const { codes } = await encoder.run({ pixels: { data, dims: [1, 3, height, width] } })
      return Int32Array.from(codes!.data as BigInt64Array, Number)
    },
    async decode(codes, height, width) {
      const { h, w } = grid(height, width)
      if (codes.length !== h * w)
        throw new TandemError(
          `A picture of ${width} x ${height} pixels has ${h * w} codes, not ${codes.length}.`,
          'Give the size the codes were made from.',
        )
      const outside = codes.findIndex((code) => code < 0 || code >= plan.codebookSize)
      if (outside >= 0)
        throw new TandemError(
          `Code ${outside} is ${codes[outside]}; the codebook has 0 to ${plan.codebookSize - 1}.`,
          'Give codes of this image tokenizer, without an offset.',
        )
      const decoder = await session(`decode ${height} ${width}`, () => {
        const graph = new Graph()
        graph.output('pixels', plan.decode(networkOf(graph), graph.input('codes', 'int64', [h * w]), h, w))
        return encodeModel(graph)
      })
      const { pixels } = await decoder.run({ codes: { data: BigInt64Array.from(codes, BigInt), dims: [h * w] } })
      return pixels!.data as Float32Array
    },
    async dispose() {
      for (const made of sessions.values()) await (await made).dispose()
      sessions.clear()
    },
  }
}

/** The network's output [1, 3, H, W] as RGB bytes [H, W, 3]. */
export function toBytes(plan: Pick<VqPlan, 'range'>, pixels: Float32Array): Uint8Array {
  const [black, white] = plan.range
  const count = pixels.length / 3
  const out = new Uint8ClampedArray(pixels.length)
  for (let i = 0; i < count; i++)
    for (let c = 0; c < 3; c++) out[3 * i + c] = (255 * (pixels[c * count + i]! - black)) / (white - black)
  return new Uint8Array(out.buffer)
}
