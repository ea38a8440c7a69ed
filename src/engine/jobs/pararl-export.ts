/** What a ParaRL run leaves: a model folder or an adapter folder, whole or not at all, with the record of its descent. */
import { cp } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { rlFiles } from '../../shared/rl.ts'
import { writeFileAtomic } from '../files.ts'
import { writeAdapter } from '../model/adapter.ts'
import { baseFolder, isAdapterFolder } from '../model/adapter-open.ts'
import { floatsOf, modelFiles, writeHalfWeights } from '../model/folder.ts'
import { lineageFile, type Lineage } from '../model/lineage.ts'
import { loadCheckpoint, type TrainProgress } from '../train/checkpoint.ts'
import { checkpointPath } from '../train/loop.ts'
import type { OpenedRl } from './pararl-open.ts'
import { writeTogether } from './output.ts'

/** The averaged weights (with ema 0 the last ones) as a folder that runs wherever a model does. */
export async function exportRl(run: OpenedRl, directory: string): Promise<{ folder: string; progress: TrainProgress }> {
  const { config, model, table, adapter } = run
  const { ema, progress } = await loadCheckpoint(checkpointPath(directory), table)
  const name = config.settings.name ?? `${model.name}-pararl`
  const metadata = { steps: String(progress.step), samples: String(progress.samples) }
  const folder = join(directory, adapter ? rlFiles.adapter : rlFiles.model)
  await writeTogether(folder, async (temporary) => {
    if (adapter) {
      const base = { name: model.name, hash: model.hash, path: relative(folder, config.model), config: model.config }
      const record = { name, base, config: adapter.config, metadata }
      await writeAdapter(temporary, record, table, ema, (weight) => floatsOf(model.weights(weight)))
    } else {
      const texts = (await isAdapterFolder(config.model)) ? await baseFolder(config.model) : config.model
      for (const file of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
        await cp(join(texts, file), join(temporary, file))
      await writeFileAtomic(
        join(temporary, modelFiles.config),
        JSON.stringify({ ...model.config, name }, null, 2) + '\n',
      )
      await writeHalfWeights(join(temporary, modelFiles.weights), table, ema, { format: 'tandem-model', ...metadata })
    }
    const lineage: Lineage = {
      format: 'tandem-lineage',
      version: 1,
      how: 'pararl',
      from: [{ name: model.name, hash: model.hash, path: config.model, weight: 1 }],
      recipe: config,
      steps: progress.step,
      samples: progress.samples,
      seconds: Math.round(progress.seconds),
    }
    await writeFileAtomic(join(temporary, lineageFile), JSON.stringify(lineage, null, 2) + '\n')
  })
  return { folder, progress }
}
