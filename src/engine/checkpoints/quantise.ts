/**
 * Quantisation, block of the trunk by block: each is a file that appears whole. Stopped and started again it goes on with
 * the first file that is missing. 4 bits: round to nearest over 16 levels, a scale a block (the largest number of a block is
 * level 0 exactly). 8 bits: symmetric over 255 levels, a scale an output.
 */
import { createHash } from 'node:crypto'
import { readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bytesInWords } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { makeFolder, writeFileAtomic } from '../files.ts'
import { memoryState } from '../memory.ts'
import { modelParameters, type TrunkConfig } from '../model/forward.ts'
import { floatTensor, openSafetensors, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import type { CheckpointFile } from './place.ts'
import { blockOf, manifestName, manifestSchema, piecesOf, quantisedParts, type QuantisedForm } from './quantised.ts'
import type { z } from 'zod'

/** W [outputs, inputs] -> two levels a byte, low half first, and scales: w = (q - 8) scale. */
export function toInt4(w: Float32Array, inputs: number, block: number): { data: Uint8Array; scales: Float32Array } {
  const blocks = w.length / block
  const data = new Uint8Array(w.length / 2)
  const scales = new Float32Array(blocks)
  if (w.length % inputs !== 0 || inputs % block !== 0) throw new Error('blocks do not fit the matrix')
  for (let b = 0; b < blocks; b++) {
    let extreme = 0
    for (let i = b * block; i < (b + 1) * block; i++) if (Math.abs(w[i]!) > Math.abs(extreme)) extreme = w[i]!
    const scale = Math.fround(extreme / -8)
    scales[b] = scale
    for (let i = 0; i < block; i++) {
      const at = b * block + i
      const level = scale === 0 ? 8 : Math.min(15, Math.max(0, Math.round(w[at]! / scale) + 8))
      data[at >> 1]! |= level << (4 * (at & 1))
    }
  }
  return { data, scales }
}

/** Rows from .. to-1 of W [outputs, inputs] -> [inputs, to - from] in -127 .. 127, and a scale an output. */
export function toInt8(
  w: Float32Array,
  inputs: number,
  from: number,
  to: number,
): { data: Int8Array; scales: Float32Array } {
  const width = to - from
  const data = new Int8Array(inputs * width)
  const scales = new Float32Array(width)
  for (let o = 0; o < width; o++) {
    const row = (from + o) * inputs
    let extreme = 0
    for (let k = 0; k < inputs; k++) extreme = Math.max(extreme, Math.abs(w[row + k]!))
    const scale = Math.fround(extreme / 127)
    scales[o] = scale
    if (scale === 0) continue
    for (let k = 0; k < inputs; k++)
      data[k * width + o] = Math.max(-127, Math.min(127, Math.round(w[row + k]! / scale)))
  }
  return { data, scales }
}

export interface QuantiseOptions {
  readonly form: QuantisedForm
  readonly config: TrunkConfig & Pick<ModelConfig, 'image'>
  /** The unquantised files. */
  readonly source: CheckpointFile['files']
  readonly floats: (name: string) => Promise<Float32Array>
  readonly out: string
  readonly signal: AbortSignal
  /** Bytes that may be used; those that are free where absent. */
  readonly memory?: number
}

/** Yields after each file how many are there; returns early, with what is there kept, when the signal is aborted. */
export async function* quantise(options: QuantiseOptions): AsyncGenerator<{ done: number; total: number }, boolean> {
  const { form, config, out, signal } = options
  const parts = quantisedParts(config)
  const shapes = new Map(modelParameters(config).map(({ name, shape }) => [name, shape as [number, number]]))
  const source = createHash('sha256')
    .update(JSON.stringify([form, config.image.offset, options.source.map(({ digest }) => digest)]))
    .digest('hex')
  checkMemory(quantisingMemory(config, form), options.memory ?? memoryState().free)
  await checkSpace(
    out,
    form,
    parts.flatMap(({ matrices }) => matrices).map((name) => shapes.get(name)!),
  )
  await makeFolder(out)
  const files: z.infer<typeof manifestSchema>['files'] = []
  for (const [done, { file, matrices }] of parts.entries()) {
    if (signal.aborted) return false
    const path = join(out, file)
    if (!(await isMadeFrom(path, source))) {
      const tensors = new Map<string, StoredTensor>()
      for (const name of matrices) {
        const floats = await options.floats(name)
        if (!floats.every(Number.isFinite))
          throw new TandemError(`${name} holds numbers that are not finite.`, 'Download the checkpoint again.')
        addMatrix(tensors, name, form, floats, shapes.get(name)!, config.image.offset)
      }
      await writeSafetensors(path, tensors, { tandem_source: source })
    }
    files.push({ name: file, bytes: (await stat(path)).size })
    yield { done: done + 1, total: parts.length }
  }
  const manifest = { format: 'tandem-quantised', version: 1, form, source, files } as const
  await writeFileAtomic(join(out, manifestName), JSON.stringify(manifestSchema.parse(manifest), null, 2) + '\n')
  return true
}

function addMatrix(
  tensors: Map<string, StoredTensor>,
  name: string,
  form: QuantisedForm,
  floats: Float32Array,
  [outputs, inputs]: readonly [number, number],
  imageOffset: number,
): void {
  if (form === 'int4') {
    const block = blockOf(inputs)
    if (block === null) return
    const { data, scales } = toInt4(floats, inputs, block)
    tensors.set(`${name}#data`, { dtype: 'U8', shape: [outputs, inputs / block, block / 2], bytes: data })
    tensors.set(`${name}#scales`, floatTensor(scales, [scales.length]))
    return
  }
  for (const [from, to] of piecesOf(name, outputs, imageOffset)) {
    const { data, scales } = toInt8(floats, inputs, from, to)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    tensors.set(`${name}#${from}#data`, { dtype: 'I8', shape: [inputs, to - from], bytes })
    tensors.set(`${name}#${from}#scales`, floatTensor(scales, [to - from]))
  }
}

/** A file of an earlier attempt on the same source. One of another source, or a broken one, is made again. */
async function isMadeFrom(path: string, source: string): Promise<boolean> {
  const file = await openSafetensors(path).catch((error: unknown) => {
    if (error instanceof TandemError) return null
    throw error
  })
  return file?.metadata['tandem_source'] === source
}

/** Bytes held at once at the most: a matrix as it is stored and widened, and what its file has become. */
export function quantisingMemory(config: TrunkConfig, form: QuantisedForm): number {
  const counts = new Map(modelParameters(config).map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]))
  return Math.max(
    ...quantisedParts(config).map(({ matrices }) => {
      const sizes = matrices.map((name) => counts.get(name)!)
      const made = sizes.reduce((sum, count) => sum + count * bytesEach[form], 0)
      return (STORED + 4) * Math.max(...sizes) + made
    }),
  )
}

/** Of a published weight. */
const STORED = 2
/** With its scales. */
const bytesEach: Readonly<Record<QuantisedForm, number>> = { int4: 0.5 + 4 / 16, int8: 1.01 }

function checkMemory(needed: number, free: number): void {
  if (needed <= free || process.env.TANDEM_MEMORY === 'ignore') return
  throw new TandemError(
    `Quantising takes up to ${bytesInWords(needed)} of memory, and ${bytesInWords(free)} are free.`,
    'Close other programs, or import it as it is stored, which takes none.',
    'environment',
  )
}

/** Refuses before the first byte when the disk cannot take it all. What is there already counts as free. */
async function checkSpace(
  out: string,
  form: QuantisedForm,
  matrices: readonly (readonly [number, number])[],
): Promise<void> {
  const needed = matrices.reduce((sum, [outputs, inputs]) => sum + outputs * inputs * bytesEach[form], 0)
  const disk = await statfs(dirname(out))
  const names: string[] = await readdir(out).catch(() => [])
  const there = await Promise.all(names.map((name) => stat(join(out, name)).then((info) => info.size)))
  const free = Number(disk.bavail) * Number(disk.bsize) + there.reduce((a, b) => a + b, 0)
  if (free < needed)
    throw new TandemError(
      `The quantised weights take up to ${bytesInWords(needed)}, and ${bytesInWords(free)} are free there.`,
      'Free some space, or choose another --out.',
    )
}
