/**
 * Execution providers, probed by making a real session: what a build lists is not what a machine can start. The order
 * is the order of preference; TensorRT stays off because its engine build takes minutes at the first run.
 */
import * as ort from 'onnxruntime-node'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { add } from '../graph/ops/elementwise.ts'

// A provider that cannot be loaded is a report of ours, not a line of the runtime's on the terminal.
ort.env.logLevel = 'fatal'

export const runtimeVersion = ort.env.versions.node ?? ort.env.versions.common

export const providerNames = ['cuda', 'dml', 'coreml', 'webgpu', 'cpu'] as const
export type ProviderName = (typeof providerNames)[number]

export interface ProviderReport {
  readonly name: ProviderName
  readonly available: boolean
  /** Why it was refused, in the runtime's words; absent when it works. */
  readonly reason?: string
}

export function executionProvider(name: ProviderName): ort.InferenceSession.ExecutionProviderConfig {
  return name === 'cpu' ? { name: 'cpu' } : name
}

/** Tries every provider and says why each refused one was refused. CPU is last and always tried. */
export async function probeProviders(): Promise<{ chosen: ProviderName; reports: ProviderReport[] }> {
  const compiled = new Set(ort.listSupportedBackends().map((backend) => backend.name))
  const reports: ProviderReport[] = []
  for (const name of providerNames) reports.push(await probe(name, compiled))
  const chosen = reports.find((report) => report.available)?.name ?? 'cpu'
  return { chosen, reports }
}

async function probe(name: ProviderName, compiled: ReadonlySet<string>): Promise<ProviderReport> {
  if (!compiled.has(name)) return { name, available: false, reason: `not part of this build for ${process.platform}` }
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  graph.output('y', add(x, x))
  let session: ort.InferenceSession | undefined
  try {
    session = await ort.InferenceSession.create(encodeModel(graph), {
      executionProviders: [executionProvider(name)],
      logSeverityLevel: 4,
    })
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) })
    if (y?.data[1] !== 4) return { name, available: false, reason: 'it computed a wrong sum' }
    return { name, available: true }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { name, available: false, reason: plainly(message) || 'it gave no reason' }
  } finally {
    await session?.release()
  }
}

/** The runtime puts a place in its own source, and the check that failed there, before what it has to say. */
function plainly(message: string): string {
  const line = message.split('\n')[0]!.trim()
  return line.replace(/^\S+:\d+ .* was false\. /, '').slice(0, 300)
}
