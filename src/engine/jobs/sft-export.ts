/** What fine-tuning leaves: a model folder or an adapter folder, whole or not at all, with the record of its descent. */
import { cp } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { CheckReport } from '../../shared/datasets.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { writeFileAtomic } from '../files.ts'
import { writeAdapter } from '../model/adapter.ts'
import type { AdapterConfig } from '../model/adapter-config.ts'
import { baseFolder, isAdapterFolder } from '../model/adapter-open.ts'
import { floatsOf, modelFiles, writeHalfWeights, type ModelFolder } from '../model/folder.ts'
import { lineageFile, type Lineage } from '../model/lineage.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { loadCheckpoint } from '../train/checkpoint.ts'
import { checkpointPath } from '../train/loop.ts'
import { writeTogether } from './output.ts'
import type { SftJobConfig } from './sft-config.ts'

/** A run that has ended. */
export interface EndedRun {
  readonly config: SftJobConfig
  readonly sizes: ModelConfig
  /** Folder of the model it started from, and that model. */
  readonly base: string
  readonly model: ModelFolder
  readonly directory: string
  readonly table: ParameterTable
  /** The data set's check; null for the world. */
  readonly data: CheckReport | null
}

/** The averaged weights as a model folder. */
export async function exportModel(run: EndedRun): Promise<Record<string, unknown>> {
  const { config, sizes, base, directory, table } = run
  const { ema, progress } = await loadCheckpoint(checkpointPath(directory), table)
  const { step, samples, seconds } = progress
  const out = join(directory, 'model')
  const named = { ...sizes, name: config.name ?? `${sizes.name}-sft` }
  const texts = (await isAdapterFolder(base)) ? await baseFolder(base) : base
  await writeTogether(out, async (temporary) => {
    for (const name of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
      await cp(join(texts, name), join(temporary, name))
    await writeFileAtomic(join(temporary, modelFiles.config), JSON.stringify(named, null, 2) + '\n')
    await writeHalfWeights(join(temporary, modelFiles.weights), table, ema, {
      format: 'tandem-model',
      steps: String(step),
      samples: String(samples),
    })
    await writeLineage(temporary, run, 'sft', progress)
  })
  return { model: out, checkpoint: checkpointPath(directory), steps: step, samples, seconds: Math.round(seconds) }
}

/** The averaged parameters as an adapter folder, which can be given wherever a model folder can. */
export async function exportAdapter(run: EndedRun, adapter: AdapterConfig): Promise<Record<string, unknown>> {
  const { config, base, model, directory, table } = run
  const { ema, progress } = await loadCheckpoint(checkpointPath(directory), table)
  const { step, samples, seconds } = progress
  const out = join(directory, 'adapter')
  const record = {
    name: config.name ?? `${model.name}-lora`,
    base: { name: model.name, hash: model.hash, path: relative(out, base), config: model.config },
    config: adapter,
    metadata: { steps: String(step), samples: String(samples) },
  }
  await writeTogether(out, async (temporary) => {
    await writeAdapter(temporary, record, table, ema, (name) => floatsOf(model.weights(name)))
    await writeLineage(temporary, run, 'lora', progress)
  })
  return {
    model: out,
    adapter: out,
    parameters: table.size,
    checkpoint: checkpointPath(directory),
    steps: step,
    samples,
    seconds: Math.round(seconds),
  }
}

async function writeLineage(
  folder: string,
  { config, base, model, data }: EndedRun,
  how: Lineage['how'],
  { step, samples, seconds }: { step: number; samples: number; seconds: number },
): Promise<void> {
  const lineage: Lineage = {
    format: 'tandem-lineage',
    version: 1,
    how,
    from: [{ name: model.name, hash: model.hash, path: base, weight: 1 }],
    ...(data ? { data: { path: data.path, hash: data.hash, rows: data.rows } } : {}),
    recipe: config,
    steps: step,
    samples,
    seconds: Math.round(seconds),
  }
  await writeFileAtomic(join(folder, lineageFile), JSON.stringify(lineage, null, 2) + '\n')
}
