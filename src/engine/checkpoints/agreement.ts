/**
 * How well quantised weights agree with the unquantised ones: both read the same sequences (a set of instructions, with all
 * or half of the output still masked), and their distributions over the masked places are compared.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importReportSchema } from '../../shared/checkpoints.ts'
import type { ModelFolder } from '../model/folder.ts'
import { seededRandom } from '../data/random.ts'
import { buildInferGraph, type InferGraph } from '../model/infer-graph.ts'
import type { StoredWeight } from '../model/stored-weights.ts'
import { createSession, type Tensor } from '../runtime/session.ts'
import { layoutOf } from '../run.ts'

export interface Agreement {
  readonly prompts: number
  /** Places compared, and the share of them where the likeliest token is the same. */
  readonly text: ModalityAgreement
  readonly image: ModalityAgreement
}

export interface ModalityAgreement {
  readonly places: number
  readonly top1: number
  /** Mean Kullback-Leibler divergence from the unquantised distribution, in nats. */
  readonly divergence: number
}

/** Instructions of the five families of ParaBench, and generation. */
export const promptSet = [
  'Move the cup to the left of the plate.',
  'Show the same street one hour after it started to rain.',
  'The glass falls off the table: show what happens next.',
  'Replace the flag with the flag of the country the Eiffel Tower stands in.',
  'Make the sky orange and keep everything else.',
  'Remove the person on the right.',
  'A red bicycle leaning against a white wall in the morning.',
  'Turn the drawing into a photograph.',
] as const

export const agreementFile = 'agreement.json'

/** The report kept beside quantised weights; null where none was made, or it cannot be read. */
export async function readAgreement(folder: string): Promise<Agreement | null> {
  const text = await readFile(join(folder, agreementFile), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return importReportSchema.shape.agreement.parse(JSON.parse(text))
  } catch {
    return null
  }
}

type Model = Pick<ModelFolder, 'config' | 'text' | 'weights' | 'stored'>

/** Yields after each prompt; the last value is the report. */
export async function* measureAgreement(
  model: Model,
  plain: (name: string) => StoredWeight,
  prompts: readonly string[],
): AsyncGenerator<{ done: number; total: number }, Agreement> {
  const { config, text } = model
  const sums = { text: new Sum(), image: new Sum() }
  for (const [done, prompt] of prompts.entries()) {
    const ids = text.encode(prompt)
    const layout = layoutOf(model, 'edit', ids)
    const random = seededRandom('agreement', done)
    const tokens = layout.template.slice()
    const rows: Record<'text' | 'image', number[]> = { text: [], image: [] }
    for (const { name, start, length, modality } of layout.fields) {
      for (let i = 0; i < length; i++) {
        const drawn =
          modality === 'image' ? config.image.offset + random.int(config.image.codebookSize) : config.special.eos
        const output = name === 'outputImage' || name === 'outputText'
        // Every other prompt is half decided: with arbitrary codes, and text that has ended.
        const masked = output && (done % 2 === 0 || random.next() < 0.5)
        tokens[start + i] = masked ? config.special.mask : drawn
        if (masked) rows[modality].push(start + i - layout.outputStart)
      }
      if (name === 'instruction') tokens.set(ids, start)
    }
    const run = (weight: (name: string) => StoredWeight): Promise<Record<string, Tensor>> =>
      logitsOf(model, weight, tokens, layoutInstruction(layout), rows)
    const expected = await run(plain)
    const found = await run(model.stored!.weight)
    for (const modality of ['text', 'image'] as const)
      sums[modality].add(expected[`logits:${modality}`]!, found[`logits:${modality}`]!)
    yield { done: done + 1, total: prompts.length }
  }
  return { prompts: prompts.length, text: sums.text.result(), image: sums.image.result() }
}

const layoutInstruction = (layout: InferGraph['layout']): number =>
  layout.fields.find((field) => field.name === 'instruction')!.length

async function logitsOf(
  { config, weights, stored }: Model,
  weight: (name: string) => StoredWeight,
  tokens: Int32Array,
  instruction: number,
  rows: Record<'text' | 'image', number[]>,
): Promise<Record<string, Tensor>> {
  const graph = buildInferGraph(config, 'edit', 1, weights, { logits: true, instruction, stored: weight })
  const session = await createSession(graph.model, { weightsFrom: stored!.root })
  try {
    const feeds: Record<string, Tensor> = {
      tokens: { data: BigInt64Array.from(tokens, BigInt), dims: [1, tokens.length] },
    }
    for (const modality of ['text', 'image'] as const) {
      const n = rows[modality].length
      feeds[`rows:${modality}`] = { data: BigInt64Array.from(rows[modality], BigInt), dims: [n] }
      feeds[`uniform:${modality}`] = { data: new Float32Array(n), dims: [n, 1] }
      feeds[`temperature:${modality}`] = { data: Float32Array.of(1), dims: [] }
    }
    return await session.run(feeds)
  } finally {
    await session.dispose()
  }
}

class Sum {
  #places = 0
  #same = 0
  #divergence = 0

  /** Logits [n, V] of both. */
  add(expected: Tensor, found: Tensor): void {
    const [n, size] = expected.dims as [number, number]
    const [p, q] = [expected.data as Float32Array, found.data as Float32Array]
    for (let row = 0; row < n; row++) {
      const a = p.subarray(row * size, (row + 1) * size)
      const b = q.subarray(row * size, (row + 1) * size)
      const [logA, logB] = [logSum(a), logSum(b)]
      let divergence = 0
      for (let i = 0; i < size; i++) {
        const left = a[i]! - logA.sum
        divergence += Math.exp(left) * (left - (b[i]! - logB.sum))
      }
      this.#places++
      this.#same += logA.top === logB.top ? 1 : 0
      this.#divergence += divergence
    }
  }

  result(): ModalityAgreement {
    const places = this.#places
    const share = (x: number): number => Number((places === 0 ? 0 : x / places).toPrecision(5))
    return { places, top1: share(this.#same), divergence: share(Math.max(0, this.#divergence)) }
  }
}

/** log of the sum of exponentials, and where the largest stands. */
function logSum(row: Float32Array): { sum: number; top: number } {
  let top = 0
  for (let i = 1; i < row.length; i++) if (row[i]! > row[top]!) top = i
  let sum = 0
  for (const x of row) sum += Math.exp(x - row[top]!)
  return { sum: row[top]! + Math.log(sum), top }
}
