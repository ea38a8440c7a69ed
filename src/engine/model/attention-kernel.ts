/**
 * Whether attention may go through the kernel of the runtime on a provider. The processor's is tested with every build; a
 * device's is asked once a process whether it computes what plain products on the same device do. (On Chromium's WebGPU in
 * software it is off by up to a sixth from some dozens of rows on, while plain products agree with the processor.)
 */
import type { ProviderName } from '../../shared/providers.ts'
import { seededRandom } from '../data/random.ts'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { attend } from '../graph/ops/attend.ts'
import { matmulRows } from '../graph/ops/matmul.ts'
import { multiHead } from '../graph/ops/multi-head.ts'
import { reshape, transpose } from '../graph/ops/shape.ts'
import type { Value } from '../graph/types.ts'
import { createSession, type Tensor } from '../runtime/session.ts'

const known = new Map<ProviderName, Promise<boolean>>()

/** False: the provider has no kernel, or one that computes something else. */
export function kernelIsSound(provider: ProviderName): Promise<boolean> {
  if (provider === 'cpu') return Promise.resolve(true)
  // Core ML has none: the runtime would take every block back to the processor for it.
  if (provider === 'coreml') return Promise.resolve(false)
  const asked = known.get(provider) ?? check(provider)
  known.set(provider, asked)
  return asked
}

const ROWS = 256
const HEADS = 2
const WIDTH = 32
/** Products in half precision or TF32 are off by 0.006 on these numbers, the kernel of Chromium's software device by 0.5. */
const TOLERANCE = 0.05

async function check(provider: ProviderName): Promise<boolean> {
  const graph = new Graph()
  const dims = [1, ROWS, HEADS * WIDTH] as const
  const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, 'float32', dims)) as [Value, Value, Value]
  const heads = (x: Value): Value => transpose(reshape(x, [1, ROWS, HEADS, WIDTH]), [0, 2, 1, 3])
  const plain = attend(matmulRows(heads(q), heads(k)), heads(v))
  graph.output('plain', reshape(transpose(plain, [0, 2, 1, 3]), dims))
  graph.output('kernel', multiHead(q, k, v, HEADS))
  const random = seededRandom('attention')
  const normal = (): Tensor => ({
    data: Float32Array.from({ length: ROWS * HEADS * WIDTH }, () => random.normal()),
    dims,
  })
  try {
    const session = await createSession(encodeModel(graph), { provider })
    try {
      const results = await session.run({ q: normal(), k: normal(), v: normal() })
      const found = results['kernel']!.data
      return results['plain']!.data.every((x, i) => Math.abs(Number(x) - Number(found[i])) < TOLERANCE)
    } finally {
      await session.dispose()
    }
  } catch {
    // Where the provider does not start at all, the session of the model says why.
    return false
  }
}
