/**
 * Execution providers, probed by making a real session: what a build lists is not what a machine can start. The order
 * is the order of preference; TensorRT stays off because its engine build takes minutes at the first run. A short measurement
 * then says which is fastest here: for a small model the processor often is.
 */
import * as ort from 'onnxruntime-node'
import { providerNames, type ProviderName, type ProviderReport } from '../../shared/providers.ts'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { add } from '../graph/ops/elementwise.ts'
import { matmul } from '../graph/ops/matmul.ts'

export { providerNames, type ProviderName, type ProviderReport }

// A provider that cannot be loaded is a report of ours, not a line of the runtime's on the terminal.
ort.env.logLevel = 'fatal'

export const runtimeVersion = ort.env.versions.node ?? ort.env.versions.common

export function executionProvider(name: ProviderName): ort.InferenceSession.ExecutionProviderConfig {
  return name === 'cpu' ? { name: 'cpu' } : name
}

export interface Probed {
  readonly chosen: ProviderName
  readonly reports: ProviderReport[]
}

export interface ProbeOptions {
  /** Milliseconds each working provider computes for, to be compared; 0 only probes. */
  readonly measureMs?: number
}

/** Tries every provider and says why each refused one was refused. CPU is last and always tried. */
export async function probeProviders({ measureMs = 0 }: ProbeOptions = {}): Promise<Probed> {
  const compiled = new Set(ort.listSupportedBackends().map((backend) => backend.name))
  const reports: ProviderReport[] = []
  for (const name of providerNames) {
    const report = await probe(name, compiled)
    reports.push(report.available && measureMs > 0 ? await measured(report, measureMs) : report)
  }
  return { chosen: choose(reports), reports }
}

/** The fastest where they were measured, else the first that works. */
export function choose(reports: readonly ProviderReport[]): ProviderName {
  const working = reports.filter(({ available }) => available)
  const fastest = [...working].sort((a, b) => (b.gflops ?? 0) - (a.gflops ?? 0))[0]
  return fastest?.name ?? 'cpu'
}

function open(graph: Graph, name: ProviderName): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(encodeModel(graph), {
    executionProviders: [executionProvider(name)],
    logSeverityLevel: 4,
  })
}

async function probe(name: ProviderName, compiled: ReadonlySet<string>): Promise<ProviderReport> {
  if (!compiled.has(name)) return { name, available: false, reason: `not part of this build for ${process.platform}` }
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  graph.output('y', add(x, x))
  let session: ort.InferenceSession | undefined
  try {
    session = await open(graph, name)
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) })
    if (y?.data[1] !== 4) return { name, available: false, reason: 'it computed a wrong sum' }
    return { name, available: true }
  } catch (error) {
    return { name, available: false, reason: plainly(error) }
  } finally {
    await session?.release()
  }
}

/** Rows of a short sequence through square matrices of a small model: what a step is made of. */
const ROWS = 512
const WIDTH = 512
const LAYERS = 4

/** Floating-point operations a second over a chain of products. A provider that fails at it is refused. */
async function measured(report: ProviderReport, forMs: number): Promise<ProviderReport> {
  const { name } = report
  const graph = new Graph()
  // Not 0: some processors and devices are faster on it.
  const weight = Float32Array.from({ length: WIDTH * WIDTH }, (_, i) => ((i % 61) - 30) / 700)
  let x = graph.input('x', 'float32', [ROWS, WIDTH])
  for (let i = 0; i < LAYERS; i++) x = matmul(x, graph.constant(weight, [WIDTH, WIDTH]))
  graph.output('y', x)
  let session: ort.InferenceSession | undefined
  try {
    session = await open(graph, name)
    const feeds = { x: new ort.Tensor('float32', new Float32Array(ROWS * WIDTH).fill(0.1), [ROWS, WIDTH]) }
    // The first run compiles kernels and takes memory.
    await session.run(feeds)
    const began = performance.now()
    let runs = 0
    while (runs === 0 || performance.now() - began < forMs) {
      await session.run(feeds)
      runs++
    }
    const seconds = (performance.now() - began) / 1000
    return { ...report, gflops: (2 * ROWS * WIDTH * WIDTH * LAYERS * runs) / seconds / 1e9 }
  } catch (error) {
    return { name, available: false, reason: `it failed while it was measured: ${plainly(error)}`.slice(0, 300) }
  } finally {
    await session?.release().catch(() => undefined)
  }
}

/** The runtime puts a place in its own source, and the check that failed there, before what it has to say. */
export function plainly(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const line = message.split('\n')[0]!.trim()
  return line.replace(/^\S+:\d+ .* was false\. /, '').slice(0, 300) || 'it gave no reason'
}
