/**
 * An imported checkpoint that was trained as a whole, in the layout it came in: `weights/` under the published names with
 * the config it had, beside Tandem's small files. It is opened as any import, and can be taken away as a folder.
 */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelConfig } from '../../shared/model-config.ts'
import { makeFolder, writeFileAtomic } from '../files.ts'
import { modelFiles } from '../model/folder.ts'
import { viewOf, type ParameterTable } from '../model/parameters.ts'
import { floatTensor, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { checkpointFile, checkpointFileSchema, fingerprint, readCheckpointFile, type CheckpointFile } from './place.ts'
import { openCheckpoint } from './shards.ts'
import { openTrunk } from './trunk.ts'

const WEIGHTS = 'weights'
const CONFIG = 'config.json'
const FILE = `${WEIGHTS}/model.safetensors`

/** Parameters of an import in single precision, by the names of the forward. */
export async function importedFloats(directory: string): Promise<(name: string) => Promise<Float32Array>> {
  const { weights } = await readCheckpointFile(directory)
  const checkpoint = await openCheckpoint(weights)
  const trunk = await openTrunk(checkpoint)
  return (name) => checkpoint.floats(trunk.stored(name))
}

/** Writes `flat`, laid out by `table`, as a model that was imported as `base` was; `out` is an empty folder. */
export async function writeTrained(
  base: string,
  out: string,
  config: ModelConfig,
  table: ParameterTable,
  flat: Float32Array,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const place = await readCheckpointFile(base)
  const checkpoint = await openCheckpoint(place.weights)
  const trunk = await openTrunk(checkpoint)
  const tensors = new Map<string, StoredTensor>()
  for (const span of table.spans) tensors.set(trunk.stored(span.name), floatTensor(viewOf(flat, span), span.shape))
  await makeFolder(join(out, WEIGHTS))
  await writeSafetensors(join(out, FILE), tensors, metadata)
  await copyFile(join(place.weights, CONFIG), join(out, WEIGHTS, CONFIG))
  await copyFile(join(base, modelFiles.tokenizer), join(out, modelFiles.tokenizer))
  const own = new Set(checkpoint.files)
  const made: CheckpointFile = checkpointFileSchema.parse({
    ...place,
    weights: WEIGHTS,
    precision: 'f32',
    files: [
      { ...(await fingerprint(join(out, FILE))), path: FILE },
      ...place.files.filter(({ path }) => !own.has(path)),
    ],
  })
  await writeFileAtomic(join(out, modelFiles.config), JSON.stringify(config, null, 2) + '\n')
  await writeFileAtomic(join(out, checkpointFile), JSON.stringify(made, null, 2) + '\n')
}
