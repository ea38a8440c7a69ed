/** An imported model as a model folder: the trunk's weights where they lie, its tokenizers, adapters beside its products. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { modelConfigSchema } from '../../shared/model-config.ts'
import { TandemError } from '../../shared/errors.ts'
import { modelFiles, readJson, type ModelFolder } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import type { ImageCodec } from '../model/image-codec.ts'
import type { StoredWeight } from '../model/stored-weights.ts'
import { loadTextTokenizer } from '../model/text-tokenizer.ts'
import { checkpointFile, checkUnchanged, readCheckpointFile } from './place.ts'
import { openQuantised } from './quantised.ts'
import { openCheckpoint } from './shards.ts'
import { openTrunk } from './trunk.ts'
import { openVq, toBytes, type Vq } from './vq/open.ts'

export const isImported = (directory: string): Promise<boolean> =>
  stat(join(directory, checkpointFile)).then(
    (info) => info.isFile(),
    () => false,
  )

export async function openImported(directory: string): Promise<ModelFolder> {
  const place = await readCheckpointFile(directory)
  const config = await readJson(join(directory, modelFiles.config), modelConfigSchema, 'the model config')
  await checkUnchanged(place.files)
  const text = await loadTextTokenizer(join(directory, modelFiles.tokenizer))
  const trunk = await openTrunk(await openCheckpoint(place.weights))
  const own = trunk.config
  if (own.vocabSize !== config.vocabSize || own.dModel !== config.dModel || own.layers !== config.layers)
    throw new TandemError('The weights are not those this model was imported from.', 'Import it again.')
  const quantised = place.quantised === null ? null : await openQuantised(place.quantised, config)
  const weight = (name: string): StoredWeight => quantised?.weights.get(name) ?? trunk.weight(name)
  const vq = await openVq(place.vq)
  const hash = createHash('sha256')
    .update(JSON.stringify([config, place.precision, place.files.map(({ digest }) => digest), quantised?.digest ?? '']))
    .digest('hex')
    .slice(0, 32)
  return {
    directory,
    name: config.name,
    hash,
    config,
    text,
    image: imageCodec(vq, config.image.size),
    weights(name) {
      throw new TandemError(
        `${config.name} keeps its weights in the files it came in; ${name} cannot be changed here.`,
        'Train an adapter on it, or use the model that ships.',
      )
    },
    stored: { root: trunk.root, weight, quantised: quantised !== null },
    parameters: modelParameters(config).reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0),
  }
}

/** Square pictures of the model's size through an imported tokenizer. */
function imageCodec(vq: Vq, size: number): ImageCodec {
  return {
    get config(): never {
      throw new TandemError(
        'The image tokenizer of a published model is not trained here.',
        'Use the model that ships.',
      )
    },
    encode: (rgb) => vq.encode(rgb, size, size),
    decode: async (codes) => toBytes(vq.plan, await vq.decode(codes, size, size)),
    dispose: () => vq.dispose(),
  }
}
