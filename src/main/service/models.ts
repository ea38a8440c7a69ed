/** The models at hand: every subfolder of the model roots that opens as one. Described once by the engine, then kept. */
import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { describeResultSchema, type DescribeResult } from '../../shared/jobs.ts'
import type { ModelInfo, Vocabulary } from '../../shared/studio.ts'
import type { Lanes } from './lanes.ts'
import { mendBase } from './training/adopt.ts'

export interface Models {
  list(): Promise<ModelInfo[]>
  /** Its folder. Throws for a name that is none of the models. */
  path(id: string): Promise<string>
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

/** A folder with one of these is a model, or an adapter, which stands for its base with the adapter on it. */
const CONFIGS = ['config.json', 'adapter_config.json']

/** `own` is where models that are made here go: the last of the places that are looked through. */
export function createModels(shipped: readonly string[], own: string, lanes: Lanes): Models {
  const roots = [...shipped, own]
  const known = new Map<string, Known>()

  /** Folder name -> path; of two equal names the first root's counts. */
  async function folders(): Promise<Map<string, { path: string; shipped: boolean; changed: number }>> {
    const found = new Map<string, { path: string; shipped: boolean; changed: number }>()
    for (const [i, root] of roots.entries()) {
      for (const name of (await readdir(root).catch(() => [])).sort()) {
        if (name.startsWith('.') || found.has(name)) continue
        const path = join(root, name)
        const config = await firstFile(path)
        if (config) found.set(name, { path, shipped: i === 0, changed: config.mtimeMs })
      }
    }
    for (const { path } of found.values()) await mendBase(path, (model) => found.get(model)?.path ?? null)
    return found
  }

  async function firstFile(folder: string): Promise<Stats | null> {
    for (const name of CONFIGS) {
      const info = await stat(join(folder, name)).catch(() => null)
      if (info?.isFile()) return info
    }
    return null
  }

  async function folderOf(id: string): Promise<{ path: string; shipped: boolean; changed: number }> {
    const folder = (await folders()).get(id)
    if (!folder) throw new TandemError(`There is no model "${id}" here.`, 'Choose another model.')
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
    for (const [id, { path, shipped, changed }] of await folders()) {
      const found = await describe(path, changed).catch(() => null)
      if (!found) continue
      const { labels: _labels, special: _special, ...sizes } = found
      infos.push({ id, ...sizes, shipped })
    }
    return infos
  }

  return {
    list,
    path: async (id) => (await folderOf(id)).path,
    async vocabulary(id) {
      const { path, changed } = await folderOf(id)
      const { labels, special } = await describe(path, changed)
      return { labels, special }
    },
    own,
    byHash: async (hash) => (await list()).find((model) => model.hash === hash) ?? null,
  }
}
