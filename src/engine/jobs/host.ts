/**
 * Before a model is loaded: whether a run of it fits the memory of this machine, or of the container it is confined to.
 * Refused in plain words with what would fit, rather than found out when the system ends the process.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { refuseMemory, totalOf, type MemoryProposal } from '../../shared/hosting.ts'
import { bytesInWords } from '../../shared/bytes.ts'
import type { AdapterStack, JobUpdate } from '../../shared/jobs.ts'
import { modelConfigSchema } from '../../shared/model-config.ts'
import type { ProviderName } from '../../shared/providers.ts'
import { TandemError } from '../../shared/errors.ts'
import { isImported } from '../checkpoints/open.ts'
import { readCheckpointFile } from '../checkpoints/place.ts'
import { memoryState } from '../memory.ts'
import { baseFolder, isAdapterFolder } from '../model/adapter-open.ts'
import { modelFiles, readJson } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import type { Passes } from '../model/infer-graph.ts'
import { memoryOfRun, weightBytes } from '../model/memory.ts'
import type { Engine } from '../run.ts'
import type { JobContext } from './context.ts'

interface HostedRun {
  readonly model: string
  readonly adapters?: AdapterStack | undefined
  readonly provider?: ProviderName | undefined
  /** Whether a step takes unconditional passes as well. */
  readonly guided: boolean
}

interface Hosted {
  readonly engine: Engine
  /** What it takes, bytes; of a large one loading is told. */
  readonly bytes: number
  readonly weights: number
}

/** A run of at least this much is told of while it loads. */
const LARGE = 500e6

/** What a run takes. Reads small files alone. */
async function needOf(
  run: HostedRun,
): Promise<{ name: string; need: ReturnType<typeof memoryOfRun>; proposals: MemoryProposal[] }> {
  const folder = (await isAdapterFolder(run.model)) ? await baseFolder(run.model) : run.model
  const config = await readJson(join(folder, modelFiles.config), modelConfigSchema, 'the model config')
  const most: Passes = config.unconditional?.form === 'split' ? 3 : 2
  const device = run.provider !== undefined && run.provider !== 'cpu'
  const shape = { passes: run.guided ? most : (1 as const), device }
  if (!(await isImported(folder))) {
    const count = modelParameters(config).reduce((n, spec) => n + spec.shape.reduce((a, b) => a * b, 1), 0)
    return {
      name: config.name,
      need: memoryOfRun(config, { ...shape, weights: 4 * count, stored: false }),
      proposals: [],
    }
  }
  const { precision } = await readCheckpointFile(folder)
  const plain = precision === 'f32' ? 4 : 2
  const needAs = (as: typeof precision, passes: Passes) =>
    memoryOfRun(config, { ...shape, passes, weights: weightBytes(config, as, plain), stored: true })
  const smaller = (['int8', 'int4'] as const).filter((as) => as !== precision && precision !== 'int4')
  return {
    name: config.name,
    need: needAs(precision, shape.passes),
    proposals: [
      ...(run.guided ? [{ words: 'Set guidance to 0', bytes: totalOf(needAs(precision, 1)) }] : []),
      ...smaller.map((as) => ({ words: `Import it as ${as}`, bytes: totalOf(needAs(as, shape.passes)) })),
    ],
  }
}

/** Opens the engine of a run, telling of it where that takes long, unless it would not fit. A folder that is no model is left to the opening, which says why. */
export async function* hostRun(
  run: HostedRun,
  context: JobContext,
  memory = memoryState(),
): AsyncGenerator<JobUpdate, Hosted> {
  const known = await stat(join(run.model, modelFiles.config)).catch(() => null)
  const found = known ? await needOf(run).catch(() => null) : null
  if (found && process.env.TANDEM_MEMORY !== 'ignore') {
    const limit = Math.min(memory.total, memory.limit ?? Infinity)
    const refusal = refuseMemory(found.name, found.need, memory.free, limit, found.proposals)
    if (refusal) throw new TandemError(refusal.message, refusal.remedy, 'environment')
  }
  if (found && totalOf(found.need) >= LARGE) yield { type: 'loading', what: `Opening ${found.name}`, part: 1, parts: 2 }
  const engine = await context.engine(run.model, run.adapters, run.provider)
  return { engine, bytes: found ? totalOf(found.need) : 0, weights: found?.need.weights ?? 0 }
}

/** Says of a large model what its first step is about to do: nothing else of it can be told from outside. */
export function* loading(engine: Engine, { bytes, weights }: Pick<Hosted, 'bytes' | 'weights'>): Generator<JobUpdate> {
  if (bytes < LARGE) return
  const { name } = engine.model
  yield {
    type: 'loading',
    what: `${name}: its first step reads ${bytesInWords(weights)} of weights`,
    part: 2,
    parts: 2,
  }
}
