/**
 * The memory a run of a model takes, from its sizes alone: before anything of it is loaded. Weights of a published
 * checkpoint are mapped and count once; those of a model of our own are held twice. Activations are the largest that live
 * at the same time: the rows of a block's MLP, the logits of all undecided rows, or a picture in its tokenizer.
 */
import type { precisions } from '../../shared/checkpoints.ts'
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import type { ProviderName } from '../../shared/providers.ts'
import type { MemoryNeed } from '../../shared/hosting.ts'
import { LONG, type Passes } from './infer-graph.ts'
import { findField, resolveLayout } from './layout.ts'
import { modelParameters, names, type TrunkConfig } from './forward.ts'
import { CHUNK } from './stored-weights.ts'

const F32 = 4

/** Bytes a pixel that a published image tokenizer holds at its fullest (measured at 512: aMUSEd 4,900, MAGVIT-v2 3,200). */
const PIXEL = 5000

/** Providers on which attention may have to store its scores at any length. */
const MAY_STORE: readonly ProviderName[] = ['webgpu', 'coreml']

export interface RunShape {
  readonly task?: Task
  /** Sequences in a forward: one, or two or three with guidance. */
  readonly passes: Passes
  /** Bytes of the weights as a session sees them. */
  readonly weights: number
  /** They stay in their files, and are widened matrix by matrix. */
  readonly stored: boolean
  /** One that is a device of its own holds the weights once more. */
  readonly provider: ProviderName
}

export function memoryOfRun(
  config: ModelConfig,
  { task = 'edit', passes, weights, stored, provider }: RunShape,
): MemoryNeed {
  const layout = resolveLayout(config, task)
  const rows = passes * layout.length
  const { dModel, mlpHidden, heads } = config
  const kv = (dModel / heads) * (config.kvHeads ?? heads)
  // The stream, its norm and the sum; gate, up and their product; or queries, keys, values and what attention returns.
  const block = rows * (3 * dModel + Math.max(3 * mlpHidden, 2 * dModel + 2 * kv)) * F32
  const scores = rows < LONG || MAY_STORE.includes(provider) ? 2 * passes * heads * layout.length ** 2 * F32 : 0
  // Per row the guided logits, their softmax at two temperatures, its sum, and the logits of each pass.
  const head = (['outputText', 'outputImage'] as const)
    .map((name) => {
      const length = findField(layout, name)?.length ?? 0
      return length * (name === 'outputText' ? config.textVocabSize : config.image.codebookSize) * (4 + passes) * F32
    })
    .reduce((a, b) => a + b, 0)
  const step = Math.max(block + scores, rows * dModel * F32 + head)
  const picture = stored ? PIXEL * config.image.size ** 2 : 0
  return {
    weights: stored ? weights : 2 * weights,
    // One after the other: a picture is coded before the first step and drawn after one.
    activations: Math.max(step, picture),
    provider: (stored ? widened(config) : 0) + (provider === 'cpu' ? 0 : weights),
  }
}

/** The largest matrix in single precision, as far as it is widened at once, and its product beside it. */
function widened(config: TrunkConfig): number {
  const sizes = modelParameters(config).map(({ shape }) => F32 * shape.reduce((a, b) => a * b, 1))
  return Math.min(CHUNK, Math.max(...sizes))
}

/** Bytes of a checkpoint's weights in a precision: quantised matrices with their scales, the rest as it is stored. */
export function weightBytes(config: TrunkConfig, precision: (typeof precisions)[number], plain: number): number {
  let bytes = 0
  for (const { name, shape } of modelParameters(config)) {
    const count = shape.reduce((a, b) => a * b, 1)
    // The embedding is looked up, not multiplied, and stays as it is stored.
    const matrix = shape.length === 2 && name !== names.embedding
    bytes += count * (matrix && precision === 'int4' ? 0.5 + F32 / 32 : matrix && precision === 'int8' ? 1 : plain)
  }
  return Math.ceil(bytes)
}
