/** Models and adapters on disk: list them, look into one, merge adapters into a model of its own. */
import { cp, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { describeError, TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import type { ModelEntry, ModelInfo, ModelList, ModelWork } from '../../shared/models.ts'
import { isImported } from '../checkpoints/open.ts'
import { readCheckpointFile } from '../checkpoints/place.ts'
import { readAgreement } from '../checkpoints/agreement.ts'
import { variants } from '../checkpoints/variants.ts'
import { writeFileAtomic } from '../files.ts'
import { adapterFiles, openAdapter, readAdapterHead } from '../model/adapter.ts'
import { adapterScale } from '../model/adapter-config.ts'
import { baseFolder, isAdapterFolder, openBase, openModel, openStack } from '../model/adapter-open.ts'
import { floatsOf, modelFiles, openModelFolder, readJson } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import { lineageFile, readLineage, type Lineage } from '../model/lineage.ts'
import { floatTensor, openSafetensors, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { modelConfigSchema } from '../../shared/model-config.ts'
import type { JobContext } from './context.ts'
import { openFolder, writeTogether } from './output.ts'

/** How far below a folder models are looked for: runs/NAME/model. */
const DEPTH = 3

type Doers = { readonly [K in ModelWork['do']]: (work: Extract<ModelWork, { do: K }>) => Promise<unknown> }

const doers: Doers = {
  info: ({ path }) => inform(resolve(path)),
  list: async ({ folders }) => {
    const out: ModelList = { models: [], damaged: [] }
    for (const folder of folders) await collect(resolve(folder), DEPTH, out)
    return out
  },
  merge,
}

export async function* modelJob({ work }: SpecOf<'model'>, _context: JobContext): AsyncGenerator<JobUpdate> {
  yield { type: 'started', total: 0, detail: work.do }
  const doer = doers[work.do] as (work: ModelWork) => Promise<unknown>
  yield { type: 'result', result: await doer(work) }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  )

/** An imported checkpoint: small files that name large ones. */
async function importedEntry(folder: string): Promise<ModelEntry> {
  const { files, variant, precision, behaviour } = await readCheckpointFile(folder)
  const config = await readJson(join(folder, modelFiles.config), modelConfigSchema, 'the model config')
  const parameters = modelParameters(config).reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0)
  const bytes = files.reduce((n, file) => n + file.bytes, 0)
  const lineage = await readLineage(folder)
  const imported = { title: variants[variant].title, precision, behaviour, agreement: await readAgreement(folder) }
  return { path: folder, kind: 'model', name: config.name, bytes, parameters, lineage, stands: null, imported }
}

async function collect(folder: string, depth: number, out: ModelList): Promise<void> {
  const holds = (name: string): Promise<boolean> => isFile(join(folder, name))
  if ((await holds(modelFiles.weights)) || (await holds(adapterFiles.weights)) || (await isImported(folder))) {
    try {
      out.models.push(await entryOf(folder))
    } catch (error) {
      if (!(error instanceof TandemError)) throw error
      out.damaged.push({ path: folder, reason: describeError(error) })
    }
    return
  }
  if (depth === 0) return
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
    if (entry.isDirectory() && !entry.name.startsWith('.')) await collect(join(folder, entry.name), depth - 1, out)
}

async function entryOf(folder: string): Promise<ModelEntry> {
  if (await isImported(folder)) return importedEntry(folder)
  const adapter = await isAdapterFolder(folder)
  const path = join(folder, adapter ? adapterFiles.weights : modelFiles.weights)
  const file = await openSafetensors(path)
  const name = adapter
    ? (file.metadata['tandem_name'] ?? basename(folder))
    : (await readJson(join(folder, modelFiles.config), modelConfigSchema, 'the model config')).name
  const count = [...file.tensors.values()].reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0)
  const bytes = (await stat(path)).size
  const lineage = await readLineage(folder)
  const stands = adapter ? await readAdapterHead(folder) : null
  return {
    path: folder,
    kind: adapter ? 'adapter' : 'model',
    name,
    bytes,
    parameters: count,
    lineage,
    stands,
    imported: null,
  }
}

/** Everything is opened and checked, as for a run. */
async function inform(folder: string): Promise<ModelInfo> {
  const model = await openModel(folder)
  try {
    const entry = await entryOf(folder)
    const { hash, config } = model
    if (entry.kind === 'model') return { ...entry, hash, config, adapter: null }
    const path = await baseFolder(folder)
    const base = await openBase(path)
    try {
      const adapter = await openAdapter(folder, base)
      const { rank, dropout, targets, rows } = adapter.config
      return {
        ...entry,
        hash,
        config,
        adapter: {
          rank,
          alpha: adapterScale(adapter.config) * rank,
          dropout,
          targets,
          words: rows.map((id) => (id < base.text.size ? base.text.label(id) : `#${id}`)),
          base: { name: base.name, path, hash: base.hash },
        },
      }
    } finally {
      await base.image.dispose()
    }
  } finally {
    await model.image.dispose()
  }
}

/** A model folder in which the adapters are part of the weights. */
async function merge(work: Extract<ModelWork, { do: 'merge' }>): Promise<unknown> {
  const base = resolve(work.base)
  const out = resolve(work.out)
  const there = await readdir(out).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : null))
  if (there?.length !== 0)
    throw new TandemError(
      there ? `${basename(out)} already holds files.` : `${basename(out)} is not a folder.`,
      'Choose another folder, or empty this one first.',
    )
  const stack = work.adapters.map(({ path, weight }) => ({ directory: resolve(path), weight }))
  const { model, base: own, adapters } = await openStack(base, stack)
  const parent = await openFolder(dirname(out))
  try {
    const name = work.name ?? `${model.config.name}-merged`
    await writeTogether(out, async (temporary) => {
      for (const file of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
        await cp(join(base, file), join(temporary, file))
      await writeFileAtomic(
        join(temporary, modelFiles.config),
        JSON.stringify({ ...model.config, name }, null, 2) + '\n',
      )
      const tensors = new Map<string, StoredTensor>()
      for (const { name: weight, shape } of modelParameters(model.config))
        tensors.set(weight, floatTensor(floatsOf(model.weights(weight)), shape, work.half ? 'F16' : 'F32'))
      await writeSafetensors(join(temporary, modelFiles.weights), tensors, { format: 'tandem-model' })
      const lineage: Lineage = {
        format: 'tandem-lineage',
        version: 1,
        how: 'merge',
        from: [
          { ...own, path: base, weight: 1 },
          ...adapters.map((adapter, i) => ({
            name: adapter.name,
            hash: adapter.hash,
            path: adapter.directory,
            weight: stack[i]!.weight,
          })),
        ],
      }
      await writeFileAtomic(join(temporary, lineageFile), JSON.stringify(lineage, null, 2) + '\n')
    })
    const made = await openModelFolder(out)
    await made.image.dispose()
    return { path: out, name, hash: made.hash }
  } finally {
    await parent.abandon()
    await model.image.dispose()
  }
}
