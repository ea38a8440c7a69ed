/**
 * The tensors of a published checkpoint: one safetensors file, or several that an index names, wherever links lead. Only
 * headers are read. A file that is missing, cut, overlapping or no safetensors at all is refused by name.
 */
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { openSafetensors, readFloats, type SafetensorsFile, type TensorEntry } from '../model/safetensors.ts'

/** A tensor of a checkpoint, and the real file it lies in. */
export interface ShardTensor extends TensorEntry {
  readonly path: string
}

export interface Checkpoint {
  readonly directory: string
  /** Real paths of the weight files, in the order of their names. */
  readonly files: readonly string[]
  readonly tensors: ReadonlyMap<string, ShardTensor>
  /** One tensor as single precision. */
  floats(this: void, name: string): Promise<Float32Array>
}

const INDEX = '.safetensors.index.json'
/** The names under which a folder with several files keeps its main weights. */
const MAIN = ['model', 'diffusion_pytorch_model', 'pytorch_model'] as const
const PICKLES = /\.(bin|pt|pth|ckpt|pkl)$/

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

export async function openCheckpoint(directory: string): Promise<Checkpoint> {
  const info = await stat(directory).catch(() => null)
  if (!info?.isDirectory())
    throw new TandemError(`There is no folder ${basename(directory)}.`, 'Give the folder of a checkpoint.')
  const names = (await readdir(directory)).sort()
  const index = pick(names.filter((name) => name.endsWith(INDEX)))
  if (index) return openIndexed(directory, index)
  const single = names.filter((name) => name.endsWith('.safetensors') && !name.startsWith('adapter_model'))
  const shards = single.filter((name) => /-\d{5}-of-\d{5}\.safetensors$/.test(name))
  if (shards.length > 0) return openNumbered(directory, shards)
  const main = pick(single)
  if (main) return merge(directory, [await openShard(join(directory, main))])
  if (single.length > 1)
    throw new TandemError(
      `${basename(directory)} holds ${single.length} weight files and no index says which belong together.`,
      'Keep one of them in the folder, or add its model.safetensors.index.json.',
    )
  throw noWeights(directory, names)
}

/** The only one, or the one with a main name. */
function pick(names: readonly string[]): string | undefined {
  if (names.length === 1) return names[0]
  return MAIN.flatMap((main) => names.filter((name) => name.startsWith(`${main}.safetensors`)))[0]
}

function noWeights(directory: string, names: readonly string[]): TandemError {
  const pickle = names.find((name) => PICKLES.test(name))
  if (pickle)
    return new TandemError(
      `${pickle} is a pickle: reading it would run whatever code it holds, so Tandem does not.`,
      'Get the checkpoint as safetensors, or convert it where you trust it.',
    )
  return new TandemError(
    `${basename(directory)} holds no .safetensors file.`,
    'Give the folder of a checkpoint: its config.json and its .safetensors files.',
  )
}

/** Opens one file where it really lies. A pickle that carries another name is called what it is. */
async function openShard(path: string): Promise<SafetensorsFile> {
  const real = await realpath(path).catch(() => {
    throw new TandemError(`${basename(path)} is missing, or a link that leads nowhere.`, 'Download that file again.')
  })
  const head = await firstBytes(real)
  const zip = head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03
  const pickle = head[0] === 0x80 && head[1]! <= 5 && head[1]! >= 2 && head[7] !== 0
  if (zip || pickle)
    throw new TandemError(
      `${basename(path)} is a pickle under another name: reading it would run whatever code it holds.`,
      'Get the checkpoint as safetensors.',
    )
  try {
    return await openSafetensors(real)
  } catch (error) {
    // Under the name the person knows: a link may lead to one that is a hash.
    if (!(error instanceof TandemError) || basename(real) === basename(path)) throw error
    throw new TandemError(error.message.replace(basename(real), basename(path)), error.remedy, error.kind)
  }
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new TandemError(`${basename(path)} cannot be read.`, 'Check its permissions.', 'input', { cause: error })
  })
  try {
    const bytes = new Uint8Array(8)
    await handle.read(bytes, 0, 8, 0)
    return bytes
  } finally {
    await handle.close()
  }
}

async function openIndexed(directory: string, index: string): Promise<Checkpoint> {
  let map: Record<string, string>
  try {
    map = indexSchema.parse(JSON.parse(await readFile(join(directory, index), 'utf8'))).weight_map
  } catch {
    throw new TandemError(`${index} is not the index of a checkpoint.`, 'Download that file again.')
  }
  const named = [...new Set(Object.values(map))].sort()
  const outside = named.find((name) => basename(name) !== name || name === '..' || name === '')
  if (outside !== undefined)
    throw new TandemError(`${index} names "${outside}", which is not a file of its folder.`, 'Download it again.')
  const present = new Set(await readdir(directory))
  const absent = named.filter((name) => !present.has(name))
  if (absent.length > 0)
    throw new TandemError(
      `${index} names ${listed(absent)}, which ${absent.length > 1 ? 'are' : 'is'} not there.`,
      'Finish the download.',
    )
  const files = await Promise.all(named.map((name) => openShard(join(directory, name))))
  const checkpoint = merge(directory, files)
  const lost = Object.keys(map).filter((tensor) => !files[named.indexOf(map[tensor]!)]!.tensors.has(tensor))
  if (lost.length > 0)
    throw new TandemError(
      `${index} promises ${listed(lost)} in ${map[lost[0]!]}, which does not hold ${lost.length > 1 ? 'them' : 'it'}.`,
      'Download index and files of the same version.',
    )
  const unknown = [...checkpoint.tensors.keys()].filter((tensor) => !Object.hasOwn(map, tensor))
  if (unknown.length > 0)
    throw new TandemError(
      `The weight files hold ${listed(unknown)}, which ${index} does not name.`,
      'Download index and files of the same version.',
    )
  return checkpoint
}

/** Files `...-00001-of-00004.safetensors` without an index: all of them, or it is a broken download. */
async function openNumbered(directory: string, shards: readonly string[]): Promise<Checkpoint> {
  const total = Number(/-of-(\d{5})/.exec(shards[0]!)![1])
  const missing = Array.from({ length: total }, (_, i) => String(i + 1).padStart(5, '0')).filter(
    (number) => !shards.some((name) => name.includes(`-${number}-of-`)),
  )
  if (missing.length > 0)
    throw new TandemError(`Parts ${listed(missing)} of ${total} weight files are missing.`, 'Finish the download.')
  return merge(directory, await Promise.all(shards.map((name) => openShard(join(directory, name)))))
}

function merge(directory: string, files: readonly SafetensorsFile[]): Checkpoint {
  const tensors = new Map<string, ShardTensor>()
  const owner = new Map<string, SafetensorsFile>()
  for (const file of files) {
    for (const [name, entry] of file.tensors) {
      if (tensors.has(name))
        throw new TandemError(`Two weight files hold ${name}.`, 'Keep the files of one checkpoint in the folder.')
      tensors.set(name, { ...entry, path: file.path })
      owner.set(name, file)
    }
  }
  return {
    directory,
    files: files.map((file) => file.path),
    tensors,
    floats(name) {
      const file = owner.get(name)
      if (!file) throw new Error(`the checkpoint has no ${name}`)
      return readFloats(file, name)
    },
  }
}

/** The first few names, and how many more there are. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}
