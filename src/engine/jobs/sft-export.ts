/** What fine-tuning leaves: a model folder or an adapter folder, whole or not at all, with the record of its descent. */
import { cp } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { runFiles } from '../../shared/training.ts'
import { writeTrained } from '../checkpoints/trained.ts'
import { writeFileAtomic } from '../files.ts'
import { writeAdapter } from '../model/adapter.ts'
import type { AdapterConfig } from '../model/adapter-config.ts'
import { baseFolder, isAdapterFolder } from '../model/adapter-open.ts'
import { floatsOf, modelFiles, writeHalfWeights } from '../model/folder.ts'
import { lineageFile, type Lineage } from '../model/lineage.ts'
import { loadBest, loadCheckpoint, type TrainProgress } from '../train/checkpoint.ts'
import { bestPath, checkpointPath } from '../train/loop.ts'
import { writeTogether } from './output.ts'
import type { Prepared } from './sft-prepare.ts'

/** What was exported, for the job's result. */
interface Exported {
  readonly model: string
  readonly adapter?: string
  readonly exported: 'last' | 'best'
  readonly best: { readonly step: number; readonly loss: number } | null
}

interface Averaged {
  readonly ema: Float32Array
  readonly at: Pick<TrainProgress, 'step' | 'samples' | 'seconds'>
}

/** The averaged weights of the last step, or of the best validation, as a model folder or as an adapter folder. */
export async function exportRun(run: Prepared, directory: string): Promise<Exported> {
  const { config, task } = run
  const { ema, progress } = await loadCheckpoint(checkpointPath(directory), task.table)
  const best = progress.best ? await loadBest(bestPath(directory), task.table) : null
  const wanted = config.export ?? (config.earlyStop ? 'best' : 'last')
  const averaged = wanted === 'best' && best ? { ema: best.ema, at: best.record } : { ema, at: progress }
  const told = {
    exported: averaged.ema === ema ? ('last' as const) : ('best' as const),
    best: best ? { step: best.record.step, loss: best.record.loss } : null,
  }
  if (run.adapter) {
    const folder = await exportAdapter(run, run.adapter.config, directory, averaged)
    return { model: folder, adapter: folder, ...told }
  }
  return { model: await exportModel(run, directory, averaged), ...told }
}

async function exportModel(run: Prepared, directory: string, { ema, at }: Averaged): Promise<string> {
  const { config, sizes, base, model, task } = run
  const out = join(directory, runFiles.model)
  const named = { ...sizes, name: config.name ?? `${sizes.name}-sft` }
  const metadata = { steps: String(at.step), samples: String(at.samples) }
  if (model.stored) {
    await writeTogether(out, async (temporary) => {
      await writeTrained(base, temporary, named, task.table, ema, metadata)
      await writeLineage(temporary, run, 'sft', at)
    })
    return out
  }
  const texts = (await isAdapterFolder(base)) ? await baseFolder(base) : base
  await writeTogether(out, async (temporary) => {
    for (const name of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
      await cp(join(texts, name), join(temporary, name))
    await writeFileAtomic(join(temporary, modelFiles.config), JSON.stringify(named, null, 2) + '\n')
    await writeHalfWeights(join(temporary, modelFiles.weights), task.table, ema, {
      format: 'tandem-model',
      ...metadata,
    })
    await writeLineage(temporary, run, 'sft', at)
  })
  return out
}

/** An adapter folder can be given wherever a model folder can. */
async function exportAdapter(
  run: Prepared,
  adapter: AdapterConfig,
  directory: string,
  { ema, at }: Averaged,
): Promise<string> {
  const { config, base, model, task } = run
  const out = join(directory, runFiles.adapter)
  const record = {
    name: config.name ?? `${model.name}-lora`,
    base: { name: model.name, hash: model.hash, path: relative(out, base), config: model.config },
    config: adapter,
    metadata: { steps: String(at.step), samples: String(at.samples) },
  }
  await writeTogether(out, async (temporary) => {
    await writeAdapter(temporary, record, task.table, ema, (name) => floatsOf(model.weights(name)))
    await writeLineage(temporary, run, 'lora', at)
  })
  return out
}

async function writeLineage(
  folder: string,
  { config, base, model, report: data }: Prepared,
  how: Lineage['how'],
  { step, samples, seconds }: Averaged['at'],
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
