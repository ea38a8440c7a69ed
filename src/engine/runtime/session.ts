/**
 * Sessions: the one place that talks to ONNX Runtime. A run blocks the thread that calls it, so callers live in the
 * engine process. Tensors cross as typed arrays; outputs may be written into arrays the caller keeps.
 */
import { availableParallelism } from 'node:os'
import * as ort from 'onnxruntime-node'
import { TandemError } from '../../shared/errors.ts'
import { executionProvider, type ProviderName } from './providers.ts'

export interface Tensor<D extends Float32Array | BigInt64Array = Float32Array | BigInt64Array> {
  readonly data: D
  readonly dims: readonly number[]
}

export interface SessionOptions {
  readonly provider?: ProviderName
  readonly threads?: number
  /** Keeps weights unpacked: less memory and a faster start, slower products. */
  readonly disablePrepacking?: boolean
  /** Whether ONNX Runtime may keep freed memory for the next run; off for large models. */
  readonly arena?: boolean
  /**
   * The graph refers to weights by their paths from this root folder, and they stay where they are: mapped, neither packed
   * nor widened ahead of their use. What a checkpoint of gigabytes needs.
   */
  readonly weightsFrom?: string
  /** Front of the name of a file that gets the time of every node when the session is closed. */
  readonly profile?: string
}

/** Results of graph constants up to this many bytes are computed ahead; a weight widened to single precision is larger. */
const FOLDED_BYTES = 1 << 20

export interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Runs the graph once. `into` names preallocated float outputs, which are filled in place. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor<Float32Array>>>,
  ): Promise<Record<string, Tensor>>
  dispose(): Promise<void>
}

/** Makes a session from model bytes, or from a file when the model refers to external data beside it. */
export async function createSession(model: Uint8Array | string, options: SessionOptions = {}): Promise<Session> {
  const session = await openSession(model, options)
  let disposed = false
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, into) {
      if (disposed)
        throw new TandemError('The model session was closed while in use.', 'Start the run again.', 'internal')
      const inputs: Record<string, ort.Tensor> = {}
      for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(tensor)
      const fetches: Record<string, ort.Tensor | null> = {}
      for (const name of session.outputNames) fetches[name] = into?.[name] ? toOrt(into[name]) : null
      const results = await session.run(inputs, fetches)
      const out: Record<string, Tensor> = {}
      for (const [name, tensor] of Object.entries(results)) out[name] = fromOrt(name, tensor)
      return out
    },
    async dispose() {
      if (disposed) return
      disposed = true
      if (options.profile !== undefined) session.endProfiling()
      await session.release()
    },
  }
}

function openSession(model: Uint8Array | string, options: SessionOptions): Promise<ort.InferenceSession> {
  const settings: ort.InferenceSession.SessionOptions = {
    executionProviders: [executionProvider(options.provider ?? 'cpu')],
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    enableCpuMemArena: options.arena ?? options.weightsFrom === undefined,
    // Errors are thrown; the runtime need not print them as well.
    logSeverityLevel: 4,
    ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
    extra: {
      session: {
        set_denormal_as_zero: '1',
        intra_op: { allow_spinning: '0' },
        ...(options.disablePrepacking || options.weightsFrom ? { disable_prepacking: '1' } : {}),
        ...(options.weightsFrom ? { model_external_initializers_file_folder_path: options.weightsFrom } : {}),
      },
      ...(options.weightsFrom
        ? { optimization: { constant_folding_max_output_size_in_bytes: String(FOLDED_BYTES) } }
        : {}),
    },
  }
  return typeof model === 'string'
    ? ort.InferenceSession.create(model, settings)
    : ort.InferenceSession.create(model, settings)
}

function toOrt({ data, dims }: Tensor): ort.Tensor {
  return data instanceof Float32Array ? new ort.Tensor('float32', data, dims) : new ort.Tensor('int64', data, dims)
}

function fromOrt(name: string, tensor: ort.Tensor): Tensor {
  const { data, dims } = tensor
  if (data instanceof Float32Array || data instanceof BigInt64Array) return { data, dims }
  throw new TandemError(
    `The model returned ${tensor.type} for ${name}.`,
    'Export it again with float32 outputs.',
    'internal',
  )
}
