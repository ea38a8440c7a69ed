/**
 * Opening whatever can be run: a model folder, or an adapter folder, which stands for its base with the adapter on it.
 * Adapters are added to the weights when the model is opened, so a run costs what the base costs.
 */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { isImported, openImported } from '../checkpoints/open.ts'
import { besideStored } from './adapter-stored.ts'
import { adapterFiles, adaptedWeight, openAdapter, type Adapter } from './adapter.ts'
import { floatsOf, modelFiles, openModelFolder, readJson, type ModelFolder } from './folder.ts'
import { z } from 'zod'

export interface StackedAdapter {
  readonly directory: string
  readonly weight: number
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  )

/** Whether a folder holds an adapter and no model of its own. */
export async function isAdapterFolder(directory: string): Promise<boolean> {
  return (await isFile(join(directory, adapterFiles.config))) && !(await isFile(join(directory, modelFiles.config)))
}

/** Opens a model folder, or an adapter folder on its base, with more adapters on it. Weight 0 leaves one out. */
export async function openModel(directory: string, adapters: readonly StackedAdapter[] = []): Promise<ModelFolder> {
  const own = await isAdapterFolder(directory)
  const stack = [...(own ? [{ directory, weight: 1 }] : []), ...adapters.filter(({ weight }) => weight !== 0)]
  if (stack.length === 0) return openBase(directory)
  const { model } = await openStack(own ? await baseFolder(directory) : directory, stack)
  return { ...model, directory }
}

/** A model folder, or an imported checkpoint. */
export const openBase = async (directory: string): Promise<ModelFolder> =>
  (await isImported(directory)) ? openImported(directory) : openModelFolder(directory)

/** The model folder an adapter names as its base, relative to itself. */
export async function baseFolder(directory: string): Promise<string> {
  const schema = z.looseObject({ base_model_name_or_path: z.string().nullish() })
  const { base_model_name_or_path: named } = await readJson(
    join(directory, adapterFiles.config),
    schema,
    'the adapter config',
  )
  const path = named ? resolve(directory, named) : null
  if (path && (await isFile(join(path, modelFiles.config)))) return path
  throw new TandemError(
    `The base model of ${basename(directory)} is not at ${named ?? 'any place it names'}.`,
    `Correct base_model_name_or_path in its ${adapterFiles.config}, or give the base: tandem model merge BASE --adapter DIR.`,
  )
}

/** A base with adapters on it, each with its weight: 0 is off, 1 as trained. The base's pictures and texts are its own. */
export async function openStack(
  base: string,
  stack: readonly StackedAdapter[],
): Promise<{ model: ModelFolder; base: { name: string; hash: string }; adapters: Adapter[] }> {
  const model = await openBase(base)
  const { config } = model
  try {
    const adapters = await Promise.all(stack.map(({ directory }) => openAdapter(directory, model)))
    const weighted = adapters.map((adapter, i) => ({ adapter, weight: stack[i]!.weight }))
    const made = new Map<string, Uint8Array>()
    const hash = createHash('sha256')
      .update(JSON.stringify([model.hash, ...weighted.map(({ adapter, weight }) => [adapter.hash, weight])]))
      .digest('hex')
    const adapted: ModelFolder = {
      ...model,
      adapters: weighted.map(({ adapter: { name, hash }, weight }) => ({ name, hash, weight })),
      name: [config.name, ...adapters.map(({ name }) => name)].join(' + '),
      hash: hash.slice(0, 32),
      ...(model.stored ? { stored: { ...model.stored, adapt: besideStored(config, weighted) } } : {}),
      weights(name) {
        if (model.stored) return model.weights(name)
        let bytes = made.get(name)
        if (!bytes) {
          const sum = adaptedWeight(config, name, floatsOf(model.weights(name)), weighted)
          bytes = new Uint8Array(sum.buffer, sum.byteOffset, sum.byteLength)
          made.set(name, bytes)
        }
        return { kind: 'inline', bytes }
      },
    }
    return { model: adapted, base: { name: model.name, hash: model.hash }, adapters }
  } catch (error) {
    await model.image.dispose()
    throw error
  }
}
