/**
 * Before a model is loaded: whether a run of it fits the memory of this machine, or of the container it is confined to.
 * Refused in plain words with what would fit, rather than found out when the system ends the process.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { refuseMemory, totalOf, type MemoryNeed, type MemoryProposal } from '../../shared/hosting.ts'
import { bytesInWords } from '../../shared/bytes.ts'
import type { AdapterStack, JobUpdate } from '../../shared/jobs.ts'
import { modelConfigSchema } from '../../shared/model-config.ts'
import type { ProviderName } from '../../shared/providers.ts'
import { TandemError } from '../../shared/errors.ts'
import { isImported } from '../checkpoints/open.ts'
import { readCheckpointFile } from '../checkpoints/place.ts'
import { plainBytes } from '../checkpoints/weight-types.ts'
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
  /** Unless both are zero, a step takes unconditional passes as well. */
  readonly guidance: { readonly text: number; readonly image: number }
}

interface Hosted {
  readonly engine: Engine
  /** Bytes of the weights that the first step is about to read; null where the model has computed already. */
  readonly reads: number | null
}

/** What a run takes of memory. */
interface Need {
  readonly name: string
  readonly need: MemoryNeed
  /** Bytes of a run without guidance: what a model that has computed anything holds already. */
  readonly least: number
  readonly proposals: readonly MemoryProposal[]
}

/** Reads small files alone. */
async function needOf(run: HostedRun): Promise<Need> {
  const folder = (await isAdapterFolder(run.model)) ? await baseFolder(run.model) : run.model
  const config = await readJson(join(folder, modelFiles.config), modelConfigSchema, 'the model config')
  const most: Passes = config.unconditional?.form === 'split' ? 3 : 2
  const guided = run.guidance.text !== 0 || run.guidance.image !== 0
  const shape = { passes: guided ? most : (1 as const), provider: run.provider ?? ('cpu' as const) }
  if (!(await isImported(folder))) {
    const count = modelParameters(config).reduce((n, spec) => n + spec.shape.reduce((a, b) => a * b, 1), 0)
    const needOn = (passes: Passes) => memoryOfRun(config, { ...shape, passes, weights: 4 * count, stored: false })
    return { name: config.name, need: needOn(shape.passes), least: totalOf(needOn(1)), proposals: [] }
  }
  const { precision } = await readCheckpointFile(folder)
  const plain = plainBytes(precision)
  const needAs = (as: typeof precision, passes: Passes) =>
    memoryOfRun(config, { ...shape, passes, weights: weightBytes(config, as, plain), stored: true })
  const smaller = (['int8', 'int4'] as const).filter((as) => as !== precision && precision !== 'int4')
  return {
    name: config.name,
    need: needAs(precision, shape.passes),
    least: totalOf(needAs(precision, 1)),
    proposals: [
      ...(guided ? [{ words: 'Set guidance to 0', bytes: totalOf(needAs(precision, 1)) }] : []),
      ...smaller.map((as) => ({ words: `Import it as ${as}`, bytes: totalOf(needAs(as, shape.passes)) })),
    ],
  }
}

/**
 * Opens the engine of a run, telling of it, unless the run would not fit. Of a model that has computed already nothing is
 * told, and what it holds counts as free. A folder that is no model is left to the opening, which says why.
 */
export async function* hostRun(
  run: HostedRun,
  context: JobContext,
  memory = memoryState(),
): AsyncGenerator<JobUpdate, Hosted> {
  const known = await stat(join(run.model, modelFiles.config)).catch(() => null)
  const found = known ? await needOf(run).catch(() => null) : null
  const warm = (await context.isWarm?.(run.model, run.adapters, run.provider)) ?? false
  if (found && process.env.TANDEM_MEMORY !== 'ignore') {
    const limit = Math.min(memory.total, memory.limit ?? Infinity)
    const free = memory.free + (warm ? found.least : 0)
    const refusal = refuseMemory(found.name, found.need, free, limit, found.proposals)
    if (refusal) throw new TandemError(refusal.message, refusal.remedy, 'environment')
  }
  if (found && !warm) yield { type: 'loading', what: `Opening ${found.name}`, part: 1, parts: 2 }
  const engine = await context.engine(run.model, run.adapters, run.provider)
  return { engine, reads: found && !warm ? found.need.weights : null }
}

/** Says what the first step of a model is about to do: nothing else of it can be told from outside. */
export function* loading({ engine, reads }: Hosted): Generator<JobUpdate> {
  if (reads === null) return
  const what = `${engine.model.name}: its first step reads ${bytesInWords(reads)} of weights`
  yield { type: 'loading', what, part: 2, parts: 2 }
}
