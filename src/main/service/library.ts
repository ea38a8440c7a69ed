/**
 * The library: models and adapters at hand with where they came from, and folders brought in and taken along. What ships
 * is read only; everything else lies in the studio's own folder of models.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unzip, type AsyncZippable } from 'fflate'
import { z } from 'zod'
import { MAX_FILE_BYTES } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import type { LibraryEntry } from '../../shared/ipc-models.ts'
import { modelListSchema, type ModelEntry } from '../../shared/models.ts'
import type { Store } from '../store/store.ts'
import type { Lanes } from './lanes.ts'
import type { Models } from './models.ts'
import { packed } from './zip.ts'

export interface Library {
  /** Where what the studio makes is put. */
  readonly folder: string
  list(): Promise<{ entries: LibraryEntry[]; damaged: { id: string; reason: string }[] }>
  delete(id: string): Promise<void>
  export(id: string): Promise<{ bytes: Uint8Array; name: string }>
  import(bytes: Uint8Array, name: string): Promise<string>
  /** A folder name below `folder` that is free, made of a person's words. */
  freeName(words: string): Promise<string>
}

/** What a model or adapter folder may hold. */
const MEMBERS =
  /^(?:(?!\.)[^/\\]{1,100}\/)?((?:adapter_)?config\.json|(?:adapter_)?model\.safetensors|tokenizer\.json|image-tokenizer\.(?:json|safetensors)|lineage\.json|README\.md|[\w.-]{1,80}\.(?:json|md|txt))$/

const lineageSchema = z.looseObject({
  how: z.string(),
  from: z.array(z.looseObject({ name: z.string(), hash: z.string(), weight: z.number() })),
  data: z.looseObject({ hash: z.string(), rows: z.int() }).optional(),
  steps: z.int().optional(),
  samples: z.int().optional(),
  seconds: z.number().optional(),
  recipe: z.unknown().optional(),
})

export function createLibrary(
  { store, models, lanes }: { store: Store; models: Models; lanes: Lanes },
  folder: string,
): Library {
  async function list(): ReturnType<Library['list']> {
    const known = await models.folders()
    const hashes = new Map((await models.list()).map(({ id, hash }) => [id, hash]))
    const idOf = new Map([...hashes].map(([id, hash]) => [hash, id]))
    const notes = store.modelNotes.all()
    const entries: LibraryEntry[] = []
    const damaged: { id: string; reason: string }[] = []
    for (const [id, { path, shipped, changed }] of known) {
      const found = modelListSchema.parse(await lanes.ask({ kind: 'model', work: { do: 'list', folders: [path] } }))
      for (const { reason } of found.damaged) damaged.push({ id, reason })
      const [entry] = found.models
      if (!entry) continue
      const { stands } = entry
      entries.push({
        id,
        kind: entry.kind,
        name: entry.name,
        shipped,
        bytes: entry.bytes,
        parameters: entry.parameters,
        changedAt: Math.round(changed),
        hash: hashes.get(id) ?? null,
        adapter: stands && {
          ...stands,
          base: stands.base && { ...stands.base, id: idOf.get(stands.base.hash) ?? null },
        },
        lineage: withoutPaths(entry.lineage),
        imported: entry.imported,
        note: notes.get(id) ?? '',
      })
    }
    return { entries, damaged }
  }

  async function own(id: string): Promise<string> {
    const known = (await models.folders()).get(id)
    if (!known) throw new TandemError(`There is no model "${id}" here.`, 'Choose another one.')
    if (known.shipped)
      throw new TandemError('This model came with the studio.', 'Only models you added can be deleted.')
    return known.path
  }

  async function freeName(words: string): Promise<string> {
    const base =
      words
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 60) || 'model'
    const taken = new Set([...(await models.folders()).keys(), ...(await readdir(folder).catch(() => []))])
    for (let i = 1; ; i++) {
      const name = i === 1 ? base : `${base}-${i}`
      if (!taken.has(name)) return name
    }
  }

  return {
    folder,
    list,
    freeName,
    async delete(id) {
      const path = await own(id)
      // Out of sight first: a folder half deleted must not look like a damaged model.
      const gone = join(folder, `.deleted-${randomBytes(6).toString('hex')}`)
      await rename(path, gone)
      store.modelNotes.set(id, '')
      await rm(gone, { recursive: true, force: true })
    },
    async export(id) {
      const known = (await models.folders()).get(id)
      if (!known) throw new TandemError(`There is no model "${id}" here.`, 'Choose another one.')
      if (await stat(join(known.path, 'checkpoint.json')).catch(() => null))
        throw new TandemError(
          'The weights of an imported checkpoint stay in the folder they came in.',
          'Take that folder along, and import it again where it goes.',
        )
      const files: AsyncZippable = {}
      let total = 0
      for (const name of (await readdir(known.path)).sort()) {
        const path = join(known.path, name)
        const info = await stat(path)
        if (!info.isFile() || !MEMBERS.test(name)) continue
        total += info.size
        if (total > MAX_FILE_BYTES)
          throw new TandemError(
            'This model is too large for one file.',
            'Copy its folder instead: see docs/formats.md.',
          )
        files[`${id}/${name}`] = [await readFile(path), { level: 0 }]
      }
      return { bytes: await packed(files), name: `${id}.zip` }
    },
    async import(bytes, name) {
      const files = await unpackedModel(bytes)
      const made = await freeName(name.replace(/\.zip$/i, ''))
      const temporary = join(folder, `.import-${randomBytes(6).toString('hex')}`)
      await mkdir(temporary, { recursive: true })
      try {
        for (const [member, data] of files) await writeFile(join(temporary, member), data)
        await check(temporary, files)
        await rename(temporary, join(folder, made))
        return made
      } catch (error) {
        await rm(temporary, { recursive: true, force: true })
        throw error
      }
    },
  }

  /** A model is opened as for a run; an adapter on the base it names, where that is here. */
  async function check(path: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    if (files.has('config.json')) {
      await lanes.ask({ kind: 'describe', model: path })
      return
    }
    const found = modelListSchema.parse(await lanes.ask({ kind: 'model', work: { do: 'list', folders: [path] } }))
    const [problem] = found.damaged
    if (problem) throw new TandemError(problem.reason, 'Choose another file.')
    const base = found.models[0]?.stands?.base
    const here = base && (await models.byHash(base.hash))
    if (here)
      await lanes.ask({
        kind: 'describe',
        model: await models.path(here.id),
        adapters: [{ directory: path, weight: 1 }],
      })
  }
}

function withoutPaths(lineage: ModelEntry['lineage']): LibraryEntry['lineage'] {
  const parsed = lineageSchema.safeParse(lineage)
  if (!parsed.success) return null
  const { how, from, data, steps, samples, seconds, recipe } = parsed.data
  return {
    how,
    from: from.map(({ name, hash, weight }) => ({ name, hash, weight })),
    data: data ? { hash: data.hash, rows: data.rows } : null,
    steps: steps ?? null,
    samples: samples ?? null,
    seconds: seconds ?? null,
    recipe: recipe ?? null,
  }
}

/** The files of a zipped model or adapter folder, by their names without the folder. */
function unpackedModel(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  let total = 0
  let refusal: TandemError | null = null
  const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
    if (name.endsWith('/')) return false
    total += originalSize
    if (!MEMBERS.test(name))
      refusal ??= new TandemError(
        `"${name.slice(0, 80)}" does not belong into a model or adapter folder.`,
        'Zip the folder that holds config.json or adapter_config.json, and nothing else.',
      )
    if (total > MAX_FILE_BYTES)
      refusal ??= new TandemError('This file unpacks to more than 2 GB.', 'Put the folder below a model root instead.')
    return refusal === null
  }
  return new Promise((resolve, reject) => {
    unzip(bytes, { filter }, (error, files) => {
      const members = new Map(Object.entries(files ?? {}).map(([name, data]) => [MEMBERS.exec(name)![1]!, data]))
      const whole =
        (members.has('config.json') && members.has('model.safetensors')) ||
        (members.has('adapter_config.json') && members.has('adapter_model.safetensors'))
      if (refusal) reject(refusal)
      else if (error) reject(new TandemError('This is not a zip file, or it is damaged.', 'Choose another copy.'))
      else if (!whole)
        reject(
          new TandemError(
            'This zip holds no model and no adapter.',
            'It needs config.json with model.safetensors, or adapter_config.json with adapter_model.safetensors.',
          ),
        )
      else resolve(members)
    })
  })
}
