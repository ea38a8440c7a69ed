/** The models at hand: every subfolder of the model roots that opens as one. Described once by the engine, then kept. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { describeResultSchema, type AdapterStack, type DescribeResult } from '../../shared/jobs.ts'
import type { ModelInfo, StackedAdapter, Vocabulary } from '../../shared/studio.ts'
import type { Lanes } from './lanes.ts'
import { mendBase } from './training/adopt.ts'

/** A folder below the model roots that holds a model, or an adapter and no model of its own. */
export interface FoundFolder {
  readonly path: string
  readonly kind: 'model' | 'adapter'
  readonly shipped: boolean
  /** When its config was last written, in milliseconds. */
  readonly changed: number
}

export interface Models {
  /** Id -> folder. An id is the folder's name; of two equal names the first root's counts. */
  folders(): Promise<ReadonlyMap<string, FoundFolder>>
  list(): Promise<ModelInfo[]>
  /** Its folder. Throws for a name that is none of the models. */
  path(id: string): Promise<string>
  /** The folders of adapters. Throws for a name that is none of the adapters. */
  stack(adapters: readonly StackedAdapter[]): Promise<AdapterStack>
  vocabulary(id: string): Promise<Vocabulary>
  /** The model with these weights, if it is here. */
  byHash(hash: string): Promise<ModelInfo | null>
  /** The folder of the models that were made or brought in here. */
  readonly own: string
}

interface Known {
  readonly changed: number
  readonly described: Promise<DescribeResult>
}

const configs = { model: 'config.json', adapter: 'adapter_config.json' } as const

/** `own` is where models that are made here go: the last of the places that are looked through. */
export function createModels(shipped: readonly string[], own: string, lanes: Lanes): Models {
  const roots = [...shipped, own]
  const known = new Map<string, Known>()

  async function folders(): Promise<Map<string, FoundFolder>> {
    const found = new Map<string, FoundFolder>()
    for (const [i, root] of roots.entries()) {
      for (const name of (await readdir(root).catch(() => [])).sort()) {
        // A name with a dot is one that is being written or deleted.
        if (name.startsWith('.') || found.has(name)) continue
        const path = join(root, name)
        for (const kind of ['model', 'adapter'] as const) {
          const config = await stat(join(path, configs[kind])).catch(() => null)
          if (!config?.isFile()) continue
          found.set(name, { path, kind, shipped: i === 0, changed: config.mtimeMs })
          break
        }
      }
    }
    for (const { path } of found.values()) await mendBase(path, (model) => found.get(model)?.path ?? null)
    return found
  }

  /** An adapter alone stands for its base with it on. */
  async function folderOf(id: string, kind: FoundFolder['kind'] = 'model'): Promise<FoundFolder> {
    const folder = (await folders()).get(id)
    if (!folder || (kind === 'adapter' && folder.kind !== kind))
      throw new TandemError(`There is no ${kind} "${id}" here.`, `Choose another ${kind}.`)
    return folder
  }

  function describe(path: string, changed: number): Promise<DescribeResult> {
    const entry = known.get(path)
    if (entry?.changed === changed) return entry.described
    const described = lanes.ask({ kind: 'describe', model: path }).then((result) => describeResultSchema.parse(result))
    known.set(path, { changed, described })
    // What failed once is tried again: the folder may have been mended.
    described.catch(() => known.delete(path))
    return described
  }

  async function list(): Promise<ModelInfo[]> {
    const infos: ModelInfo[] = []
    for (const [id, { path, kind, shipped, changed }] of await folders()) {
      if (kind !== 'model') continue
      const found = await describe(path, changed).catch(() => null)
      if (!found) continue
      const { labels: _labels, special: _special, ...sizes } = found
      infos.push({ id, ...sizes, shipped })
    }
    return infos
  }

  return {
    folders,
    list,
    path: async (id) => (await folderOf(id)).path,
    stack: (adapters) =>
      Promise.all(
        adapters.map(async ({ id, weight }) => ({ directory: (await folderOf(id, 'adapter')).path, weight })),
      ),
    async vocabulary(id) {
      const { path, changed } = await folderOf(id)
      const { labels, special } = await describe(path, changed)
      return { labels, special }
    },
    own,
    byHash: async (hash) => (await list()).find((model) => model.hash === hash) ?? null,
  }
}
